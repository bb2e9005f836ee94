"""Four times the sample rate, for what happens between the samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.effects.history import History

FACTOR = 4
LATENCY_FRAMES = 16
"""Of either direction."""
_REACH = FACTOR * LATENCY_FRAMES  # to either side of the middle of the filter, in samples of the high rate
_CLEAN = 7.0  # images 70 dB down
_COUNT = 36  # taps of a phase, filled up with zeros in front to a multiple of four


class Upsampler:
    """`FACTOR` values for every sample of a stream, the first of them the sample itself, late by `LATENCY_FRAMES`.

    Parameters
    ----------
    channels : int
    beta : float
        Of Kaiser's window: higher keeps images out better, lower keeps more of the topmost octave.
    """

    def __init__(self, channels: int, beta: float = _CLEAN) -> None:
        self._history = History(_COUNT - 1, channels)
        self._taps = _up_taps(beta)

    def up(self, block: Samples) -> Samples:
        """Return float32 (channels, FACTOR, n) of float32 (channels, n)."""
        from stemstudio.effects.kernels.fir import correlate

        return correlate(self._history.joined(block), self._taps)

    def reset(self) -> None:
        """Forget all."""
        self._history.reset()


class Downsampler:
    """The way back: another `LATENCY_FRAMES` late."""

    def __init__(self, channels: int) -> None:
        self._histories = [History(_COUNT - 1, channels) for _ in range(FACTOR)]
        self._taps = _down_taps()

    def down(self, dense: Samples) -> Samples:
        """Return float32 (channels, n) of float32 (channels, FACTOR, n)."""
        from stemstudio.effects.kernels.fir import correlate

        parts = (
            correlate(history.joined(np.ascontiguousarray(dense[:, phase])), self._taps[phase : phase + 1])[:, 0]
            for phase, history in enumerate(self._histories)
        )
        total: Samples = np.sum(list(parts), axis=0)
        return total

    def reset(self) -> None:
        """Forget all."""
        for history in self._histories:
            history.reset()


def _prototype(beta: float) -> NDArray[np.float64]:
    """Low-pass at the old Nyquist frequency; every fourth value but the middle is 0, so samples stay as they are."""
    place = np.arange(-_REACH, _REACH + 1)
    return np.sinc(place / FACTOR) * np.kaiser(len(place), beta)


def _tap(index: int, beta: float) -> float:
    prototype = _prototype(beta)
    return float(prototype[index]) if 0 <= index < len(prototype) else 0.0


def _up_taps(beta: float) -> NDArray[np.float32]:
    last = _COUNT - 1
    rows = [[_tap(FACTOR * (last - k) + phase, beta) for k in range(_COUNT)] for phase in range(FACTOR)]
    taps = np.array(rows)
    taps /= taps.sum(axis=1, keepdims=True)
    return taps.astype(np.float32)


def _down_taps() -> NDArray[np.float32]:
    """Taps for each phase of the dense stream; phase 0 belongs to this sample, the others to the one before."""
    last = _COUNT - 1
    rows = []
    for phase in range(FACTOR):
        offset = (FACTOR - phase) % FACTOR
        rows.append([_tap(FACTOR * (last - k - (offset > 0)) + offset, _CLEAN) / FACTOR for k in range(_COUNT)])
    return np.array(rows).astype(np.float32)
