"""Cells of a spectrum as a shape: what the magic wand finds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemstudio.repair.extent import UNMOVED, Axis, Extent, Placement, Weights


@dataclass(frozen=True, slots=True)
class Cells:
    """Some cells of a grid of equal steps.

    Parameters
    ----------
    first_frame, hop_frames : float
        Middle of the first column and distance of two.
    low_hz, step_hz : float
        Middle of the lowest row and distance of two.
    columns, rows : int
    bits : bytes
        Row by row from the lowest, eight cells a byte (`numpy.packbits`).
    placement : Placement
        Where the grid was moved to.
    """

    first_frame: float
    hop_frames: float
    low_hz: float
    step_hz: float
    columns: int
    rows: int
    bits: bytes
    placement: Placement = UNMOVED

    @property
    def bounds(self) -> Extent:
        """See `Shape`."""
        low_hz = self.low_hz - self.step_hz
        first = self.placement.frame(self.first_frame - self.hop_frames)
        last = self.placement.frame(self.first_frame + self.columns * self.hop_frames)
        return Extent(
            math.floor(first),
            math.ceil(last) + 1,
            self.placement.hertz(low_hz) if low_hz > 0 else 0.0,
            self.placement.hertz(self.low_hz + self.rows * self.step_hz),
        )

    def weights(self, frames: Axis, hertz: Axis) -> Weights:
        """See `Shape`.

        1 all over a chosen cell, from its edge on falling to 0 at the middle of the next: a cell keeps its weight on
        any grid, and the outline of many runs smoothly.
        """
        across = (self.placement.undone_frames(frames) - self.first_frame) / self.hop_frames
        up = (self.placement.undone_hertz(hertz) - self.low_hz) / self.step_hz
        grid = _bitmap(self)
        return _between(_between(grid, up).T, across).T

    def placed(self, placement: Placement) -> Cells:
        """See `Shape`."""
        return replace(self, placement=placement.after(self.placement))


@lru_cache(maxsize=8)
def _bitmap(cells: Cells) -> Weights:
    """0 and 1, float32 (rows + 2, columns + 2): a ring of 0 around the cells."""
    flat = np.unpackbits(np.frombuffer(cells.bits, np.uint8), count=cells.rows * cells.columns)
    return np.pad(flat.reshape(cells.rows, cells.columns).astype(np.float32), 1)


def _between(grid: NDArray[np.float32], places: Axis) -> Weights:
    """Rows of a ringed `grid` at fractional `places`; linear in the outer half of the way from a 1 to a 0."""
    places = np.clip(places + 1, 0, len(grid) - 1)
    lower = np.minimum(places.astype(np.intp), len(grid) - 2)
    share = (places - lower).astype(np.float32)[:, None]
    out: Weights = grid[lower] * (1 - share) + grid[lower + 1] * share
    return np.minimum(2 * out, 1)
