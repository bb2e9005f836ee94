"""An attack from its onset to the end of its decay."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.source import Source
from stemstudio.repair.extent import Axis
from stemstudio.repair.selection import Selection

_REACH_S = 0.1
_LONGEST_S = 0.25
_STEP_S = 0.001
_BEFORE = 20
"""Steps before an onset that tell how loud it was."""
_DECAY_DB = 20.0
_LEAST_RISE_DB = 6.0


def transient(source: Source, frame: float, low_hz: float = 0.0, high_hz: float = math.inf) -> Selection:
    """Select the attack nearest to `frame`: all that sounds from `low_hz` to `high_hz` from its onset on.

    The level is that of the samples' differences, which raises the noise of an attack over the tones around it, in
    steps of a millisecond. The onset is where it rises most over the 20 ms before, near the click; the decay ends 20 dB
    under the peak, at the level before the onset, or 250 ms after it.

    Returns
    -------
    Selection
        Empty if nothing rises by at least 6 dB within 0.1 s of `frame`.
    """
    rate = source.sample_rate
    step = max(round(_STEP_S * rate), 1)
    reach = round(_REACH_S / _STEP_S)
    start = round(frame) - (reach + _BEFORE) * step
    level_db = _levels_db(source, start, 2 * reach + _BEFORE + round(_LONGEST_S / _STEP_S), step)
    before_db = _mean_before(level_db)
    rise_db = level_db - before_db
    candidates = np.arange(_BEFORE, _BEFORE + 2 * reach)
    nearness_db = np.abs(candidates - _BEFORE - reach) * (12.0 / reach)
    peak = int(candidates[np.argmax(rise_db[candidates] - nearness_db)])
    if rise_db[peak] < _LEAST_RISE_DB:
        return Selection(rate)
    floor_db = before_db[peak]
    onset = peak
    while onset > 0 and level_db[onset - 1] > floor_db + 3:
        onset -= 1
    end = _end_of_decay(level_db, peak, floor_db + 3)
    return Selection.box(rate, max(start + onset * step, 0), start + end * step, low_hz, min(high_hz, rate / 2))


def _levels_db(source: Source, start: int, count: int, step: int) -> Axis:
    samples = source.read(start - 1, count * step + 1).astype(np.float64)
    power = np.square(np.diff(samples, axis=1)).sum(axis=0).reshape(count, step).mean(axis=1)
    level: Axis = 10 * np.log10(power + 1e-12)
    return level


def _mean_before(level_db: Axis) -> Axis:
    """Mean power, in dB, of the steps before each step; the first ones, which have none, repeat their own."""
    total = np.concatenate([[0.0], np.cumsum(10 ** (level_db / 10))])
    out = level_db.copy()
    out[_BEFORE:] = 10 * np.log10((total[_BEFORE:-1] - total[: -_BEFORE - 1]) / _BEFORE + 1e-12)
    return out


def _end_of_decay(level_db: Axis, peak: int, floor_db: float) -> int:
    """First step after the decay: 5 ms in a row are soft."""
    span = level_db[peak : peak + round(_LONGEST_S / _STEP_S)]
    soft = span < max(span[:20].max() - _DECAY_DB, floor_db)
    runs = np.flatnonzero(np.convolve(soft, np.ones(5), "valid") == 5)
    return peak + (int(runs[0]) if len(runs) else len(span))
