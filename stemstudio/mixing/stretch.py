"""Another tempo and another key for all stems at once, on one grid.

A stretcher decides, cell by cell of the spectrum, how far to turn the phase of what it moves. Stems that are stretched
one by one are turned differently and no longer add up: measured with Rubber Band, alone or as channels of one call,
the sum of the stretched stems is 8 dB or less below the stretched sum. Here the turns are found once, in the sum of
all stems, and every stem is turned alike. That is a linear operation, so the stretched stems add up to the stretched
sum, to rounding, and every channel keeps its place.

The turns are those of a phase vocoder: the phase of a peak goes on from where it was by as much as it advanced in the
song over the same time (Puckette, 1995), the cells around a peak turn with it (Laroche and Dolson, 1999), and where a
sound begins nothing is turned, which keeps attacks sharp. The key is the speed of a resampler after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.folddown import fold_down
from stemstudio.spectral.stft import Spectrum, StftSpec, window_samples

TEMPO_LIMITS = (0.25, 4.0)
KEY_LIMITS = (-24.0, 24.0)

_FRAMES_AT_ONCE = 32
_RISE = 4.0  # in power: a cell that became 6 dB louder begins
_ONSET = 0.3  # share of the sum of magnitudes that is new where something begins


def stretched_frames(frames: int, tempo: float) -> int:
    """Length of a sound of `frames` frames at `tempo` times its speed."""
    return round(frames / tempo)


def stretched(
    sources: Sequence[Source], guide: Source, tempo: float = 1.0, semitones: float = 0.0
) -> Iterator[Samples]:
    """Play `sources` at `tempo` times their speed and `semitones` higher, turned as their `guide` has to be.

    Parameters
    ----------
    sources : sequence of Source
        Of one sample rate, each of one to eight channels, which are folded down to two.
    guide : Source
        The sum of all stems; `sources` may be some of them, or a mix.
    tempo : float
        Within `TEMPO_LIMITS`; 2 is twice as fast.
    semitones : float
        Within `KEY_LIMITS`.

    Yields
    ------
    float32 (2 * len(sources), n)
        The channels of all sources, passage after passage, `stretched_frames` in total.
    """
    ratio = 2.0 ** (semitones / 12)
    total, done = stretched_frames(guide.frames, tempo), 0
    passages = _vocoded(sources, guide, tempo / ratio)
    for passage in passages if semitones == 0.0 else _resampled(passages, guide.sample_rate, ratio):
        part = passage[:, : total - done]
        done += part.shape[1]
        if part.shape[1]:
            yield part
    if done < total:
        yield np.zeros((2 * len(sources), total - done), np.float32)


def _resampled(passages: Iterator[Samples], sample_rate: int, ratio: float) -> Iterator[Samples]:
    from soxr import ResampleStream

    converter: ResampleStream | None = None
    for passage in passages:
        converter = converter or ResampleStream(sample_rate * ratio, sample_rate, len(passage), "float32", "VHQ")
        yield np.ascontiguousarray(converter.resample_chunk(passage.T.copy()).T)
    if converter is not None:
        rest = converter.resample_chunk(np.zeros((0, passage.shape[0]), np.float32), last=True)
        yield np.ascontiguousarray(rest.T)


def _vocoded(sources: Sequence[Source], guide: Source, tempo: float) -> Iterator[Samples]:
    """Passages at another tempo, in order; the last ones may go beyond the end."""
    from scipy.fft import irfft

    spec = StftSpec.at_rate(guide.sample_rate, 4096)
    window = window_samples(spec)
    overlap = spec.n_fft // spec.hop
    turner = _Turner(spec.bins)
    tail = np.zeros((2 * len(sources), overlap - 1, spec.hop), np.float32)
    first, last = -overlap // 2, round(guide.frames / tempo) // spec.hop + overlap // 2 + 1
    for begin in range(first, last, _FRAMES_AT_ONCE):
        number = np.arange(begin, min(begin + _FRAMES_AT_ONCE, last))
        centres = np.rint(number * spec.hop * tempo).astype(np.int64)
        turns = turner.turns(_spectra([guide], spec, centres), _spectra([guide], spec, centres - spec.hop))
        frames = irfft(_spectra(sources, spec, centres) * turns, spec.n_fft, axis=2)
        frames *= window / (np.sum(window**2) / spec.hop)
        out = np.zeros((len(tail), len(number) + overlap - 1, spec.hop), np.float32)
        out[:, : overlap - 1] = tail
        for k in range(overlap):
            out[:, k : k + len(number)] += frames[:, :, k * spec.hop : (k + 1) * spec.hop]
        tail = out[:, len(number) :].copy()
        passage = out[:, : len(number)].reshape(len(out), -1)
        before = max(0, spec.n_fft // 2 - begin * spec.hop) if begin == first else 0
        yield passage[:, before:]


def _spectra(sources: Sequence[Source], spec: StftSpec, centres: NDArray[np.int64]) -> Spectrum:
    """Frames of stereo `sources` around `centres`: complex64 (2 * sources, frames, bins)."""
    from scipy.fft import rfft

    start = int(centres[0]) - spec.n_fft // 2
    length = int(centres[-1]) - int(centres[0]) + spec.n_fft
    samples = np.concatenate([fold_down(each.read(start, length)) for each in sources])
    frames = sliding_window_view(samples, spec.n_fft, axis=1)[:, centres - centres[0]]
    spectra: Spectrum = rfft(frames * window_samples(spec), axis=2, overwrite_x=True)
    return spectra


class _Turner:
    """Finds by how much each cell has to be turned, frame after frame."""

    def __init__(self, bins: int) -> None:
        self._before = np.zeros((2, bins), np.complex64)  # what was put out for the frame before

    def turns(self, now: Spectrum, earlier: Spectrum) -> NDArray[np.complex64]:
        """Turns for frames of the guide, given its frames one hop `earlier` in the song: complex64 (frames, bins)."""
        out = np.empty(now.shape[1:], np.complex64)
        for index in range(now.shape[1]):
            out[index] = self._turn(now[:, index], earlier[:, index])
            self._before = now[:, index] * out[index]
        return out

    def _turn(self, now: NDArray[np.complex64], earlier: NDArray[np.complex64]) -> NDArray[np.complex64]:
        power = now.real**2 + now.imag**2
        louder = np.argmax(power, axis=0)  # the channel that tells: the other may be silent there
        bins = np.arange(now.shape[1])
        summed, past = power.sum(axis=0), (earlier.real**2 + earlier.imag**2).sum(axis=0)
        peaks = _peaks(summed)
        turn = self._before[louder[peaks], peaks] * earlier[louder[peaks], peaks].conj()
        size = np.abs(turn)
        turn = np.where(size > 0, turn / np.where(size > 0, size, 1), 1)
        magnitude, magnitude_past = np.sqrt(summed), np.sqrt(past)
        if np.maximum(magnitude - magnitude_past, 0).sum() > _ONSET * magnitude.sum():
            turn = np.where(summed[peaks] > _RISE * past[peaks], 1, turn)
        borders = (peaks[1:] + peaks[:-1] + 1) // 2
        nearest: NDArray[np.complex64] = turn[np.searchsorted(borders, bins, side="right")]
        return nearest


def _peaks(power: NDArray[np.float32]) -> NDArray[np.int64]:
    """Bins louder than two neighbours on either side; at least one."""
    padded = np.pad(power, 2, constant_values=-1.0)
    inner = slice(2, -2)
    above = (padded[inner] >= padded[1:-3]) & (padded[inner] >= padded[:-4])
    found = np.flatnonzero(above & (padded[inner] > padded[3:-1]) & (padded[inner] > padded[4:]))
    return found if len(found) else np.array([int(np.argmax(power))])
