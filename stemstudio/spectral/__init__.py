"""Spectra of sound: transforms, masks and the tiles that are drawn."""
