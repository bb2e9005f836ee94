"""Spectra of short passages, read at the multiples of a fundamental."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.source import Source
from stemstudio.repair.extent import Axis
from stemstudio.spectral.stft import StftSpec, window_samples

Levels = NDArray[np.float32]
"""Decibels, float32 (frames, bins)."""

_SHORTEST_S, _LONGEST_S = 0.02, 0.2
"""Of a window: shorter ones show noise, longer ones blur a voice."""
_FLOOR_DB = 70.0
"""Depth under the loudest cell that still tells something of a tone."""


class Comb:
    """Levels of a source around any frame, and how they look through the teeth of a comb.

    Parameters
    ----------
    source : Source
    n_fft : int
        Window (Hann); spectra are twice as dense as it gives.
    """

    def __init__(self, source: Source, n_fft: int) -> None:
        self._source, self._spec = source, StftSpec(n_fft, n_fft // 8)
        self.step_hz = source.sample_rate / (2 * n_fft)
        self.hop = n_fft // 8

    @classmethod
    def resolving(cls, source: Source, hertz: float) -> Comb:
        """Comb whose window lasts at least six periods of `hertz`: neighbouring partials stay apart."""
        window_s = min(max(6 / max(hertz, 1.0), _SHORTEST_S), _LONGEST_S)
        return cls(source, 1 << max(math.ceil(math.log2(window_s * source.sample_rate)), 4))

    @property
    def lobe_hz(self) -> float:
        """Half the width that a steady tone has in the spectrum, where it holds 98 % of its energy."""
        return 2.5 * self.step_hz

    def levels(self, frame: float, count: int, backwards: bool = False) -> Levels:
        """Levels at `count` frames, a hop apart, from `frame` on or back from it, of all channels together."""
        from scipy.fft import rfft

        n_fft, hop = self._spec.n_fft, self.hop
        first = round(frame) - n_fft // 2 - ((count - 1) * hop if backwards else 0)
        samples = self._source.read(first, n_fft + (count - 1) * hop)
        framed = np.lib.stride_tricks.sliding_window_view(samples, n_fft, axis=1)[:, ::hop]
        spectrum = rfft(framed * window_samples(self._spec), 2 * n_fft, axis=2)
        power = (np.square(spectrum.real) + np.square(spectrum.imag)).sum(axis=0)
        levels: Levels = 10 * np.log10(power + 1e-12 * n_fft)
        return levels[::-1] if backwards else levels

    def read(self, levels: Levels, hertz: Axis) -> Levels:
        """One frame's `levels` (bins,) at any `hertz`, linear between bins."""
        place = np.clip(hertz / self.step_hz, 0, len(levels) - 1.001)
        lower = place.astype(np.intp)
        share = (place - lower).astype(np.float32)
        read: Levels = levels[lower] * (1 - share) + levels[lower + 1] * share
        return read

    def contrast(self, levels: Levels, fundamentals: Axis, teeth: int) -> Levels:
        """How far the level at the multiples of each fundamental stands over that half way between them.

        Parameters
        ----------
        levels : float32 (bins,)
            Of one frame.
        fundamentals : float64 (k,)
        teeth : int

        Returns
        -------
        float32 (k, teeth)
            Decibels; what lies 70 dB under the loudest is silence.
        """
        number = np.arange(1, teeth + 1)
        heard = np.maximum(levels, levels.max() - _FLOOR_DB)
        on = self.read(heard, fundamentals[:, None] * number)
        below = self.read(heard, fundamentals[:, None] * (number - 0.5))
        above = self.read(heard, fundamentals[:, None] * (number + 0.5))
        contrast: Levels = on - np.maximum(below, above)
        return contrast

    def peak(self, levels: Levels, hertz: float, reach_hz: float) -> float:
        """Frequency of the loudest local maximum within `reach_hz`, else of the loudest bin, by a parabola."""
        low = max(int((hertz - reach_hz) / self.step_hz), 1)
        high = min(math.ceil((hertz + reach_hz) / self.step_hz), len(levels) - 2)
        if high <= low:
            return hertz
        near = levels[low : high + 1]
        rises = (near >= levels[low - 1 : high]) & (near > levels[low + 1 : high + 2])
        best = low + int(np.argmax(np.where(rises, near, -np.inf) if rises.any() else near))
        left, here, right = (float(level) for level in levels[best - 1 : best + 2])
        curve = left - 2 * here + right
        return (best + (0.5 * (left - right) / curve if curve < 0 else 0.0)) * self.step_hz
