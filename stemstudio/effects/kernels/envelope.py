"""Envelopes: largest value of a window, and one-pole followers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled

Real = NDArray[np.float64]


@compiled
def sliding_max(values: Real, window: int) -> Real:
    """Largest of every `window` neighbours of `values` (n + window - 1,); float64 (n,).

    Two scans over pieces of one window's length, forwards and backwards (van Herk, 1992).
    """
    count = values.shape[0] - window + 1
    if window == 1:
        return values.copy()
    ahead = np.empty(values.shape[0])
    behind = np.empty(values.shape[0])
    for start in range(0, values.shape[0], window):
        last = min(start + window, values.shape[0])
        ahead[start] = values[start]
        for i in range(start + 1, last):
            ahead[i] = max(ahead[i - 1], values[i])
        behind[last - 1] = values[last - 1]
        for i in range(last - 2, start - 1, -1):
            behind[i] = max(behind[i + 1], values[i])
    out = np.empty(count)
    for i in range(count):
        out[i] = max(behind[i], ahead[i + window - 1])
    return out


@compiled
def follow(target: Real, rise: float, fall: float, state: Real) -> Real:
    """One-pole follower of `target` (n,) with one factor per sample for rising and one for falling.

    The smooth branching detector of Giannoulis, Massberg & Reiss (2012, eq. 16). `state` (1,) goes on.
    """
    out = np.empty(target.shape[0])
    now = state[0]
    for i in range(target.shape[0]):
        factor = rise if target[i] > now else fall
        now = target[i] + factor * (now - target[i])
        if abs(now) < 1e-7:  # a follower of silence ends in silence, not in denormal numbers
            now = 0.0
        out[i] = now
    state[0] = now
    return out


@compiled
def moving_average(values: Real, ring: Real, total: Real, place: NDArray[np.int64]) -> Real:
    """Mean of the last ``len(ring)`` of `values` (n,); `ring`, its sum `total` (1,) and `place` (1,) go on.

    The sum is taken anew at each turn of the ring, so that what rounding leaves does not pile up.
    """
    out = np.empty(values.shape[0])
    length = ring.shape[0]
    at, now = place[0], total[0]
    for i in range(values.shape[0]):
        now += values[i] - ring[at]
        ring[at] = values[i]
        at += 1
        if at == length:
            at = 0
            now = np.sum(ring)
        out[i] = now / length
    place[0], total[0] = at, now
    return out


@compiled
def gate_target(
    level_db: Real, open_db: Real, hysteresis_db: float, hold: int, patience: int, state: NDArray[np.int64]
) -> Real:
    """1 where the gate should be shut, 0 where open; see `Gate`.

    `state` (3,) goes on: whether it is open, how long the level has been below the closing threshold, and how long
    it has not been above the opening one.
    """
    out = np.empty(level_db.shape[0])
    is_open, below, lower = state[0], state[1], state[2]
    for i in range(level_db.shape[0]):
        if level_db[i] > open_db[i]:
            is_open, below, lower = 1, 0, 0
        else:
            lower += 1
            below = below + 1 if level_db[i] < open_db[i] - hysteresis_db else 0
            if below > hold or lower > patience:
                is_open = 0
        out[i] = 1 - is_open
    state[0], state[1], state[2] = is_open, min(below, hold + 1), min(lower, patience + 1)
    return out
