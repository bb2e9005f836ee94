"""One file per repair method."""
