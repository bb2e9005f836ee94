"""Sliding medians of spectra, compiled.

Importing this module imports numba. The window of every lane (a bin when sliding over frames, a frame when sliding over
bins) is kept sorted; one step drops the oldest value and sorts in the newest, without a branch, for `_LANES` lanes at
once, so that the compiler turns the inner loop into vector instructions. That is linear in the window, yet for windows
of up to a hundred values quicker than cleverer structures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled

Real = NDArray[np.float32]
_LANES = 64


@compiled
def _reflect(index: int, count: int) -> int:
    """Index inside 0..count-1 of a row mirrored at its ends: d c b a | a b c d | d c b a."""
    index %= 2 * count
    return index if index < count else 2 * count - 1 - index


@compiled
def _replace(window: Real, old: Real, new: Real, out: Real) -> None:
    """Copy the sorted columns of `window` to `out`, without the value `old` and with `new`, one of each per lane.

    Both have a row of minus infinity before and one of infinity after the `size` rows that count. What follows the
    dropped value moves down by one place; a row then is `new` where that lies between its neighbours.
    """
    for i in range(1, window.shape[0] - 1):
        for lane in range(_LANES):
            left, here, right = window[i - 1, lane], window[i, lane], window[i + 1, lane]
            dropped, value = old[lane], new[lane]
            lower = left if left < dropped else here
            upper = here if here < dropped else right
            value = min(value, upper)
            out[i, lane] = max(value, lower)


@compiled
def _slide(values: Real, first: int, last: int, size: int, out: Real) -> None:
    """Medians along axis 0 of `values` (n, _LANES) for the rows first..last-1, into `out` (last - first, _LANES)."""
    count, before = values.shape[0], size // 2
    window = np.full((size + 2, _LANES), np.inf, np.float32)
    window[0] = -np.inf
    other = window.copy()
    old, new = np.full(_LANES, np.inf, np.float32), np.empty(_LANES, np.float32)
    for row in range(first - before, last - before + size - 1):
        new[:] = values[_reflect(row, count)]
        if row >= first - before + size:
            old[:] = values[_reflect(row - size, count)]
        _replace(window, old, new, other)
        window, other = other, window
        if row >= first - before + size - 1:
            out[row - size + 1 + before - first] = window[before + 1]


@compiled
def median_over_frames(magnitude: Real, first: int, last: int, size: int) -> Real:
    """Median over `size` frames around each of the frames first..last-1 of `magnitude`.

    Parameters
    ----------
    magnitude : float32 (frames, bins)
        Mirrored at its first and last frame.
    first, last, size : int

    Returns
    -------
    float32 (last - first, bins)
    """
    frames, bins = magnitude.shape
    out = np.empty((last - first, bins), np.float32)
    values = np.zeros((frames, _LANES), np.float32)
    medians = np.empty((last - first, _LANES), np.float32)
    for low in range(0, bins, _LANES):
        lanes = min(_LANES, bins - low)
        values[:, :lanes] = magnitude[:, low : low + lanes]
        _slide(values, first, last, size, medians)
        out[:, low : low + lanes] = medians[:, :lanes]
    return out


@compiled
def median_over_bins(magnitude: Real, first: int, last: int, size: int) -> Real:
    """Median over `size` bins around each bin of the frames first..last-1, mirrored at both ends; see above."""
    bins = magnitude.shape[1]
    out = np.empty((last - first, bins), np.float32)
    values = np.zeros((bins, _LANES), np.float32)
    medians = np.empty((bins, _LANES), np.float32)
    for low in range(first, last, _LANES):
        lanes = min(_LANES, last - low)
        for lane in range(lanes):
            values[:, lane] = magnitude[low + lane]
        _slide(values, 0, bins, size, medians)
        for lane in range(lanes):
            out[low - first + lane] = medians[:, lane]
    return out
