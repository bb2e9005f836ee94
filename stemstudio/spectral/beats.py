"""The steady tempo of a song, estimated from its onsets.

The onset strength is the rise in the logarithm of the power in 40 bands (after Klapuri, 1999); its autocorrelation,
weighted for how people tap (Ellis, 2007, eq. 7 and 8: a log-normal curve around 120 beats per minute), gives a first
tempo. A comb over the whole song then refines it until its beats stay in step from the first to the last, and gives
the phase.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.tempo import Tempo
from stemstudio.spectral.stft import StftSpec, stream_stft

LEAST_BPM, MOST_BPM = 40.0, 240.0

_BANDS = 40
_BLOCK = 1024
_TAPPED_BPM = 120.0
_SPREAD_OCTAVES = 0.9
_Curve = NDArray[np.float64]


def estimate_tempo(source: Source, reporter: Reporter, beats_per_bar: int = 4) -> Tempo | None:
    """Tempo of `source` and its first beat; None where nothing is heard that could be a beat.

    Steady tempo is assumed. Which beat begins a bar cannot be told from onsets: the first one that is heard counts.
    """
    onsets, per_second = onset_strength(source, reporter)
    if len(onsets) < 4 * per_second or onsets.max() <= 0:
        return None
    bpm = _refined(onsets, per_second, _first_guess(onsets, per_second))
    period = 60 * per_second / bpm
    phases = np.arange(0, period, 0.25)
    strengths = [_comb(onsets, period, phase) for phase in phases]
    phase = float(phases[int(np.argmax(strengths))])
    places = np.arange(phase, len(onsets) - 1, period)
    heard = _at(onsets, places) > 0.25 * np.percentile(onsets, 95)
    first = places[int(np.argmax(heard))] if heard.any() else phase
    return Tempo(round(bpm, 2), round(float(first) / per_second, 3), beats_per_bar)


def onset_strength(source: Source, reporter: Reporter) -> tuple[_Curve, float]:
    """How much begins at each moment, float64 (frames,), and how many frames there are in a second."""
    spec = StftSpec.at_rate(source.sample_rate, 1024)
    edges = np.unique(np.geomspace(1, spec.bins - 1, _BANDS + 1).astype(int))
    total, parts, last = spec.frames(source.frames), [], None
    for block in stream_stft(source, spec, _BLOCK):
        reporter.update(block.first / max(total, 1), "Listening for beats")
        power = (np.abs(block.own) ** 2).sum(axis=0)
        bands = np.log10(np.add.reduceat(power, edges[:-1], axis=1) + 1e-4)
        before = bands[:1] if last is None else last
        parts.append(np.maximum(np.diff(np.concatenate([before, bands]), axis=0), 0).mean(axis=1))
        last = bands[-1:]
    onsets = np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)
    per_second = source.sample_rate / spec.hop
    around = int(per_second)
    if len(onsets) < around:
        return np.zeros(len(onsets)), per_second
    steady = np.convolve(onsets, np.ones(around) / around, mode="same")
    return np.maximum(onsets - steady, 0), per_second


def _first_guess(onsets: _Curve, per_second: float) -> float:
    from scipy.fft import irfft, rfft

    size = 1 << (2 * len(onsets) - 1).bit_length()
    spectrum = rfft(onsets, size)
    alike = irfft(spectrum * spectrum.conj(), size)[: int(60 * per_second / LEAST_BPM) + 2]
    lags = np.arange(int(60 * per_second / MOST_BPM), len(alike))
    bpm = 60 * per_second / lags
    tapped = np.exp(-0.5 * (np.log2(bpm / _TAPPED_BPM) / _SPREAD_OCTAVES) ** 2)
    return float(bpm[int(np.argmax(alike[lags] * tapped))])


def _refined(onsets: _Curve, per_second: float, bpm: float) -> float:
    """Tempo near `bpm` whose beats hit most onsets all through; each pass looks closer, over more of the song."""
    for seconds, width in ((30.0, 0.04), (120.0, 0.01), (len(onsets) / per_second, 0.002)):
        part = onsets[: int(seconds * per_second)]
        steps = np.linspace(-width, width, 41)
        strengths = []
        for candidate in bpm * (1 + steps):
            period = 60 * per_second / candidate
            strengths.append(max(_comb(part, period, phase) for phase in np.arange(0, period, 1.0)))
        bpm *= 1 + float(steps[int(np.argmax(strengths))])
    return bpm


def _comb(onsets: _Curve, period: float, phase: float) -> float:
    return float(_at(onsets, np.arange(phase, len(onsets) - 1, period)).mean())


def _at(onsets: _Curve, places: _Curve) -> _Curve:
    """Onset strength between frames."""
    low = places.astype(np.intp)
    share = places - low
    strength: _Curve = onsets[low] * (1 - share) + onsets[np.minimum(low + 1, len(onsets) - 1)] * share
    return strength
