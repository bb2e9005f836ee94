"""The linear-phase crossover between the low-frequency channel and the rest.

Both legs are symmetric impulse responses around time zero, so they need no delay to compensate; they sum to the
sound itself, sample by sample.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LFE_HZ = 120.0
"""Where the low-frequency channel ends (ITU-R BS.775-4, annex 7)."""

HALF_LENGTH_S = 0.040


def low_pass(crossover_hz: float, sample_rate: int) -> NDArray[np.float64]:
    """Return the low leg: float64 of odd length, its middle is time zero; 6 dB down at `crossover_hz`.

    A sinc in a Blackman window, about 70 Hz from its passband to its stopband, which is 74 dB down.
    """
    half = round(HALF_LENGTH_S * sample_rate)
    t = np.arange(-half, half + 1)
    taps = np.sinc(2 * crossover_hz / sample_rate * t) * np.blackman(2 * half + 1)
    return np.asarray(taps / taps.sum())


def high_pass(crossover_hz: float, sample_rate: int) -> NDArray[np.float64]:
    """Return the high leg: what `low_pass` leaves of the sound."""
    taps = -low_pass(crossover_hz, sample_rate)
    taps[len(taps) // 2] += 1.0
    return taps
