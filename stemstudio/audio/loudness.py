"""Loudness by ITU-R BS.1770-5 (2023): integrated LUFS and true peak, streaming.

The weighting filter is applied in the frequency domain, block by block with overlap: its impulse response fades below
-120 dB within a tenth of a second, so the result is that of the recursive filter without its sample-by-sample loop.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks

_BLOCK_FRAMES = 1 << 16
_STEPS_PER_SECOND = 10  # gating blocks of 400 ms overlap by three quarters: sums over steps of 100 ms
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0

# Weights by BS.1770-5 table 4 for 1 to 8 channels in WAV order: 1.41 between 60 and 120 degrees, nothing for LFE.
_SIDE = 1.41
_WEIGHTS = (
    (1.0,),
    (1.0, 1.0),
    (1.0, 1.0, 1.0),
    (1.0, 1.0, _SIDE, _SIDE),
    (1.0, 1.0, 1.0, _SIDE, _SIDE),
    (1.0, 1.0, 1.0, 0.0, _SIDE, _SIDE),
    (1.0, 1.0, 1.0, 0.0, 1.0, _SIDE, _SIDE),
    (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, _SIDE, _SIDE),
)


def integrated_lufs(source: Source, reporter: Reporter | None = None) -> float:
    """Integrated loudness of `source` in LUFS; -inf where nothing passes the gate."""
    meter = LoudnessMeter(source.sample_rate, source.channels)
    for start, block in blocks(source, _BLOCK_FRAMES):
        meter.add(block)
        if reporter is not None:
            reporter.update((start + block.shape[1]) / source.frames)
    return meter.integrated_lufs()


def true_peak_dbtp(source: Source, reporter: Reporter | None = None) -> float:
    """Largest true peak over all channels in dBTP; -inf for silence."""
    meter = TruePeakMeter(source.channels)
    for start, block in blocks(source, _BLOCK_FRAMES):
        meter.add(block)
        if reporter is not None:
            reporter.update((start + block.shape[1]) / source.frames)
    return meter.dbtp()


class LoudnessMeter:
    """Integrated loudness of samples that come block by block, 1 to 8 channels in WAV order."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._rate, self._channels = sample_rate, channels
        self._weights = np.array(_WEIGHTS[channels - 1])
        self._history = sample_rate // 10
        size = 1 << 16
        while size < sample_rate:
            size *= 2
        self._steps = (size - self._history) * _STEPS_PER_SECOND // sample_rate
        self._response = _k_weighting(sample_rate, size).astype(np.complex64)
        self._size = size
        self._pending: list[Samples] = [np.zeros((channels, self._history), np.float32)]
        self._held = 0  # frames pending behind the history
        self._done = 0  # steps measured
        self._energies: list[NDArray[np.float64]] = []
        self._newest: NDArray[np.float64] | None = None

    def add(self, block: Samples) -> None:
        """Take in float32 (channels, n)."""
        self._pending.append(block)
        self._newest = None
        self._held += block.shape[1]
        if self._held >= self._frames_of(self._steps):
            self._measure()

    def integrated_lufs(self) -> float:
        """Loudness of all that was added so far; -inf where nothing passes the gate."""
        energies = np.concatenate([*self._energies, self._latest()])
        if len(energies) < 4:
            return -math.inf
        sums = np.cumsum(np.concatenate([[0.0], energies]))
        frames = np.diff(self._edge(np.array([0, 4])))[0]
        power = np.maximum(sums[4:] - sums[:-4], 0.0) / frames
        loud = power[power > _power(_ABSOLUTE_GATE_LUFS)]
        if not len(loud):
            return -math.inf
        gated = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
        return float(-0.691 + 10 * np.log10(gated.mean()))

    def latest_lufs(self, steps: int) -> float:
        """Loudness of the last `steps` tenths of a second, ungated: 4 is momentary, 30 short-term (EBU Tech 3341).

        -inf while less than that was added, and for silence.
        """
        energies = np.concatenate([*self._energies[-steps:], self._latest()])[-steps:]
        power = energies.sum() / (steps * self._rate / _STEPS_PER_SECOND)
        return float(-0.691 + 10 * np.log10(power)) if len(energies) == steps and power > 1e-12 else -math.inf

    def _measure(self) -> None:
        samples = self._joined()
        while samples.shape[1] - self._history >= (frames := self._frames_of(self._steps)):
            self._energies.append(self._weigh(samples[:, : self._history + frames]))
            self._done += self._steps
            samples = samples[:, frames:]
        self._pending = [samples.copy()]
        self._held = samples.shape[1] - self._history

    def _latest(self) -> NDArray[np.float64]:
        """Energies of the whole steps that wait to be measured."""
        if self._newest is None:
            self._newest = self._weigh(self._joined())
        return self._newest

    def _weigh(self, samples: Samples) -> NDArray[np.float64]:
        """Energy of each whole step behind the history, summed over the weighted channels."""
        frames = samples.shape[1] - self._history
        edges = self._edge(self._done + np.arange(self._steps + 1)) - self._edge(np.array([self._done]))[0]
        edges = edges[edges <= frames]
        if len(edges) < 2:
            return np.zeros(0)
        weighted = np.fft.irfft(np.fft.rfft(samples, self._size) * self._response, self._size)
        squares = weighted[:, self._history : self._history + edges[-1]] ** 2
        per_channel = np.add.reduceat(squares, edges[:-1], axis=1, dtype=np.float64)
        return np.asarray(self._weights @ per_channel)

    def _joined(self) -> Samples:
        return np.concatenate(self._pending, axis=1)

    def _frames_of(self, steps: int) -> int:
        edges = self._edge(np.array([self._done, self._done + steps]))
        return int(edges[1] - edges[0])

    def _edge(self, step: NDArray[np.int64]) -> NDArray[np.int64]:
        """First frame of each step; a tenth of a second need not be a whole number of frames."""
        return (step * self._rate + _STEPS_PER_SECOND // 2) // _STEPS_PER_SECOND


class TruePeakMeter:
    """True peak of samples that come block by block: the largest value between samples, oversampled four times."""

    def __init__(self, channels: int) -> None:
        self._peak = 0.0
        self._tail = np.zeros((channels, _TAPS), np.float32)
        self._matrix, self._gain = _interpolation_matrix()

    def add(self, block: Samples) -> None:
        """Take in float32 (channels, n)."""
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        joined = np.concatenate([self._tail, block], axis=1)
        rows = (joined.shape[1] - _TAPS) // _ROW
        if rows > 0:
            self._scan(joined[:, : rows * _ROW + _TAPS])
        self._tail = joined[:, rows * _ROW :].copy()

    def dbtp(self) -> float:
        """Largest true peak so far, in dB relative to full scale; -inf for silence."""
        padding = np.zeros((self._tail.shape[0], _TAPS + _ROW), np.float32)
        self._scan(np.concatenate([self._tail, padding], axis=1))
        return 20 * math.log10(self._peak) if self._peak > 0 else -math.inf

    def so_far_dbtp(self) -> float:
        """The same while more is to come: what ends in the middle of a wave has no peak there."""
        return 20 * math.log10(self._peak) if self._peak > 0 else -math.inf

    def _scan(self, samples: Samples) -> None:
        for channel in samples:
            rows = sliding_window_view(channel, _ROW + _TAPS)[::_ROW]
            whole = np.abs(channel[: len(channel) // _ROW * _ROW])
            while len(whole) > len(channel) // _ROW:
                whole = np.maximum(whole[::2], whole[1::2])
            reach = np.maximum(whole, np.maximum(np.append(whole[1:], 0), np.append(whole[2:], [0, 0])))[: len(rows)]
            # Loudest first: between samples the wave cannot rise above the largest of them times the filter's gain.
            order = np.flatnonzero(reach * self._gain > self._peak)
            order = order[np.argsort(-reach[order])]
            # Few rows at a time: a product this small stays on one thread, and waking others costs more than it saves.
            for first in range(0, len(order), 64):
                if reach[order[first]] * self._gain <= self._peak:
                    break
                between = rows[order[first : first + 64]] @ self._matrix
                self._peak = max(self._peak, float(between.max()), float(-between.min()))


_TAPS = 32
_ROW = 16


def _interpolation_matrix() -> tuple[NDArray[np.float32], float]:
    """Matrix from `_ROW` + `_TAPS` samples to the three points between each two of the `_ROW` in the middle."""
    matrix = np.zeros((_ROW + _TAPS, 3 * _ROW))
    gain = 0.0
    for phase in (1, 2, 3):
        distance = np.arange(_TAPS) - (_TAPS // 2 - 1) - phase / 4
        taps = np.sinc(distance) * np.i0(6.0 * np.sqrt(1 - (distance / (_TAPS / 2)) ** 2)) / np.i0(6.0)
        taps /= taps.sum()
        gain = max(gain, float(np.abs(taps).sum()))
        for row in range(_ROW):
            matrix[row : row + _TAPS, 3 * row + phase - 1] = taps
    return matrix.astype(np.float32), gain


def _k_weighting(sample_rate: int, size: int) -> NDArray[np.complex128]:
    """Response of the K-weighting at the frequencies of an FFT of `size` points.

    The two filters of BS.1770-5 are given for 48 kHz; their analogue prototypes (Mansbridge, Finn & Reiss, 2012, and
    the values that reproduce the recommendation's coefficients) give them at any rate by the bilinear transform.
    """
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    k = math.tan(math.pi * 1681.974450955533 / sample_rate)
    high, q = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    middle = high**0.4996667741545416
    shelf_zeros = (high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k)
    shelf = _ratio(z, shelf_zeros, (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k))
    k, q = math.tan(math.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    poles = (1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k)
    # The recommendation leaves the numerator of the high-pass unscaled.
    return shelf * _ratio(z, (1.0, -2.0, 1.0), tuple(each / poles[0] for each in poles))


def _ratio(z: NDArray[np.complex128], above: tuple[float, ...], below: tuple[float, ...]) -> NDArray[np.complex128]:
    return np.asarray(np.polyval(above[::-1], z) / np.polyval(below[::-1], z))


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))
