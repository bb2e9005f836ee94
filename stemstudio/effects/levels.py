"""What levels a stem has: its loud passages, and the floor of its pauses. Thresholds are set from them."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stemstudio.core.source import Source, blocks
from stemstudio.effects.effect import Real, decibels

_BLOCK_FRAMES = 1 << 16
_STEP_S = 0.02
_SILENT_DB = -96.0
_FEWEST_STEPS = 10
_SOUNDING_DB = 20.0
_HELD_STEPS = 9
_BIN_DB = 3.0
_LEAST_BELOW_DB = 12.0  # a valley nearer to the loud passages parts verse and chorus
_DEEP = 1 / 3


def step_levels_db(source: Source) -> Real:
    """Peak level of each 20 ms of `source`, all channels as one, in dB; steps of digital silence are left out."""
    step = max(1, round(_STEP_S * source.sample_rate))
    peaks = []
    for _, block in blocks(source, max(1, _BLOCK_FRAMES // step) * step):
        linked = np.abs(block).max(axis=0)
        peaks.append(np.maximum.reduceat(linked, np.arange(0, len(linked), step)))
    levels_db = decibels(np.concatenate(peaks)) if peaks else np.zeros(0)
    return levels_db[levels_db > _SILENT_DB]


def loud_level_db(source: Source) -> float:
    """Level of the peaks in the loud passages of `source`, -24 dB where all is silent; pauses do not count."""
    return _loud_db(step_levels_db(source))


def _loud_db(levels_db: Real) -> float:
    if len(levels_db) < _FEWEST_STEPS:
        return -24.0
    sounding = levels_db[levels_db > np.percentile(levels_db, 99.5) - _SOUNDING_DB]
    return float(np.percentile(sounding, 80))


def pause_threshold_db(source: Source) -> float | None:
    """Threshold that parts the sound of `source` from its pauses, in dB; None where there is nothing to part.

    Of every stretch of 180 ms the loudest step counts, so that bleed with gaps (drums) is as loud as its hits. These
    levels pile up around those of the sound and those of the floor, be it noise or bleed. The threshold lies in the
    topmost clear valley between two such piles, at its lower end, because soft words lie on the slope above.
    """
    levels_db = step_levels_db(source)
    if len(levels_db) < _FEWEST_STEPS:
        return None
    held_db = sliding_window_view(np.pad(levels_db, _HELD_STEPS // 2, mode="edge"), _HELD_STEPS).max(axis=1)
    counts, edges = np.histogram(held_db, bins=np.arange(_SILENT_DB, 3.0, _BIN_DB))
    highest_db = _loud_db(levels_db) - _LEAST_BELOW_DB
    for place in range(len(counts) - 1, 0, -1):
        pile = min(_pile(counts[place:]), _pile(counts[place::-1]))
        threshold_db = float(edges[_lower_end(counts, place)])
        if pile >= _FEWEST_STEPS and counts[place] <= _DEEP * pile and threshold_db <= highest_db:
            return threshold_db
    return None


def _lower_end(counts: NDArray[np.int64], place: int) -> int:
    """First bin of the valley that `place` lies in: down to its deepest bin, and on while it stays shallow."""
    while place > 0 and counts[place - 1] <= counts[place]:
        place -= 1
    shallow = 2 * counts[place] + 1
    while place > 0 and counts[place - 1] <= shallow:
        place -= 1
    return place


def _pile(counts: NDArray[np.int64]) -> int:
    """Most that is reached from the first of `counts` on before they fall below it."""
    lower = np.flatnonzero(counts < counts[0])
    return int(counts[: lower[0] if len(lower) else None].max())
