"""A constant-Q spectrogram: every octave gets as many bins, and a note looks the same wherever it is played.

Filters on the spectrum of a stretch of sound, each brought back to time at its own rate (Velasco, Holighaus, Dörfler &
Grill, 2011). The bandwidth has a small constant part (Schörkhuber, Klapuri, Holighaus & Dörfler, 2014), or the lowest
notes would smear over seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.source import Source
from stemstudio.spectral.grids import LogGrid
from stemstudio.spectral.stft import StftSpec
from stemstudio.spectral.transforms import Power, Sketch

_QUALITY = 36.0
_LEAST_BANDWIDTH_HZ = 3.0


class ConstantQ:
    """Constant-Q powers on a grid of 48 bins per octave; two notes a semitone apart are told apart."""

    def __init__(self, sample_rate: int) -> None:
        self.hop = StftSpec.at_rate(sample_rate, 2048).hop
        self.divisible = False
        self.grid = LogGrid.full(sample_rate, 48)
        self.reach = 64 * self.hop
        self._rate = sample_rate
        self._filters: dict[int, list[_Octave]] = {}
        self._sketch = Sketch(sample_rate, self.grid)

    def columns(self, source: Source, first: int, count: int) -> Power:
        """See `Transform.columns`."""
        from scipy.fft import rfft

        aside = self.reach // self.hop
        slots = count + 2 * aside
        samples = source.read((first - aside) * self.hop, slots * self.hop)
        fade = np.sin(np.linspace(0, np.pi / 2, self.reach // 4, dtype=np.float32)) ** 2
        samples[:, : len(fade)] *= fade
        samples[:, -len(fade) :] *= fade[::-1]
        power = np.zeros((slots, self.grid.bins), np.float32)
        for channel in samples:
            spectrum = rfft(channel)
            for octave in self._filters_of(slots):
                power[:, octave.first : octave.last] += octave.power(spectrum)
        return power[aside : aside + count]

    def sketch(self, source: Source, frames: list[int]) -> Power:
        """See `Transform.sketch`."""
        return self._sketch.apply(source, frames)

    def _filters_of(self, slots: int) -> list[_Octave]:
        if slots not in self._filters:
            self._filters = {slots: _filter_bank(self.grid, self._rate, self.hop, slots)}
        return self._filters[slots]


class _Octave:
    """Neighbouring filters whose outputs are sampled `parts` times per column.

    `starts` are the first bins of the spectrum that each filter sees, `weights` are complex64 (filters, widest): a Hann
    window around the filter's frequency, turned so that the samples lie evenly around the centre of their column.
    """

    def __init__(
        self, first: int, starts: NDArray[np.intp], weights: NDArray[np.complex64], slots: int, parts: int
    ) -> None:
        self.first, self.last = first, first + len(starts)
        self._columns = starts[:, None] + np.arange(weights.shape[1])
        self._weights, self._slots, self._parts = weights, slots, parts

    def power(self, spectrum: NDArray[np.complex64]) -> Power:
        """Mean power of each filter in each column, float32 (columns, filters)."""
        from scipy.fft import ifft

        last = len(spectrum) - 1
        seen = spectrum[np.minimum(self._columns, last)] * self._weights
        out = ifft(seen, n=self._slots * self._parts, axis=1)
        power = out.real**2 + out.imag**2
        mean: Power = power.reshape(len(power), self._slots, self._parts).mean(axis=2).T
        return mean


def _filter_bank(grid: LogGrid, rate: int, hop: int, slots: int) -> list[_Octave]:
    """Filters of all bins for a stretch of `slots` columns, those with the same rate together."""
    length = slots * hop
    centres = grid.frequencies_hz * (length / rate)
    halves = (grid.frequencies_hz / _QUALITY + _LEAST_BANDWIDTH_HZ) * (length / rate)
    starts = np.maximum(np.ceil(centres - halves), 0).astype(np.intp)
    widths = np.floor(centres + halves).astype(np.intp) - starts + 1
    parts = 1 << np.ceil(np.log2(np.maximum(widths / slots, 1))).astype(int)
    bank = []
    for count in np.unique(parts):
        mine = np.flatnonzero(parts == count)
        bins = starts[mine][:, None] + np.arange(widths[mine].max())
        away = (bins - centres[mine][:, None]) / halves[mine][:, None]
        window = np.where((np.abs(away) < 1) & (bins <= length // 2), 0.5 + 0.5 * np.cos(np.pi * away), 0)
        turn = np.exp(-2j * np.pi * bins * (hop / 2 * (1 - 1 / count)) / length)
        scale = 2 * slots * count / length  # a full-scale sine at a centre gets the power 1
        weights = (window * turn * scale).astype(np.complex64)
        bank.append(_Octave(int(mine[0]), starts[mine], weights, slots, int(count)))
    return bank
