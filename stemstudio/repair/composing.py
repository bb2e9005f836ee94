"""Several shapes as one: added, subtracted, intersected in order, and adjusted on the way.

Soft weights stay soft: adding takes the larger, intersecting the smaller, subtracting the smaller of what is there and
one minus what is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stemstudio.repair.adjusting import Feather, Grow
from stemstudio.repair.extent import NOTHING, Axis, Extent, Placement, Weights
from stemstudio.repair.shapes import Box, Shape

MODES = ("add", "subtract", "intersect")


@dataclass(frozen=True, slots=True)
class Part:
    """A shape and what it does to the parts before it: one of `MODES`."""

    mode: str
    shape: Shape

    def placed(self, placement: Placement) -> Part:
        """Return it, moved and stretched."""
        return replace(self, shape=self.shape.placed(placement))


Parts = tuple[Part | Grow | Feather, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A whole selection as one shape of another."""

    parts: Parts

    @property
    def bounds(self) -> Extent:
        """See `Shape`."""
        return extent_of(self.parts)

    def weights(self, frames: Axis, hertz: Axis) -> Weights:
        """See `Shape`."""
        return weights_of(self.parts, frames, hertz)

    def placed(self, placement: Placement) -> Group:
        """See `Shape`."""
        return Group(placed_parts(self.parts, placement))


def extent_of(parts: Parts) -> Extent:
    """Where `parts` have weight, at most; as `Shape.bounds` not limited to half the sample rate."""
    extent = NOTHING
    for part in parts:
        if not isinstance(part, Part):
            extent = part.extent(extent)
        elif part.mode == "add":
            extent = extent.joined(part.shape.bounds)
        elif part.mode == "intersect":
            extent = extent.overlap(part.shape.bounds)
        elif isinstance(part.shape, Box):
            extent = _cut(extent, part.shape.bounds)
        if extent.is_empty:
            extent = NOTHING
    return extent


def _cut(extent: Extent, box: Extent) -> Extent:
    """What is left of `extent` without `box`, where that still is a box."""
    first, last, low_hz, high_hz = extent.first, extent.last, extent.low_hz, extent.high_hz
    if box.low_hz <= low_hz and high_hz <= box.high_hz:
        if box.first <= first:
            first = max(first, box.last)
        if last <= box.last:
            last = min(last, box.first)
    elif box.first <= first and last <= box.last:
        if box.low_hz <= low_hz:
            low_hz = max(low_hz, box.high_hz)
        if high_hz <= box.high_hz:
            high_hz = min(high_hz, box.low_hz)
    return Extent(first, last, low_hz, high_hz)


def layers(parts: Parts) -> int:
    """How deep the evaluation of `parts` goes: groups in groups and adjustments of adjustments."""
    inner = [layers(part.shape.parts) for part in parts if isinstance(part, Part) and isinstance(part.shape, Group)]
    return 1 + sum(not isinstance(part, Part) for part in parts) + max(inner, default=0)


def weights_of(parts: Parts, frames: Axis, hertz: Axis) -> Weights:
    """Weights of `parts` at ascending `frames` (n,) and `hertz` (m,): float32 (m, n), 0 outside their extent."""
    adjusted = max((k for k, part in enumerate(parts) if not isinstance(part, Part)), default=-1)
    weights = np.zeros((len(hertz), len(frames)), np.float32)
    if adjusted >= 0:
        _adjust(parts[:adjusted], parts[adjusted], frames, hertz, weights)
    for part in parts[adjusted + 1 :]:
        assert isinstance(part, Part)
        _combine(part, frames, hertz, weights)
    return weights


def _combine(part: Part, frames: Axis, hertz: Axis, weights: Weights) -> None:
    rows, columns = window(part.shape.bounds, frames, hertz)
    there = weights[rows, columns]
    shape = part.shape.weights(frames[columns], hertz[rows]) if there.size else there
    match part.mode:
        case "add":
            np.maximum(there, shape, out=there)
        case "subtract":
            np.minimum(there, 1 - shape, out=there)
        case _:
            kept = np.minimum(there, shape)
            weights[:] = 0
            there[:] = kept


def _adjust(before: Parts, last: Part | Grow | Feather, frames: Axis, hertz: Axis, weights: Weights) -> None:
    assert not isinstance(last, Part)
    extent = extent_of(before)
    rows, columns = window(last.extent(extent), frames, hertz)
    there = weights[rows, columns]
    if not there.size:
        return
    box = lone_box(before)
    if box and isinstance(last, Feather):
        there[:] = last.box_weights(box.bounds, frames[columns], hertz[rows])
        return

    def inner(frames: Axis, hertz: Axis) -> Weights:
        return weights_of(before, frames, hertz)

    there[:] = last.weights(inner, extent, frames[columns], hertz[rows])


def window(extent: Extent, frames: Axis, hertz: Axis) -> tuple[slice, slice]:
    """Rows and columns of a grid that lie in `extent`."""
    if extent.is_empty:
        return slice(0, 0), slice(0, 0)
    rows = slice(int(np.searchsorted(hertz, extent.low_hz)), int(np.searchsorted(hertz, extent.high_hz, "right")))
    return rows, slice(int(np.searchsorted(frames, extent.first)), int(np.searchsorted(frames, extent.last)))


def lone_box(parts: Parts) -> Box | None:
    """Return the box that `parts` are, if they are nothing else."""
    if len(parts) == 1 and isinstance(parts[0], Part) and isinstance(parts[0].shape, Box):
        return parts[0].shape
    return None


def placed_parts(parts: Parts, placement: Placement) -> Parts:
    """`parts`, moved and stretched."""
    return tuple([part.placed(placement) for part in parts])
