"""The command line: the same engine without a window.

One module per command; `voice` is how they speak to a person or to a program, `command` is where they meet.
"""

from stemstudio.cli.command import main

__all__ = ["main"]
