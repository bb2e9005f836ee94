"""What turns a click into a selection, or moves one to where sound and music have their joints."""
