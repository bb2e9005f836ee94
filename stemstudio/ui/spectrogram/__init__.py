"""The spectrogram on the screen: the view with its axes and tools, and the overview strip under it."""
