"""Colour tables for the bytes of a spectrogram: matplotlib's perceptually even maps, kept as a small file.

Range and gamma act on the table only, so changing contrast costs nothing. The file is made, once, by
``python -m stemstudio.spectral.colours resources/colours/maps.npy``; the window never imports matplotlib.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.resources import resource
from stemstudio.spectral import decibels

MAPS = ("magma", "inferno", "viridis", "plasma", "cividis", "gray")
"""Names of the maps, in the order of the file."""

LOUDER, QUIETER = (255, 140, 0), (40, 140, 255)
"""Red, green and blue of what is louder and quieter than what it is compared with."""

FULL_DIFFERENCE_DB = 18.0


def colour_table(name: str, low_db: float, high_db: float, gamma: float = 1.0) -> NDArray[np.uint32]:
    """Colours of the 256 bytes of `decibels`, as ``0xFFRRGGBB``: uint32 (256,).

    Parameters
    ----------
    name : str
        One of `MAPS`.
    low_db, high_db : float
        What gets the darkest and the brightest colour; louder and quieter sound keeps these.
    gamma : float
        Above 1 darkens the middle, below 1 brightens it.
    """
    share = _shares(low_db, high_db, gamma)
    red, green, blue = interpolated_map(name, share).T.astype(np.uint32)
    table: NDArray[np.uint32] = 0xFF000000 | red << 16 | green << 8 | blue
    return table.astype(np.uint32)


def difference_table(low_db: float, high_db: float, gamma: float = 1.0) -> NDArray[np.uint32]:
    """Colours of the difference of two sounds as ``0xFFRRGGBB``: uint32 (65536,).

    The place in the table is 256 times the byte of the louder plus 128 plus the difference of the two bytes. As bright
    as gray in `colour_table` would be; gray where both are as loud, orange where the first is louder, blue where the
    second is, full of colour from `FULL_DIFFERENCE_DB` on.
    """
    share = _shares(low_db, high_db, gamma)[:, None, None]
    strength = np.clip((np.arange(256) - 128) * decibels.STEP_DB / FULL_DIFFERENCE_DB, -1, 1)[None, :, None]
    tint = np.where(strength > 0, np.array(LOUDER), np.array(QUIETER))
    colour = share * (255 + np.abs(strength) * (tint - 255.0))
    red, green, blue = np.rint(colour).astype(np.uint32).reshape(-1, 3).T
    table: NDArray[np.uint32] = 0xFF000000 | red << 16 | green << 8 | blue
    return table.astype(np.uint32)


def _shares(low_db: float, high_db: float, gamma: float) -> NDArray[np.float64]:
    """Brightness of each byte, 0 to 1."""
    if not low_db < high_db or gamma <= 0:
        raise ValueError(f"no colours from {low_db} to {high_db} dB with gamma {gamma}")
    low, high = decibels.position(low_db), decibels.position(high_db)
    shares: NDArray[np.float64] = np.clip((np.arange(256) - low) / (high - low), 0, 1) ** gamma
    return shares


def interpolated_map(name: str, share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Colours of the map `name` at `share` (0 to 1), uint8 (n, 3)."""
    colours = stored_maps()[MAPS.index(name)]
    steps = np.arange(256)
    return np.stack([np.rint(np.interp(share * 255, steps, channel)) for channel in colours.T], axis=1).astype(np.uint8)


@cache
def stored_maps() -> NDArray[np.uint8]:
    """All maps, uint8 (maps, 256, red-green-blue)."""
    maps: NDArray[np.uint8] = np.load(resource("colours", "maps.npy"), allow_pickle=False)
    return maps


def matplotlib_maps() -> NDArray[np.uint8]:
    """What `stored_maps` should be, from matplotlib itself."""
    from matplotlib import colormaps

    return np.stack([colormaps[name](np.arange(256), bytes=True)[:, :3] for name in MAPS])


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    np.save(target, matplotlib_maps(), allow_pickle=False)
