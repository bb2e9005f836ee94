"""Growing, shrinking and feathering whatever is selected so far.

Both work with rectangles, so many frames wide and so many octaves high: a box stays a box, and soft edges stay as soft
as they were. They need the surroundings of a point, hence a lattice of their own, an eighth of the adjustment fine and
anchored at frame 0 and 1 Hz: what is asked for on a finer or coarser grid is read between its points, so the result
does not hang on the grid that asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stemstudio.repair.extent import Axis, Extent, Placement, Weights, octaves

Evaluate = Callable[[Axis, Axis], Weights]

_STEPS = 8
_NOTHING = 1e-5
"""Of a frame or an octave: less is an accident of rounding."""
_MOST_CELLS = 500_000
"""Where a view of an hour would need more, the lattice is coarser, a few pixels at most."""


@dataclass(frozen=True, slots=True)
class Grow:
    """Take in what is at most so many frames and octaves away; leave out, where negative, what is so near the edge."""

    frames: float
    octaves: float

    def placed(self, placement: Placement) -> Grow:
        """Return it, stretched with what it is applied to."""
        return Grow(self.frames * placement.frame_scale, self.octaves * placement.octave_scale)

    def extent(self, inner: Extent) -> Extent:
        """Extent of what has the extent `inner` before."""
        return inner.widened(self.frames, self.octaves)

    def weights(self, inner: Evaluate, extent: Extent, frames: Axis, hertz: Axis) -> Weights:
        """Weights of `inner`, which has that extent, adjusted: float32 (m, n) at ascending `frames`, `hertz`."""
        rulers = _rulers(extent, frames, hertz, self.frames, self.octaves)
        return _on_lattice(inner, hertz, *rulers, _reached)


@dataclass(frozen=True, slots=True)
class Feather:
    """Let the weight fall to 0 over so many frames and octaves around the selection, which itself keeps its weight."""

    frames: float
    octaves: float

    def placed(self, placement: Placement) -> Feather:
        """Return it, stretched with what it is applied to."""
        return Feather(self.frames * placement.frame_scale, self.octaves * placement.octave_scale)

    def extent(self, inner: Extent) -> Extent:
        """See `Grow.extent`."""
        return inner.widened(self.frames, self.octaves)

    def weights(self, inner: Evaluate, extent: Extent, frames: Axis, hertz: Axis) -> Weights:
        """See `Grow.weights`."""
        rulers = _rulers(extent, frames, hertz, self.frames, self.octaves)
        return _on_lattice(inner, hertz, *rulers, _faded)

    def box_weights(self, box: Extent, frames: Axis, hertz: Axis) -> Weights:
        """Weights of a lone box, exactly: one profile in time by one in frequency."""
        across = _ramp(np.maximum(box.first - frames, frames - box.last + 1), self.frames)
        low, high = octaves(box.low_hz), octaves(box.high_hz)
        up = _ramp(np.maximum(low - octaves(hertz), octaves(hertz) - high), self.octaves)
        return (up[:, None] * across).astype(np.float32)


def _ramp(outside: Axis, width: float) -> Axis:
    """1 where `outside` is not positive, falling to 0 as a step that was smoothed with a triangle of `width`."""
    if width < _NOTHING:
        return (outside <= 0).astype(np.float64)
    x = np.clip(1 - outside / width, 0, 1)
    return np.where(x < 0.5, 2 * x * x, 1 - 2 * (1 - x) ** 2)


def _reached(values: Weights, cells: int, axis: int) -> Weights:
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    pick = maximum_filter1d if cells > 0 else minimum_filter1d
    out: Weights = pick(values, 2 * abs(cells) + 1, axis, mode="nearest")
    return out


def _faded(values: Weights, cells: int, axis: int) -> Weights:
    from scipy.ndimage import uniform_filter1d

    # Grown by half the feather and then smoothed over as much on either side, so that nothing selected loses weight.
    half = cells // 2
    values = _reached(values, cells - half, axis)
    if half:
        # Two boxes make a triangle; one of even width lies half a step off, the other makes up for it.
        for origin in (0, half % 2 - 1):
            values = uniform_filter1d(values, half, axis, mode="nearest", origin=origin)
        # Its running sums round to a little less than nothing.
        np.clip(values, 0, 1, out=values)
    return values


def _rulers(
    extent: Extent, frames: Axis, hertz: Axis, frame_reach: float, octave_reach: float
) -> tuple[_Ruler, _Ruler]:
    """Both axes of the lattice, fine enough for what is adjusted and not too fine for what is asked for."""
    height = float(octaves(min(extent.high_hz, 1e6)) - octaves(extent.low_hz))
    across, up = _Ruler(frames, frame_reach, extent.frames), _Ruler(octaves(hertz), octave_reach, height)
    while across.size * up.size > _MOST_CELLS and (across.can_widen or up.can_widen):
        longer = across if across.can_widen and (across.size >= up.size or not up.can_widen) else up
        longer.widen()
    return across, up


def _on_lattice(
    inner: Evaluate, hertz: Axis, across: _Ruler, up: _Ruler, adjust: Callable[[Weights, int, int], Weights]
) -> Weights:
    values = inner(across.points, 2.0**up.points if up.cells else hertz)
    if up.cells:
        values = up.read(adjust(_joined(values), up.cells, 0))
    if across.cells:
        values = across.read(adjust(_joined(values.T).T, across.cells, 1).T).T
    return values


def _joined(values: Weights) -> Weights:
    """Means of pairs of rows: a point of the lattice knows how much of its surroundings lies inside an edge."""
    joined: Weights = (values[0::2] + values[1::2]) * np.float32(0.5)
    return joined


class _Ruler:
    """One axis of the lattice: the points that are asked for if nothing is to be adjusted along it."""

    def __init__(self, asked: Axis, reach: float, length: float) -> None:
        self._asked, self._reach = asked, reach
        # Not so coarse either that something of that length falls between two points.
        self._step = abs(reach) / max(_STEPS, math.ceil(_STEPS * abs(reach) / max(length, 1e-6)))
        if abs(reach) < _NOTHING:
            self._step = 0.0

    @property
    def cells(self) -> int:
        """Steps of the adjustment, with its sign."""
        return round(self._reach / self._step) if self._step > 0 else 0

    @property
    def _first(self) -> int:
        return int(np.floor(self._asked[0] / self._step)) - abs(self.cells) - 1

    @property
    def size(self) -> int:
        """Number of points of the lattice."""
        if not self.cells:
            return len(self._asked)
        return int(np.ceil(self._asked[-1] / self._step)) + abs(self.cells) + 2 - self._first

    @property
    def can_widen(self) -> bool:
        return self.cells != 0

    def widen(self) -> None:
        """Take every second point; what is adjusted by less than half a step then is not adjusted."""
        self._step *= 2

    @property
    def points(self) -> Axis:
        """Places to evaluate: two about each point of the lattice."""
        if not self.cells:
            return self._asked
        halves = 2 * self._first + np.arange(2 * self.size)
        return np.asarray((halves * 0.5 - 0.25) * self._step, np.float64)

    def read(self, values: Weights) -> Weights:
        """Rows of `values` (size, k) at the places asked for, linear between two points."""
        place = self._asked / self._step - self._first
        lower = np.minimum(place.astype(np.intp), self.size - 2)
        share = (place - lower).astype(np.float32)[:, None]
        out: Weights = values[lower] * (1 - share) + values[lower + 1] * share
        return out
