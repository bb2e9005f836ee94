"""A stereo sound in three parts that a room can use: what stands in the middle, what stands aside, and its own room.

In every cell of a short-time spectrum the powers of both channels and of what they share are averaged over about 0.2 s.
With as much ambience in the left channel as in the right, and unlike in both, its power is the smaller eigenvalue of
their covariance (Merimaa, Goodwin and Jot, 2007, eq. 21); each channel gets a mask that leaves ambience of that power.
Of the rest, what is alike in both channels stands in the middle (the panning similarity of Avendano and Jot, 2004).
What stands aside is the difference, so the three parts add up to the sound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.block_grid import BlockGrid
from stemstudio.mixing.folddown import fold_down
from stemstudio.spectral.stft import Spectrum, StftSpec, spectrum_of, window_samples

PARTS = ("center", "sides", "ambience")
"""Names of the three parts, which are kinds of stems."""

_AVERAGED = 8  # frames to either side
_ASIDE, _MIDDLE = 0.8, 0.98
"""Similarities of channels that differ by 6 dB, and by 1.7 dB: less alike stands aside, more alike in the middle."""

_BLOCK_HOPS = 64
_NOTHING = 1e-20

Powers = NDArray[np.float32]


def split(source: Source) -> dict[str, Source]:
    """Return the parts of `source` by name, each a stereo source of its length; computed as they are read."""
    whole = _Split(source)
    return {name: _Part(whole, slice(2 * index, 2 * index + 2)) for index, name in enumerate(PARTS)}


class _Split:
    def __init__(self, source: Source) -> None:
        self.source = _Stereo(source)
        self.spec = StftSpec.at_rate(source.sample_rate, 2048)
        self.grid = BlockGrid(2 * len(PARTS), _BLOCK_HOPS * self.spec.hop, self._make)

    def _make(self, number: int) -> Samples:
        spec = self.spec
        around = spec.n_fft // spec.hop // 2  # frames that reach into the block from either side
        first, last = number * _BLOCK_HOPS - around + 1, (number + 1) * _BLOCK_HOPS + around
        spectrum = spectrum_of(self.source, spec, first - _AVERAGED, last + _AVERAGED)
        ambience_masks, middle_mask = _masks(spectrum)
        own = spectrum[:, _AVERAGED:-_AVERAGED]
        ambience = ambience_masks * own
        middle = middle_mask * (own - ambience).mean(axis=0)
        made = _overlapped(np.stack([middle, *ambience]), spec)
        start, frames = number * self.grid.block_frames, self.grid.block_frames
        begin = start - (first * spec.hop - spec.n_fft // 2)  # the first frame begins half its length before its centre
        made = made[:, begin : begin + frames]
        center, room = made[[0, 0]], made[1:]
        return np.concatenate([center, self.source.read(start, frames) - center - room, room])


class _Stereo:
    """A source of any number of channels, on two."""

    channels = 2

    def __init__(self, source: Source) -> None:
        self._source = source
        self.sample_rate, self.frames = source.sample_rate, source.frames

    def read(self, start: int, frames: int) -> Samples:
        return fold_down(self._source.read(start, frames))


class _Part:
    channels = 2

    def __init__(self, whole: _Split, rows: slice) -> None:
        self._whole, self._rows = whole, rows
        self.sample_rate, self.frames = whole.source.sample_rate, whole.source.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        return self._whole.grid.read(start, frames, 0, self.frames, self._rows)


def _masks(spectrum: Spectrum) -> tuple[Powers, Powers]:
    """Masks of the ambience in both channels (2, frames, bins) and of the middle in the rest (frames, bins)."""
    left, right = spectrum
    both = left * right.conj()
    powers = [each.real**2 + each.imag**2 for each in (left, right)]
    averaged = _averaged(np.stack([*powers, both.real, both.imag]))
    a, b, shared = averaged[0] + _NOTHING, averaged[1] + _NOTHING, averaged[2] ** 2 + averaged[3] ** 2
    ambience = np.maximum((a + b - np.sqrt((a - b) ** 2 + 4 * shared)) / 2, 0)
    similarity = 2 * np.maximum(averaged[2], 0) / np.maximum(a + b - 2 * ambience, _NOTHING)
    middle = np.clip((similarity - _ASIDE) / (_MIDDLE - _ASIDE), 0, 1)
    return np.sqrt(np.minimum(ambience / np.stack([a, b]), 1)), middle


def _averaged(powers: Powers) -> Powers:
    """Weighted mean over the frames around each: (kinds, frames, bins) with `_AVERAGED` frames less at either end."""
    frames = powers.shape[1] - 2 * _AVERAGED
    weights = np.hanning(2 * _AVERAGED + 3)[1:-1].astype(np.float32)
    mean = np.zeros((len(powers), frames, powers.shape[2]), np.float32)
    for first, weight in enumerate(weights / weights.sum()):
        mean += weight * powers[:, first : first + frames]
    return mean


def _overlapped(spectrum: Spectrum, spec: StftSpec) -> Samples:
    """Sum of the windowed frames; whole where `n_fft / hop` of them overlap: float32 (channels, samples)."""
    from scipy.fft import irfft

    frames = irfft(spectrum, spec.n_fft, axis=2)
    window = window_samples(spec)
    frames *= window / (np.sum(window**2) / spec.hop)
    count, overlap = frames.shape[1], spec.n_fft // spec.hop
    out = np.zeros((frames.shape[0], count + overlap - 1, spec.hop), np.float32)
    for k in range(overlap):
        out[:, k : k + count] += frames[:, :, k * spec.hop : (k + 1) * spec.hop]
    return out.reshape(frames.shape[0], -1)
