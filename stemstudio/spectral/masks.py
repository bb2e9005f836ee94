"""Soft masks: how much of each bin a source gets, from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TINY = np.finfo(np.float32).tiny


def soft_mask(
    wanted: NDArray[np.float32], other: NDArray[np.float32], power: float = 2.0, empty: float = 0.0
) -> NDArray[np.float32]:
    """Share of `wanted` in ``wanted^power + other^power``, float32 in 0..1; `empty` where both are silent.

    Both are divided by the larger first, so that no power overflows or vanishes. With ``power=2`` and magnitudes this
    is the Wiener filter of two unrelated sources.
    """
    scale = np.maximum(wanted, other)
    silent = scale < _TINY
    scale[silent] = 1
    ours = (wanted / scale) ** np.float32(power)
    theirs = (other / scale) ** np.float32(power)
    theirs += ours
    theirs[silent] = 1
    mask: NDArray[np.float32] = np.divide(ours, theirs, out=ours)
    mask[silent] = empty
    return mask
