"""The tools that select: what the mouse draws becomes a `Selection`."""
