"""What lies around the selection on a grid: the nearest known cells on either side of each selected one.

Every function looks along the last axis; give a transposed array to look along the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.errors import BadInput

Number = TypeVar("Number", bound=np.generic)

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

    before: NDArray[np.int32]
    after: NDArray[np.int32]
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
    here = np.arange(known.shape[1], dtype=np.int32)
    before = np.maximum.accumulate(np.where(known, here, here.dtype.type(-1)), axis=1)
    after = np.minimum.accumulate(np.where(known, here, here.dtype.type(known.shape[1]))[:, ::-1], axis=1)[:, ::-1]
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
    share = near.share_after
    level = np.empty(power.shape, np.float32)
    counts = np.maximum(_trailing(known.astype(np.int32), reach), 1)
    counts_ahead = np.maximum(_trailing(known[:, ::-1].astype(np.int32), reach)[:, ::-1], 1)
    for index in np.ndindex(power.shape[:-2]):
        heard = power[index] * known
        before = gathered(_trailing(heard, reach) / counts, near.before)
        after = gathered(_trailing(heard[:, ::-1], reach)[:, ::-1] / counts_ahead, near.after)
        before, after = np.log2(before + _TINY), np.log2(after + _TINY)
        level[index] = np.exp2(before + share * (after - before))
    level[..., ~near.any] = np.nan
    return level


def gathered(values: NDArray[Number], index: NDArray[np.int32]) -> NDArray[Number]:
    """``values[row, index[row, k]]`` for every row and k."""
    rows, length = values.shape
    return np.ascontiguousarray(values).ravel()[index + np.arange(0, rows * length, length)[:, None]]


def _trailing(values: NDArray[Number], reach: int) -> NDArray[np.float32]:
    """Sum of each cell and the ``reach - 1`` before it along the row, not negative."""
    sums = np.cumsum(values, axis=1, dtype=np.float64)
    sums[:, reach:] -= sums[:, :-reach].copy()
    return np.maximum(sums, 0).astype(np.float32)


def no_surroundings() -> BadInput:
    """What a method says that finds nothing to learn from."""
    return BadInput(
        "The selection leaves nothing around it to learn from.", "Select less, so that good sound remains beside it."
    )
