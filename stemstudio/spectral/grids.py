"""Where the bins of a spectrum lie on the frequency axis, evenly in hertz or evenly in octaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hertz = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearGrid:
    """`bins` frequencies from 0 Hz on, `step_hz` apart: those of a Fourier transform."""

    bins: int
    step_hz: float

    def bin_at(self, hertz: Hertz) -> NDArray[np.float64]:
        """Place of `hertz` among the bins; 1.5 lies between the second and the third."""
        return np.asarray(hertz / self.step_hz, np.float64)


@dataclass(frozen=True, slots=True)
class LogGrid:
    """`bins` frequencies from `low_hz` on, `per_octave` of them in each octave."""

    bins: int
    low_hz: float
    per_octave: int

    @classmethod
    def full(cls, sample_rate: int, per_octave: int, low_hz: float = 20.0) -> LogGrid:
        """Grid from `low_hz` to 20 kHz, or to half the sample rate where that is less."""
        low_hz = min(low_hz, sample_rate / 64)
        octaves = np.log2(min(20000.0, sample_rate / 2 * 0.98) / low_hz)
        return cls(int(octaves * per_octave) + 1, low_hz, per_octave)

    @property
    def frequencies_hz(self) -> Hertz:
        """Centre of each bin."""
        return np.asarray(self.low_hz * 2.0 ** (np.arange(self.bins) / self.per_octave), np.float64)

    def bin_at(self, hertz: Hertz) -> NDArray[np.float64]:
        """Place of `hertz` among the bins, below zero under the first."""
        return np.asarray(np.log2(np.maximum(hertz, 1e-3) / self.low_hz) * self.per_octave, np.float64)


Grid = LinearGrid | LogGrid


class Regrid:
    """Takes powers on the bins of a Fourier transform to a part of a `LogGrid`.

    Where the grid is finer than the transform the power is interpolated, where it is coarser the loudest bin counts, so
    that a partial keeps its level.

    Parameters
    ----------
    grid : LogGrid
        Bins to fill; `first` up to `last` of them.
    step_hz : float
        Distance of two bins of the transform.
    bins : int
        Number of bins of the transform.
    """

    def __init__(self, grid: LogGrid, step_hz: float, bins: int, first: int, last: int) -> None:
        place = np.minimum(grid.frequencies_hz[first:last] / step_hz, bins - 1.001)
        half = place * (2 ** (0.5 / grid.per_octave) - 1)
        self._low = np.floor(place).astype(np.intp)
        self._share = (place - self._low).astype(np.float32)
        self._wide = int(np.searchsorted(half, 0.75))  # from here on a bin of the grid covers more than one
        wide, reach = place[self._wide :], half[self._wide :]
        self._starts = np.floor(wide - reach + 0.5).astype(np.intp)
        self._end = int(wide[-1] + reach[-1] + 0.5) + 1 if len(wide) else 0

    def apply(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Powers (columns, bins of the transform) as (columns, bins of the grid), float32."""
        out = np.empty((len(power), len(self._low)), np.float32)
        low, share = self._low[: self._wide], self._share[: self._wide]
        out[:, : self._wide] = power[:, low] * (1 - share) + power[:, low + 1] * share
        if len(self._starts):
            out[:, self._wide :] = np.maximum.reduceat(power[:, : self._end], self._starts, axis=1)
        return out
