"""Frames that sound alike and their median, compiled; importing this module imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.separation.compiled import compiled

Real = NDArray[np.float32]
Whole = NDArray[np.int64]

_TILE = 64


def repeating_magnitude(magnitude: Real, first: int, last: int, count: int, distance: int, reach: int) -> Real:
    """Estimate what repeats: for each frame, the median of the `count` frames most like it, at most its own magnitude.

    Likeness is the cosine of the magnitudes, all channels as one (Rafii & Pardo, 2012, eq. 2); of frames closer than
    `distance` only the likest counts; the median is taken bin by bin (eqs. 3 and 4).

    Parameters
    ----------
    magnitude : float32 (channels, frames, bins)
    first, last : int
        The frames asked for.
    count, distance, reach : int
        In frames; no frame further away than `reach` is compared.

    Returns
    -------
    float32 (channels, last - first, bins)
    """
    mean = magnitude.mean(axis=0)
    mean /= np.sqrt(np.einsum("fb,fb->f", mean, mean))[:, None] + np.float32(1e-9)
    alike = mean[first:last] @ mean.T
    away = np.abs(np.arange(first, last)[:, None] - np.arange(len(mean)))
    alike[away > reach] = -1
    likest = likest_frames(alike, count, distance)
    parts = [median_of_frames(part, likest) for part in magnitude]
    return np.minimum(np.stack(parts), magnitude[:, first:last])


@compiled
def likest_frames(alike: Real, count: int, distance: int) -> Whole:
    """Up to `count` columns per row of `alike`, the largest first, each further than `distance` from the others.

    Entries below 0 are never taken; -1 fills up rows that have too few.
    """
    rows, frames = alike.shape
    out = np.full((rows, count), -1, np.int64)
    for row in range(rows):
        left = alike[row].copy()
        for k in range(count):
            best = np.argmax(left)
            if left[best] < 0:
                break
            out[row, k] = best
            left[max(0, best - distance) : min(frames, best + distance + 1)] = -1
    return out


@compiled
def median_of_frames(magnitude: Real, chosen: Whole) -> Real:
    """Median over the frames of `magnitude` (frames, bins) that each row of `chosen` names, -1 for none."""
    bins, most = magnitude.shape[1], chosen.shape[1]
    out = np.zeros((chosen.shape[0], bins), np.float32)
    ranked = np.empty((most, _TILE), np.float32)
    for row in range(chosen.shape[0]):
        count = np.sum(chosen[row] >= 0)
        if not count:
            continue
        for low in range(0, bins, _TILE):
            lanes = min(_TILE, bins - low)
            for k in range(count):
                _sort_in(ranked, k, magnitude[chosen[row, k], low : low + lanes])
            middle = ranked[(count - 1) // 2, :lanes] + ranked[count // 2, :lanes]
            out[row, low : low + lanes] = middle * np.float32(0.5)
    return out


@compiled
def _sort_in(ranked: Real, count: int, values: Real) -> None:
    """Sort one value per lane into the first `count` rows of `ranked`, which are sorted, and the row after."""
    lanes = len(values)
    ranked[count, :lanes] = values
    for i in range(count, 0, -1):
        for lane in range(lanes):
            upper, lower = ranked[i, lane], ranked[i - 1, lane]
            ranked[i, lane] = max(upper, lower)
            ranked[i - 1, lane] = min(upper, lower)
