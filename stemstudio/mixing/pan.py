"""Where a stem stands between the two loudspeakers, and how loud."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SILENT_DB = -120.0
"""At and below this gain a stem is silent and is not read; minus infinity is written as this number."""


def amplitude(gain_db: float) -> float:
    """Return the factor of a gain in dB; 0 at and below `SILENT_DB`."""
    return 10.0 ** (gain_db / 20.0) if gain_db > SILENT_DB else 0.0


def balance(pan: float) -> tuple[float, float]:
    """Return the factors of the left and the right channel for `pan` from -1 (left) to 1 (right).

    The channel that is moved towards stays as it is and the other falls along a quarter sine, so that the centre
    changes nothing at all and either end is silent on the far side. Stereo material keeps its channels apart: this is
    the balance of a hi-fi amplifier, not the pan pot of a mono channel.
    """
    pan = min(max(pan, -1.0), 1.0)
    left = math.sin(math.pi / 2 * (1.0 - max(pan, 0.0)))
    right = math.sin(math.pi / 2 * (1.0 + min(pan, 0.0)))
    return left, right


def constant_power(pan: float) -> tuple[float, float]:
    """Return the factors of both channels for `pan`: a quarter circle, 1 and 1 in the centre, 3 dB more at an end.

    What moves keeps its power, as on a mixing desk; a stem that is moved grows louder on the side that it moves to.
    """
    angle = math.pi / 4 * (1.0 + min(max(pan, -1.0), 1.0))
    return (1.0, 1.0) if pan == 0 else (math.sqrt(2) * math.cos(angle), math.sqrt(2) * math.sin(angle))


PAN_LAWS = {"balance": balance, "power": constant_power}


def gains(gain_db: float, pan: float, pan_law: str = "balance") -> NDArray[np.float32]:
    """Return the factors of both channels as float32 (2, 1), ready to multiply samples (2, frames)."""
    left, right = PAN_LAWS[pan_law](pan)
    level = amplitude(gain_db)
    return np.array([[level * left], [level * right]], np.float32)
