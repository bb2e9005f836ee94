"""Loops that go from sample to sample, compiled; importing a module of this folder imports numba."""
