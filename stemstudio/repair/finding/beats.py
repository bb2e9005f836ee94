"""Where the beats of a song are, near a place in it."""

from __future__ import annotations

import numpy as np

from stemstudio.core.source import Source
from stemstudio.repair.extent import Axis
from stemstudio.spectral.stft import StftSpec, spectrum_of

_REACH_S = 15.0
_TIGHTNESS = 100.0
"""How much a beat that comes early or late costs against a strong onset (Ellis, 2007, section 4)."""


def beats(source: Source, around: float) -> Axis:
    """Beats within 15 s of the frame `around`.

    Onsets are rises of the logarithmic mel-like spectrum; the tempo is the best lag of their autocorrelation, weighted
    around 120 beats per minute; beats are the chain of onsets that fits it best, by dynamic programming (Ellis, 2007).

    Returns
    -------
    float64 (n,)
        Ascending frames; empty where nothing pulsates.
    """
    rate = source.sample_rate
    spec = StftSpec.at_rate(rate, 1024, overlap=2)
    first = max(round((around - _REACH_S * rate) / spec.hop), 0)
    last = min(round((around + _REACH_S * rate) / spec.hop), spec.frames(source.frames))
    if last - first < 2:
        return np.zeros(0)
    onsets = _onsets(source, spec, first, last)
    if not onsets.any():
        return np.zeros(0)
    steps_per_s = rate / spec.hop
    period = _period(onsets, steps_per_s)
    return (first + _chain(onsets, period)) * float(spec.hop)


def _onsets(source: Source, spec: StftSpec, first: int, last: int) -> Axis:
    """Sum of the rises of the level in 40 bands, less its local mean, in standard deviations; (last - first,)."""
    from scipy.ndimage import gaussian_filter1d

    edges = np.unique(np.geomspace(2, spec.bins - 1, 41).astype(np.intp))
    bands = []
    for start in range(first, last, 512):
        spectrum = spectrum_of(source, spec, start, min(start + 512, last))
        power = np.square(np.abs(spectrum)).sum(axis=0)
        bands.append(np.add.reduceat(power, edges[:-1], axis=1))
    power = np.concatenate(bands).astype(np.float64)
    if not power.max() > 0:
        return np.zeros(last - first)
    level = np.log10(power / power.max() + 1e-6)
    rise = np.maximum(np.diff(level, axis=0, prepend=level[:1]), 0).sum(axis=1)
    rise -= gaussian_filter1d(rise, 0.25 * source.sample_rate / spec.hop)
    rise = gaussian_filter1d(np.maximum(rise, 0), 1.5)
    onsets: Axis = rise / max(float(rise.std()), 1e-9)
    return onsets if rise.std() > 1e-6 else np.zeros_like(onsets)


def _period(onsets: Axis, steps_per_s: float) -> float:
    """Steps from beat to beat."""
    from scipy.signal import correlate

    correlation = correlate(onsets, onsets, method="fft")[len(onsets) - 1 :]
    lag_s = np.arange(len(correlation)) / steps_per_s
    inside = (lag_s > 0.25) & (lag_s < 1.5)
    prior = np.exp(-0.5 * (np.log2(np.maximum(lag_s, 1e-3) / 0.5) / 0.9) ** 2)
    score = np.where(inside, correlation * prior, -np.inf)
    best = int(np.argmax(score))
    if not 0 < best < len(correlation) - 1:
        return max(float(best), 2.0)
    left, here, right = correlation[best - 1 : best + 2]
    curve = left - 2 * here + right
    return best + (0.5 * (left - right) / curve if curve < 0 else 0.0)


def _chain(onsets: Axis, period: float) -> Axis:
    """Steps of the beats: the chain of highest score (Ellis, 2007, eq. 5)."""
    before = np.arange(-round(2 * period), -max(round(period / 2), 1) + 1)
    cost = -_TIGHTNESS * np.log(-before / period) ** 2
    score, origin = onsets.copy(), np.full(len(onsets), -1)
    for step in range(-int(before[-1]), len(onsets)):
        start = max(-(step + int(before[0])), 0)
        earlier = score[step + before[start:]] + cost[start:]
        best = int(np.argmax(earlier))
        # A chain starts anew rather than carry a loss.
        if earlier[best] > 0:
            score[step] += earlier[best]
            origin[step] = step + before[start + best]
    tail = score[-max(round(period), 1) :]
    step = len(onsets) - len(tail) + int(np.argmax(tail))
    found = []
    while step >= 0:
        found.append(step)
        step = int(origin[step])
    return np.array(found[::-1], np.float64)
