"""The short-time Fourier transform and its inverse, for a whole sound and for a stream of it.

Frame ``t`` is centred on sample ``t * hop``; what lies outside the sound is silence. A sound of ``n`` samples has
``1 + n // hop`` frames. The inverse weights each frame with the window again and divides by the sum of the squared
windows that truly cover a sample, so that an unchanged spectrum gives the sound back, ends included
(Griffin & Lim, 1984, eq. 6).

Spectra are complex64. Inside a stream their shape is (channels, frames, bins), since frames arrive one after the other;
`stft` shows the customary (channels, bins, frames).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.source import Source

Spectrum = NDArray[np.complex64]
"""complex64 of shape (channels, frames, bins)."""

WORKERS = 2
"""Threads of one Fourier transform of many frames; more do not pay at the sizes used here."""


@dataclass(frozen=True, slots=True)
class StftSpec:
    """Size of a frame, distance of two frames (both in samples; `hop` divides `n_fft`, which is even) and window."""

    n_fft: int
    hop: int
    window: str = "hann"

    def __post_init__(self) -> None:
        if self.n_fft < 2 or self.n_fft % 2 or self.hop < 1 or self.n_fft % self.hop:
            raise ValueError(f"n_fft must be even and a multiple of hop, not {self.n_fft} and {self.hop}")

    @classmethod
    def at_rate(cls, sample_rate: int, n_fft_at_44100: int, overlap: int = 4) -> StftSpec:
        """Spec whose frame lasts about as long at `sample_rate` as `n_fft_at_44100` samples do at 44.1 kHz.

        The frame is a power of two of at least ``8 * overlap`` samples; frames start every ``n_fft / overlap`` samples.
        """
        exponent = round(math.log2(n_fft_at_44100 * sample_rate / 44100))
        n_fft = max(1 << max(exponent, 1), 8 * overlap)
        return cls(n_fft, n_fft // overlap)

    @property
    def bins(self) -> int:
        """Number of frequencies, 0 Hz and half the sample rate included."""
        return self.n_fft // 2 + 1

    def frames(self, samples: int) -> int:
        """Number of frames of a sound of `samples` samples."""
        return 1 + samples // self.hop if samples else 0

    def frequencies_hz(self, sample_rate: int) -> NDArray[np.float32]:
        """Centre of each bin in hertz."""
        return np.linspace(0, sample_rate / 2, self.bins, dtype=np.float32)


@lru_cache(maxsize=16)
def window_samples(spec: StftSpec) -> NDArray[np.float32]:
    """Periodic window of `spec`, float32 (n_fft,), read-only."""
    from scipy.signal import get_window

    window: NDArray[np.float32] = get_window(spec.window, spec.n_fft, fftbins=True).astype(np.float32)
    window.flags.writeable = False
    return window


def spectrum_of(source: Source, spec: StftSpec, first: int, last: int) -> Spectrum:
    """Frames `first` up to, not including, `last` of `source`: complex64 (channels, frames, bins)."""
    from scipy.fft import rfft

    if last <= first:
        return np.zeros((source.channels, 0, spec.bins), np.complex64)
    samples = source.read(first * spec.hop - spec.n_fft // 2, (last - first - 1) * spec.hop + spec.n_fft)
    frames = np.lib.stride_tricks.sliding_window_view(samples, spec.n_fft, axis=1)[:, :: spec.hop]
    spectrum: Spectrum = rfft(frames * window_samples(spec), axis=2, workers=WORKERS, overwrite_x=True)
    return spectrum


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumBlock:
    """Some frames of a stream with what surrounds them.

    `spectrum` holds the frames from number `low`; those from `first` up to `last` are the block's own, the others are
    context. Context is cut short only by the two ends of the sound.
    """

    first: int
    last: int
    low: int
    spectrum: Spectrum

    @property
    def own(self) -> Spectrum:
        """The block's own frames, a view."""
        return self.spectrum[:, self.own_slice]

    @property
    def own_slice(self) -> slice:
        """Where in `spectrum` the block's own frames are."""
        return slice(self.first - self.low, self.last - self.low)


def stream_stft(
    source: Source, spec: StftSpec, block_frames: int, before: int = 0, after: int = 0
) -> Iterator[SpectrumBlock]:
    """Walk the spectrum of `source` in blocks of frames, each with `before` and `after` frames of context.

    Each frame is transformed once; memory is bounded by one block and its context.
    """
    total = spec.frames(source.frames)
    kept, low = np.zeros((source.channels, 0, spec.bins), np.complex64), 0
    for first in range(0, total, block_frames):
        last = min(first + block_frames, total)
        start, end = max(0, first - before), min(total, last + after)
        have = low + kept.shape[1]
        kept = np.concatenate([kept[:, start - low :], spectrum_of(source, spec, have, end)], axis=1)
        low = start
        yield SpectrumBlock(first, last, low, kept)


class OverlapAdd:
    """The inverse transform of a stream of frames: spectra in, samples out, in order and without gaps.

    Parameters
    ----------
    spec : StftSpec
        `hop` at most a quarter of `n_fft`; wider steps leave the ends of a sound without weight.
    channels, length : int
        Shape of the sound.
    """

    def __init__(self, spec: StftSpec, channels: int, length: int) -> None:
        if 4 * spec.hop > spec.n_fft:
            raise ValueError(f"hop must be at most n_fft / 4 to invert, not {spec.hop} of {spec.n_fft}")
        self._spec, self._length = spec, length
        self._total = spec.frames(length)
        self._next = 0
        self._tail = np.zeros((channels, spec.n_fft - spec.hop), np.float32)

    @property
    def start(self) -> int:
        """First sample that the next `add` gives."""
        return min(max(0, self._next * self._spec.hop - self._spec.n_fft // 2), self._length)

    def add(self, spectrum: Spectrum) -> Samples:
        """Samples that become complete with these frames, float32 (channels, n); the last frame completes the sound."""
        from scipy.fft import irfft

        spec, count = self._spec, spectrum.shape[1]
        frames = irfft(spectrum, spec.n_fft, axis=2, workers=WORKERS)
        frames *= window_samples(spec)
        start, first = self.start, self._next
        padded = np.zeros((spectrum.shape[0], count * spec.hop + self._tail.shape[1]), np.float32)
        padded[:, : self._tail.shape[1]] = self._tail
        hops = padded.reshape(spectrum.shape[0], -1, spec.hop)
        for k in reversed(range(spec.n_fft // spec.hop)):
            # Oldest frame first, so that the sum rounds the same however the stream is cut.
            hops[:, k : k + count] += frames[:, :, k * spec.hop : (k + 1) * spec.hop]
        self._tail = padded[:, count * spec.hop :].copy()
        self._next += count
        end = self._length if self._next == self._total else self.start
        origin = first * spec.hop - spec.n_fft // 2
        done = padded[:, start - origin : end - origin]
        return np.ascontiguousarray(done / self._weight(first, hops.shape[1])[start - origin : end - origin])

    def _weight(self, first: int, hops: int) -> NDArray[np.float32]:
        """Sum of squared windows over `hops` steps from frame `first` on, of those frames that exist."""
        squared = window_samples(self._spec).reshape(-1, self._spec.hop).astype(np.float64) ** 2
        if first >= len(squared) and first + hops <= self._total:
            return np.tile(squared.sum(axis=0).astype(np.float32), hops)
        frame = first + np.arange(hops)[:, None] - np.arange(len(squared))
        exists = (frame >= 0) & (frame < self._total)
        weight = np.zeros((hops, self._spec.hop))
        for k, part in enumerate(squared):
            weight += exists[:, k : k + 1] * part
        return np.where(weight > 0, weight, 1).astype(np.float32).reshape(-1)


def stft(samples: Samples, spec: StftSpec) -> Spectrum:
    """Spectrum of `samples` (channels, n): complex64 (channels, bins, frames)."""
    source = AudioBuffer(samples, 1)
    return spectrum_of(source, spec, 0, spec.frames(source.frames)).swapaxes(1, 2)


def istft(spectrum: Spectrum, spec: StftSpec, length: int) -> Samples:
    """Inverse of `stft`: float32 (channels, length) from complex64 (channels, bins, frames)."""
    if spectrum.shape[2] != spec.frames(length):
        raise ValueError(f"{length} samples have {spec.frames(length)} frames, not {spectrum.shape[2]}")
    if not length:
        return np.zeros((spectrum.shape[0], 0), np.float32)
    return OverlapAdd(spec, spectrum.shape[0], length).add(spectrum.swapaxes(1, 2))
