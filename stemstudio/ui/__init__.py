"""The window. The only room, with `stemstudio.app`, that imports Qt.

Widgets know nothing of the program; panels are given the studio and show a part of it; panels never talk to each other.
"""
