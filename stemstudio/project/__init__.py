"""The document as a value, its history, and both on disk."""
