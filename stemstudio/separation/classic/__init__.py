"""Methods that need no model: one file each."""
