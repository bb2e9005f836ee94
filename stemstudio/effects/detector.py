"""How loud it is right now: the level that dynamics listen to, the same for all channels, so that the image stays."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.effects.biquads import Biquads, high_pass
from stemstudio.effects.effect import Real, decibels
from stemstudio.effects.history import History


class PeakLevel:
    """Largest magnitude over all channels and the last `window_s` seconds, in dB.

    Half a period of a tone and more in the window gives its true level without ripple, at once; a follower behind it
    then has exactly the times that it was set to.

    Parameters
    ----------
    sample_rate : int
    window_s : float
        0.01 s suits tones from 50 Hz on.
    low_cut_hz : float
        Below this the level is deaf; 20 Hz and less leaves all in.
    """

    def __init__(self, sample_rate: int, window_s: float = 0.01, low_cut_hz: float = 20.0) -> None:
        self._window = max(1, round(window_s * sample_rate))
        self._history = History(self._window - 1, dtype=np.float64)
        self._filter = Biquads([high_pass(low_cut_hz, sample_rate)]) if low_cut_hz > 20.0 else None

    @property
    def window_frames(self) -> int:
        """Length of the window."""
        return self._window

    def level_db(self, block: Samples) -> Real:
        """Return the level of each frame of float32 (channels, n); float64 (n,), never below -200 dB."""
        from stemstudio.effects.kernels.envelope import sliding_max

        heard = block if self._filter is None else self._filter.process(block)
        return decibels(sliding_max(self._history.joined(np.abs(heard).max(axis=0)), self._window))

    def reset(self) -> None:
        """Forget all."""
        self._history.reset()
        if self._filter is not None:
            self._filter.reset()


class Follower:
    """Attack and release: goes from `start` towards a target by 63 % in `rise_ms` or `fall_ms`."""

    def __init__(self, rise_ms: float, fall_ms: float, sample_rate: int, start: float = 0.0) -> None:
        self._rise = _factor(rise_ms, sample_rate)
        self._fall = _factor(fall_ms, sample_rate)
        self._start = start
        self._state = np.full(1, start)

    def follow(self, target: Real) -> Real:
        """Return the smoothed `target` (n,)."""
        from stemstudio.effects.kernels.envelope import follow

        return follow(target, self._rise, self._fall, self._state)

    def reset(self) -> None:
        """Go back to the start."""
        self._state[0] = self._start


def _factor(ms: float, sample_rate: int) -> float:
    return float(np.exp(-1000.0 / (ms * sample_rate))) if ms > 0 else 0.0


class MovingAverage:
    """Mean of the last `frames` values of a stream, zeros at first."""

    def __init__(self, frames: int) -> None:
        self._ring: Real = np.zeros(max(1, frames))
        self._sum: Real = np.zeros(1)
        self._place = np.zeros(1, np.int64)

    def average(self, values: Real) -> Real:
        """Return float64 (n,) of float64 (n,)."""
        from stemstudio.effects.kernels.envelope import moving_average

        return moving_average(values, self._ring, self._sum, self._place)

    def reset(self) -> None:
        """Forget all."""
        self._ring[:] = 0
        self._sum[:] = 0
        self._place[:] = 0
