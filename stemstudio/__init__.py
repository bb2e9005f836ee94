"""StemStudio: separate a song into stems, see them, mend them, mix them and take them home."""

__version__ = "0.1.0"
