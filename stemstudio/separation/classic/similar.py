"""Frames that sound alike and their median, compiled; importing this module imports numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled
from stemstudio.spectral.stft import Spectrum

Real = NDArray[np.float32]
Whole = NDArray[np.int64]

_LANES = 64


def outline(spectrum: Spectrum) -> Real:
    """Magnitude of each frame, all channels as one, at length 1: float32 (1, frames, bins)."""
    mean = np.abs(spectrum).mean(axis=0, keepdims=True)
    length = np.sqrt(np.einsum("cfb,cfb->cf", mean, mean))
    outlines: Real = mean / (length[..., None] + np.float32(1e-9))
    return outlines


def repeating_magnitude(magnitude: Real, outlines: Real, own: slice, *, count: int, distance: int, reach: int) -> Real:
    """Estimate what repeats: for each frame, the median of the `count` frames most like it, at most its own magnitude.

    Likeness is the cosine of the magnitudes, all channels as one (Rafii & Pardo, 2012, eq. 2); of frames closer than
    `distance` only the likest counts; the median is taken bin by bin (eqs. 3 and 4).

    Parameters
    ----------
    magnitude : float32 (channels, frames, bins)
    outlines : float32 (1, frames, bins)
        What `outline` gives for these frames.
    own : slice
        The frames asked for.
    count, distance, reach : int
        In frames; no frame further away than `reach` is compared.

    Returns
    -------
    float32 (channels, frames asked for, bins)
    """
    alike = outlines[0, own] @ outlines[0].T
    away = np.abs(np.arange(own.start, own.stop)[:, None] - np.arange(magnitude.shape[1]))
    alike[away > reach] = -1
    likest = likest_frames(alike, count, distance)
    return np.stack([np.minimum(median_of_frames(one, likest), one[own]) for one in magnitude])


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
    values = np.zeros((most, _LANES), np.float32)
    for row in range(chosen.shape[0]):
        count = np.sum(chosen[row] >= 0)
        if not count:
            continue
        for low in range(0, bins, _LANES):
            lanes = min(_LANES, bins - low)
            for k in range(count):
                values[k, :lanes] = magnitude[chosen[row, k], low : low + lanes]
            out[row, low : low + lanes] = _median(values, count)[:lanes]
    return out


@compiled
def _median(values: Real, count: int) -> Real:
    """Median of the first `count` rows of `values` (rows, _LANES) in each lane."""
    kept = count // 2 + 1
    ranked = np.full((kept + 1, _LANES), np.inf, np.float32)
    ranked[0] = -np.inf
    other = ranked.copy()
    for k in range(count):
        _sort_in(ranked, values[k], min(k + 1, kept), other)
        ranked, other = other, ranked
    middle: Real = (ranked[(count + 1) // 2] + ranked[kept]) * np.float32(0.5)
    return middle


@compiled
def _sort_in(ranked: Real, new: Real, last: int, out: Real) -> None:
    """Copy the sorted lanes of `ranked`, row 0 of which is minus infinity, to `out` with `new` in its place."""
    for i in range(1, last + 1):
        for lane in range(_LANES):
            out[i, lane] = max(ranked[i - 1, lane], min(ranked[i, lane], new[lane]))
