"""What levels a stem has: its loud passages, and the floor of its pauses. Thresholds are set from them."""

from __future__ import annotations

import numpy as np

from stemstudio.core.source import Source, blocks
from stemstudio.effects.effect import Real, decibels

_BLOCK_FRAMES = 1 << 16
_STEP_S = 0.02
_SILENT_DB = -96.0
_FEWEST_STEPS = 10


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
    """Level that the loud passages of `source` reach: the 90th percentile of its peaks, -24 dB where all is silent."""
    levels_db = step_levels_db(source)
    return float(np.percentile(levels_db, 90)) if len(levels_db) >= _FEWEST_STEPS else -24.0


def pause_threshold_db(source: Source, margin_db: float = 3.0) -> float | None:
    """Threshold that parts the sound of `source` from its pauses, in dB; None where there is nothing to part.

    The levels fall into two heaps, sound and floor (noise, bleed); the cut is where it divides them best (Otsu, 1979,
    "A threshold selection method from gray-level histograms"). The threshold lies `margin_db` above all but the
    loudest twentieth of the floor, yet never above the cut's far side, so that soft sound stays sound.
    """
    levels_db = step_levels_db(source)
    if len(levels_db) < _FEWEST_STEPS:
        return None
    counts, edges = np.histogram(levels_db, bins=96, range=(_SILENT_DB, 0.0))
    cut_db = float(edges[_otsu(counts.astype(np.float64))])
    floor_db, sound_db = levels_db[levels_db < cut_db], levels_db[levels_db >= cut_db]
    if len(floor_db) < _FEWEST_STEPS or len(sound_db) < _FEWEST_STEPS:
        return None
    return float(min(np.percentile(floor_db, 95) + margin_db, np.percentile(sound_db, 20)))


def _otsu(counts: Real) -> int:
    """First bin of the upper class."""
    places = np.arange(len(counts))
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * places)[:-1]
    means = sums / np.maximum(below, 1), (np.sum(counts * places) - sums) / np.maximum(above, 1)
    return int(np.argmax(below * above * (means[1] - means[0]) ** 2)) + 1
