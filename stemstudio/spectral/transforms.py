"""The analyses that a spectrogram can show: powers of short stretches of sound, from which tiles are made.

All give columns: column ``t`` is centred on sample ``t * hop`` and holds the power of each bin of `grid`, added over
the channels, with 1 for a full-scale sine. What lies outside the sound is silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.source import Source
from stemstudio.spectral.grids import Grid, LinearGrid, LogGrid, Regrid
from stemstudio.spectral.stft import StftSpec

KINDS = ("stft", "multi", "reassigned", "cqt")
"""Short-time Fourier, several of them in one picture, reassigned, constant-Q."""

FRAME_SIZES = (256, 512, 1024, 2048, 4096, 8192, 16384)
"""Frames of a transform that a person can choose, in samples at 44.1 kHz."""

_BATCH = 16  # frames of a transform that stay in the processor's cache

Power = NDArray[np.float32]


class Transform(Protocol):
    """Turns a source into columns of power."""

    @property
    def hop(self) -> int:
        """Samples from one column to the next."""
        ...

    @property
    def reach(self) -> int:
        """A column depends on no sample farther than this from its centre."""
        ...

    @property
    def grid(self) -> Grid:
        """Frequencies of the bins."""
        ...

    @property
    def divisible(self) -> bool:
        """Whether a few columns cost much less than many."""
        ...

    def columns(self, source: Source, first: int, count: int) -> Power:
        """Return columns `first` up to ``first + count``, float32 (count, bins)."""
        ...

    def sketch(self, source: Source, frames: list[int]) -> Power:
        """Columns centred on some sample `frames`, cheaply and roughly: float32 (len(frames), bins)."""
        ...


@dataclass(frozen=True, slots=True)
class Analysis:
    """Which transform: one of `KINDS`, and the frame where it has one, in samples at 44.1 kHz."""

    kind: str = "stft"
    n_fft_at_44100: int = 4096

    def transform(self, sample_rate: int) -> Transform:
        """Return the transform for sounds at `sample_rate`."""
        from stemstudio.spectral.constant_q import ConstantQ
        from stemstudio.spectral.multi_resolution import MultiResolution
        from stemstudio.spectral.reassigned import Reassigned

        match self.kind:
            case "stft":
                return Stft(StftSpec.at_rate(sample_rate, self.n_fft_at_44100), sample_rate)
            case "multi":
                return MultiResolution(sample_rate)
            case "reassigned":
                return Reassigned(sample_rate, self.n_fft_at_44100)
            case "cqt":
                return ConstantQ(sample_rate)
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")


class Stft:
    """The short-time Fourier transform with a Hann window."""

    def __init__(self, spec: StftSpec, sample_rate: int) -> None:
        self.spec, self.hop, self.reach, self.divisible = spec, spec.hop, spec.n_fft // 2, True
        self.grid = LinearGrid(spec.bins, sample_rate / spec.n_fft)

    def columns(self, source: Source, first: int, count: int) -> Power:
        """See `Transform.columns`."""
        samples = source.read(first * self.hop - self.reach, (count - 1) * self.hop + self.spec.n_fft)
        return frame_power(np.lib.stride_tricks.sliding_window_view(samples, self.spec.n_fft, axis=1)[:, :: self.hop])

    def sketch(self, source: Source, frames: list[int]) -> Power:
        """See `Transform.sketch`."""
        n_fft = self.spec.n_fft
        return frame_power(np.stack([source.read(frame - n_fft // 2, n_fft) for frame in frames], axis=1))


class Sketch:
    """A plain transform taken to a `LogGrid`: the first sight of transforms that cost more."""

    def __init__(self, sample_rate: int, grid: LogGrid) -> None:
        self._stft = Stft(StftSpec.at_rate(sample_rate, 4096), sample_rate)
        self._regrid = Regrid(grid, self._stft.grid.step_hz, self._stft.grid.bins, 0, grid.bins)

    def apply(self, source: Source, frames: list[int]) -> Power:
        """See `Transform.sketch`."""
        return self._regrid.apply(self._stft.sketch(source, frames))


def hann(n_fft: int) -> NDArray[np.float64]:
    """Periodic Hann window, float64 (n_fft,)."""
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    return window


def frame_power(frames: NDArray[np.float32]) -> Power:
    """Power of frames (channels, columns, n_fft) under a Hann window, summed over channels: float32 (columns, bins)."""
    from scipy.fft import rfft

    channels, columns, n_fft = frames.shape
    scaled = (hann(n_fft) * (4 / n_fft)).astype(np.float32)  # a full-scale sine on a bin gets the power 1
    power = np.zeros((columns, n_fft // 2 + 1), np.float32)
    batch_columns = max(_BATCH, _BATCH * 4096 // n_fft)
    for first in range(0, columns, batch_columns):
        for channel in range(channels):
            # One thread: the sound that plays and the separation that runs need the other core more.
            parts = rfft(frames[channel, first : first + batch_columns] * scaled, axis=1).view(np.float32)
            parts *= parts
            batch = power[first : first + batch_columns]
            batch += parts[:, 0::2]
            batch += parts[:, 1::2]
    return power
