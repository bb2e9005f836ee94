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


def weights_of(parts: Parts, frames: Axis, hertz: Axis) -> Weights:
    """Weights of `parts` at ascending `frames` (n,) and `hertz` (m,): float32 (m, n), 0 outside their extent."""
    weights = np.zeros((len(hertz), len(frames)), np.float32)
    extent = extent_of(parts)
    rows = slice(np.searchsorted(hertz, extent.low_hz), np.searchsorted(hertz, extent.high_hz, "right"))
    columns = slice(np.searchsorted(frames, extent.first), np.searchsorted(frames, extent.last))
    part = weights[rows, columns]
    if part.size and not extent.is_empty:
        part[:] = _inside(parts, frames[columns], hertz[rows])
    return weights


def _inside(parts: Parts, frames: Axis, hertz: Axis) -> Weights:
    *earlier, last = parts
    before = tuple(earlier)
    if not isinstance(last, Part):
        return _adjusted(before, last, frames, hertz)
    if not before:
        return weights_of_shape(last.shape, frames, hertz)
    weights = weights_of(before, frames, hertz)
    other = weights_of_shape(last.shape, frames, hertz)
    match last.mode:
        case "add":
            return np.maximum(weights, other)
        case "subtract":
            return np.minimum(weights, 1 - other)
    return np.minimum(weights, other)


def weights_of_shape(shape: Shape, frames: Axis, hertz: Axis) -> Weights:
    """Weights of `shape`, evaluated only where it is."""
    weights = np.zeros((len(hertz), len(frames)), np.float32)
    bounds = shape.bounds
    rows = slice(np.searchsorted(hertz, bounds.low_hz), np.searchsorted(hertz, bounds.high_hz, "right"))
    columns = slice(np.searchsorted(frames, bounds.first), np.searchsorted(frames, bounds.last))
    part = weights[rows, columns]
    if part.size and not bounds.is_empty:
        part[:] = shape.weights(frames[columns], hertz[rows])
    return weights


def _adjusted(before: Parts, last: Grow | Feather, frames: Axis, hertz: Axis) -> Weights:
    box = lone_box(before)
    if box and isinstance(last, Feather):
        return last.box_weights(box.bounds, frames, hertz)

    def inner(frames: Axis, hertz: Axis) -> Weights:
        return weights_of(before, frames, hertz)

    return last.weights(inner, extent_of(before), frames, hertz)


def lone_box(parts: Parts) -> Box | None:
    """Return the box that `parts` are, if they are nothing else."""
    if len(parts) == 1 and isinstance(parts[0], Part) and isinstance(parts[0].shape, Box):
        return parts[0].shape
    return None


def placed_parts(parts: Parts, placement: Placement) -> Parts:
    """`parts`, moved and stretched."""
    return tuple([part.placed(placement) for part in parts])
