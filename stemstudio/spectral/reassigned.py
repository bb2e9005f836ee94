"""The reassigned spectrogram: the power of each bin drawn where it came from.

Auger & Flandrin (1995), eq. 19 and 20: two more transforms, one under the window times its time and one under the
window's derivative, tell for each bin the centre of gravity of what it measured, in time and in frequency. A steady
partial becomes a thin line, a click a thin column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.spectral.grids import LogGrid
from stemstudio.spectral.stft import StftSpec
from stemstudio.spectral.transforms import Power, Sketch, hann

_FAINTEST = 1e-12
_ENERGY_OF_A_SINE = 1.5
"""Power of a sine summed over the bins of a Hann window, relative to that of its loudest bin."""

_FARTHEST_BINS = 4.0
_BATCH = 32


class Reassigned:
    """Reassigned powers on a grid of 96 bins per octave; frames start every eighth of their length."""

    def __init__(self, sample_rate: int, n_fft_at_44100: int) -> None:
        spec = StftSpec.at_rate(sample_rate, n_fft_at_44100, overlap=8)
        self.hop, self._n_fft = spec.hop, spec.n_fft
        self.reach = spec.n_fft
        self.divisible = True
        self.grid = LogGrid.full(sample_rate, 96)
        self._step_hz = sample_rate / spec.n_fft
        self._sketch = Sketch(sample_rate, self.grid)
        self._windows = _windows(spec.n_fft)

    def columns(self, source: Source, first: int, count: int) -> Power:
        """See `Transform.columns`."""
        aside = self._n_fft // 2 // self.hop  # frames around these columns that hold some of their power
        frames, hop = count + 2 * aside, self.hop
        samples = source.read((first - aside) * hop - self._n_fft // 2, (frames - 1) * hop + self._n_fft)
        power = np.zeros(count * self.grid.bins, np.float64)
        for start in range(0, frames, _BATCH):
            stop = min(start + _BATCH, frames)
            part = samples[:, start * hop : (stop - 1) * hop + self._n_fft]
            where, amounts = self._moved(part, start - aside, count)
            power += np.bincount(where, amounts, minlength=power.size)
        return (power / _ENERGY_OF_A_SINE).astype(np.float32).reshape(count, self.grid.bins)

    def sketch(self, source: Source, frames: list[int]) -> Power:
        """See `Transform.sketch`."""
        return self._sketch.apply(source, frames)

    def _moved(self, samples: Samples, first: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Cells (flat) and powers of the frames of `samples`, of which the first is column `first`."""
        from scipy.fft import rfft

        frames = np.lib.stride_tricks.sliding_window_view(samples, self._n_fft, axis=1)[:, :: self.hop]
        plain, timed, sloped = (rfft(frames * window, axis=2) for window in self._windows)
        power = plain.real**2 + plain.imag**2
        heard = power > _FAINTEST
        _, column, number = np.nonzero(heard)
        amounts, plain = power[heard], plain[heard]
        late = (timed[heard] * plain.conj()).real / amounts / self.hop
        high = -(sloped[heard] * plain.conj()).imag / amounts * (self._n_fft / (2 * np.pi))
        column = np.rint(first + column + late).astype(np.intp)
        hertz = (number + high) * self._step_hz
        place = np.rint(self.grid.bin_at(np.maximum(hertz, 0.0))).astype(np.intp)
        kept = (column >= 0) & (column < count) & (place >= 0) & (place < self.grid.bins)
        kept &= np.abs(high) <= _FARTHEST_BINS
        return column[kept] * self.grid.bins + place[kept], amounts[kept]


def _windows(n_fft: int) -> tuple[NDArray[np.float32], ...]:
    """Hann window, the same times its time in samples, and its derivative; a full-scale sine gets the power 1."""
    window = hann(n_fft)
    time = np.arange(n_fft) - n_fft / 2
    slope = np.pi / n_fft * np.sin(2 * np.pi * np.arange(n_fft) / n_fft)
    return tuple((each * (4 / n_fft)).astype(np.float32) for each in (window, window * time, slope))
