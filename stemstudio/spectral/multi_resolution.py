"""Long frames for low notes and short ones for high strokes, in one picture.

Transforms of six sizes, each shown in the band where its frame lasts about as many periods as that of the others, with
a quarter octave of fading between them (the multi-resolution spectrogram of Brown, 1991, with power-of-two frames).
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.source import Source
from stemstudio.spectral.grids import LogGrid, Regrid
from stemstudio.spectral.stft import StftSpec
from stemstudio.spectral.transforms import Power, Sketch, Stft

BANDS = ((16384, 0.0), (8192, 160.0), (4096, 400.0), (2048, 1100.0), (1024, 3200.0), (512, 8000.0))
"""Frame at 44.1 kHz, and the frequency in hertz from which it is shown."""

_FADE_OCTAVES = 0.25


class MultiResolution:
    """Transforms of several sizes on one grid of 60 bins per octave."""

    def __init__(self, sample_rate: int) -> None:
        self.hop = StftSpec.at_rate(sample_rate, 2048).hop
        self.divisible = True
        self.grid = LogGrid.full(sample_rate, 60)
        edges = [low_hz for _, low_hz in BANDS] + [float("inf")]
        self._bands = [
            _Band(Stft(StftSpec.at_rate(sample_rate, size), sample_rate), self.grid, self.hop, low_hz, high_hz)
            for (size, _), (low_hz, high_hz) in zip(BANDS, itertools.pairwise(edges), strict=True)
            if low_hz < self.grid.frequencies_hz[-1]
        ]
        self.reach = max(band.reach for band in self._bands)
        self._sketch = Sketch(sample_rate, self.grid)

    def columns(self, source: Source, first: int, count: int) -> Power:
        """See `Transform.columns`."""
        power = np.zeros((count, self.grid.bins), np.float32)
        for band in self._bands:
            power[:, band.first : band.last] += band.columns(source, first, count)
        return power

    def sketch(self, source: Source, frames: list[int]) -> Power:
        """See `Transform.sketch`."""
        return self._sketch.apply(source, frames)


class _Band:
    """One transform and the bins of the grid that it fills, from `first` to the one before `last`."""

    def __init__(self, stft: Stft, grid: LogGrid, hop: int, low_hz: float, high_hz: float) -> None:
        self._stft, self._hop = stft, hop
        weights = _rise(grid, low_hz) * (1 - _rise(grid, high_hz))
        filled = np.flatnonzero(weights)
        self.first, self.last = int(filled[0]), int(filled[-1]) + 1
        self._weights = weights[self.first : self.last].astype(np.float32)
        self._regrid = Regrid(grid, stft.grid.step_hz, stft.grid.bins, self.first, self.last)
        self.reach = stft.reach + max(stft.hop, hop)

    def columns(self, source: Source, first: int, count: int) -> Power:
        """Share of this band in the columns of the picture, float32 (count, bins of the band)."""
        step = self._stft.hop
        if step < self._hop:
            return self._weights * self._joined(source, first, count, self._hop // step)
        low, high = first * self._hop // step, -(-(first + count) * self._hop // step) + 1
        power = self._regrid.apply(self._stft.columns(source, low, high - low))
        place = np.arange(first, first + count) * (self._hop / step) - low
        before = place.astype(np.intp)
        share = (place - before).astype(np.float32)[:, None]
        return self._weights * (power[before] * (1 - share) + power[before + 1] * share)

    def _joined(self, source: Source, first: int, count: int, parts: int) -> Power:
        """Mean power of the `parts` short frames that one column of the picture covers."""
        shifted = _Shifted(source, (self._stft.hop - self._hop) // 2)
        power = self._regrid.apply(self._stft.columns(shifted, first * parts, count * parts))
        mean: Power = power.reshape(count, parts, -1).mean(axis=1)
        return mean


class _Shifted:
    """A source of which frame 0 is frame `offset` of another."""

    def __init__(self, source: Source, offset: int) -> None:
        self._source, self._offset = source, offset
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, source.frames

    def read(self, start: int, frames: int) -> NDArray[np.float32]:
        """See `Source.read`."""
        return self._source.read(start + self._offset, frames)


def _rise(grid: LogGrid, hertz: float) -> NDArray[np.float64]:
    """0 below `hertz` and 1 above it, with a fade between."""
    if hertz == 0:
        return np.ones(grid.bins)
    if hertz == float("inf"):
        return np.zeros(grid.bins)
    octaves = np.log2(grid.frequencies_hz / hertz)
    return np.clip(octaves / _FADE_OCTAVES + 0.5, 0, 1)
