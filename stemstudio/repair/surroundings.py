"""What lies around the selection on a grid: the nearest known cells on either side of each selected one.

Every function looks along the last axis; give a transposed array to look along the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.errors import BadInput

_TINY = np.float32(1e-20)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """For each cell of a grid (rows, n) the nearest known cell before and after it along the row.

    Parameters
    ----------
    before, after : ndarray of int
        Index along the row; 0 and n - 1 where there is none.
    has_before, has_after : ndarray of bool
    """

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    has_before: NDArray[np.bool_]
    has_after: NDArray[np.bool_]

    @property
    def share_after(self) -> NDArray[np.float32]:
        """How far each cell is on the way from its neighbour before to the one after, 0..1."""
        here = np.arange(self.before.shape[1])
        way = np.maximum(self.after - self.before, 1)
        share = np.clip((here - self.before) / way, 0, 1).astype(np.float32)
        return np.where(self.has_before & self.has_after, share, np.where(self.has_after, 1, 0)).astype(np.float32)

    @property
    def any(self) -> NDArray[np.bool_]:
        """Where there is a neighbour on either side."""
        return self.has_before | self.has_after


def neighbours(known: NDArray[np.bool_]) -> Neighbours:
    """Find the neighbours of each cell of the grid `known` (rows, n)."""
    here = np.arange(known.shape[1])
    before = np.maximum.accumulate(np.where(known, here, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, here, known.shape[1])[:, ::-1], axis=1)[:, ::-1]
    last = known.shape[1] - 1
    return Neighbours(np.maximum(before, 0), np.minimum(after, last), before >= 0, after <= last)


def bridged_level(power: NDArray[np.float32], known: NDArray[np.bool_], reach: int) -> NDArray[np.float32]:
    """Power of what surrounds each cell, carried in decibels from one side to the other.

    Parameters
    ----------
    power : float32 (..., rows, n)
    known : bool (rows, n)
    reach : int
        Known cells of either side that are averaged.

    Returns
    -------
    float32 (..., rows, n)
        The mean of the nearer `reach` known cells before and after; NaN where there is none on either side.
    """
    near = neighbours(known)
    before, after = _side(power, known, reach, near.before), _side(power, known, reach, near.after, ahead=True)
    share = near.share_after
    level = np.exp((1 - share) * np.log(before + _TINY) + share * np.log(after + _TINY))
    return np.where(near.any, level, np.nan).astype(np.float32)


def _side(
    power: NDArray[np.float32], known: NDArray[np.bool_], reach: int, at: NDArray[np.intp], *, ahead: bool = False
) -> NDArray[np.float32]:
    """Mean of the known ones among the `reach` cells that end (`ahead`: that begin) at `at`."""
    pad = [(0, 0)] * (power.ndim - 1) + [(1, 0)]
    sums = np.pad(np.cumsum(power * known, axis=-1, dtype=np.float64), pad)
    counts = np.pad(np.cumsum(known, axis=-1), [(0, 0), (1, 0)])
    low = at if ahead else np.maximum(at + 1 - reach, 0)
    high = np.minimum(at + reach, power.shape[-1]) if ahead else at + 1
    low, high = (np.broadcast_to(index, power.shape) for index in (low, high))
    total = np.take_along_axis(sums, high, -1) - np.take_along_axis(sums, low, -1)
    count = np.take_along_axis(np.broadcast_to(counts, sums.shape), high, -1)
    count = count - np.take_along_axis(np.broadcast_to(counts, sums.shape), low, -1)
    mean: NDArray[np.float32] = (np.maximum(total, 0) / np.maximum(count, 1)).astype(np.float32)
    return mean


def no_surroundings() -> BadInput:
    """What a method says that finds nothing to learn from."""
    return BadInput(
        "The selection leaves nothing around it to learn from.", "Select less, so that good sound remains beside it."
    )
