"""How loud a piece of sound is, for meters: peak and RMS. How a needle falls is the business of who draws it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemstudio.core.buffer import Samples


@dataclass(frozen=True, slots=True)
class Levels:
    """Largest magnitude and root mean square of each channel, linear; full scale is 1.0."""

    peak: tuple[float, ...]
    rms: tuple[float, ...]


SILENCE = Levels((0.0, 0.0), (0.0, 0.0))
"""The level of stereo silence."""


def level(samples: Samples) -> Levels:
    """Measure float32 (channels, frames); no frames are silence."""
    if samples.shape[1] == 0:
        return Levels((0.0,) * samples.shape[0], (0.0,) * samples.shape[0])
    peak = np.maximum(samples.max(axis=1), -samples.min(axis=1))
    power = np.einsum("cf,cf->c", samples, samples, dtype=np.float64) / samples.shape[1]
    return Levels(tuple(peak.tolist()), tuple(np.sqrt(power).tolist()))


def decibels(linear: float, floor_db: float = -120.0) -> float:
    """Return 20 log10 of a linear level, never below `floor_db`."""
    return max(floor_db, 20.0 * float(np.log10(linear))) if linear > 0.0 else floor_db
