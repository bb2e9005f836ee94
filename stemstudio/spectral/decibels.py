"""Power as one byte: 0 is -120 dB or less, each step is half a decibel, 255 is +7.5 dB.

0 dB is the power of a full-scale sine. Half a decibel is finer than any colour table shows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FLOOR_DB = -120.0
STEP_DB = 0.5
TOP_DB = FLOOR_DB + 255 * STEP_DB

_STEPS_PER_OCTAVE = np.float32(10 * math.log10(2) / STEP_DB)
_SMALLEST = np.float32(1e-13)


def encode(power: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Bytes for non-negative float32 powers (1.0 is a full-scale sine), any shape."""
    steps = np.maximum(power, _SMALLEST)
    np.log2(steps, out=steps)
    steps *= _STEPS_PER_OCTAVE
    steps += np.float32(0.5 - FLOOR_DB / STEP_DB)
    np.clip(steps, 0, 255, out=steps)
    return steps.astype(np.uint8)


def decode(code: int) -> float:
    """Decibels of one byte."""
    return FLOOR_DB + code * STEP_DB


def position(db: float) -> float:
    """Where `db` lies on the scale of bytes, not rounded and not clipped."""
    return (db - FLOOR_DB) / STEP_DB
