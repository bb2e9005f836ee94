"""Gain that moves with time, given by points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.mixing.pan import SILENT_DB

Points = tuple[tuple[int, float], ...]
"""Frames in ascending order and the gain in dB at each."""


def gain_curve(points: Points, start: int, frames: int) -> NDArray[np.float32]:
    """Factor of each frame from `start` on, float32 (frames,).

    Straight in dB between two points; before the first and after the last point the gain stays at theirs. A point at or
    below `SILENT_DB` is silence. A frame's factor does not depend on the block in which it is asked for.
    """
    at, gain_db = np.array([point[0] for point in points]), np.array([point[1] for point in points])
    curve_db = np.interp(np.arange(start, start + frames), at, gain_db)
    return np.where(curve_db > SILENT_DB, 10 ** (curve_db / 20), 0.0).astype(np.float32)


def with_point(points: Points, frame: int, gain_db: float) -> Points:
    """`points` with one at `frame`, in place of one that is there already."""
    rest = [point for point in points if point[0] != frame]
    return tuple(sorted([*rest, (frame, gain_db)]))
