"""Separation: backends, their registry, the overlap-add runner, the residual and the exact sum."""
