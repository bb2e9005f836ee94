"""The shapes that selections are made of: box, polygon, brush stroke and cells.

A shape is a function of time and frequency with values from 0 to 1, given on any grid. Between two points it runs
straight over frames and the logarithm of frequency: that is the scale on which a person draws, and a lasso's points lie
so close that other scales see the same line. Frequencies below 1 Hz count as 1 Hz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from stemstudio.repair.extent import NOTHING, Axis, Extent, Placement, Weights, octaves

Points = tuple[tuple[float, float], ...]
"""Pairs of (frame, hertz)."""

BELOW_HZ = 0.5
"""Where points below 1 Hz are put, so that the cell of 0 Hz lies inside."""


class Shape(Protocol):
    """Something with a weight at every time and frequency."""

    @property
    def bounds(self) -> Extent:
        """Where the weight is not 0; infinite above where the shape is open to half the sample rate."""
        ...

    def weights(self, frames: Axis, hertz: Axis) -> Weights:
        """Weights at ascending `frames` (n,) and `hertz` (m,): float32 (m, n) in 0..1."""
        ...

    def placed(self, placement: Placement) -> Self:
        """Return this shape, moved and stretched."""
        ...


@dataclass(frozen=True, slots=True)
class Box:
    """Frames from `first` up to `last`; hertz from `low_hz` to `high_hz`, infinite if open to half the sample rate."""

    first: int
    last: int
    low_hz: float
    high_hz: float

    @property
    def bounds(self) -> Extent:
        """See `Shape`."""
        return Extent(self.first, self.last, self.low_hz, self.high_hz)

    def weights(self, frames: Axis, hertz: Axis) -> Weights:
        """See `Shape`."""
        across = (frames >= self.first) & (frames < self.last)
        up = (hertz >= self.low_hz) & (hertz <= self.high_hz)
        return (up[:, None] & across).astype(np.float32)

    def placed(self, placement: Placement) -> Box:
        """See `Shape`."""
        first, last = round(placement.frame(self.first)), round(placement.frame(self.last))
        return Box(first, max(last, first + 1), placement.hertz(self.low_hz), placement.hertz(self.high_hz))


@dataclass(frozen=True, slots=True)
class Polygon:
    """The inside of a closed line through `points`.

    A line that crosses itself encloses all that it winds around (the nonzero rule): a hasty lasso has no holes.
    """

    points: Points

    @property
    def bounds(self) -> Extent:
        """See `Shape`."""
        return _around(self.points) if len(self.points) > 2 else NOTHING

    def weights(self, frames: Axis, hertz: Axis) -> Weights:
        """See `Shape`.

        Each edge marks the columns that it crosses with the direction of the crossing, at the first row above it; the
        sum from below then is the winding number.
        """
        x0, hz = np.array(self.points, np.float64).T
        y0 = np.log2(hz)
        x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
        start = np.searchsorted(frames, np.minimum(x0, x1))
        count = np.searchsorted(frames, np.maximum(x0, x1)) - start
        edge = np.repeat(np.arange(len(x0)), count)
        column = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count - start, count)
        crossing = y0[edge] + (frames[column] - x0[edge]) / (x1 - x0)[edge] * (y1 - y0)[edge]
        row = np.searchsorted(octaves(hertz), crossing)
        winding = np.zeros((len(hertz) + 1, len(frames)), np.int16)
        np.add.at(winding, (row, column), np.where(x1 > x0, np.int16(1), np.int16(-1))[edge])
        np.cumsum(winding, axis=0, out=winding)
        inside: Weights = (winding[:-1] != 0).astype(np.float32)
        return inside

    def placed(self, placement: Placement) -> Polygon:
        """See `Shape`."""
        return Polygon(_placed_points(self.points, placement))


@dataclass(frozen=True, slots=True)
class Stroke:
    """What a round brush covers on its way through `points`.

    Its radius is `radius_frames` wide and `radius_octaves` high. From the share 1 - `softness` of the radius on the
    weight falls to 0 as a half cosine.
    """

    points: Points
    radius_frames: float
    radius_octaves: float
    softness: float

    @property
    def bounds(self) -> Extent:
        """See `Shape`."""
        return _around(self.points).widened(self.radius_frames, self.radius_octaves)

    def weights(self, frames: Axis, hertz: Axis) -> Weights:
        """See `Shape`."""
        u, v = frames / self.radius_frames, octaves(hertz) / self.radius_octaves
        x = np.array([frame for frame, _ in self.points]) / self.radius_frames
        y = np.log2([hz for _, hz in self.points]) / self.radius_octaves
        nearest = np.full((len(v), len(u)), np.inf, np.float32)
        for k in range(max(len(x) - 1, 1)):
            a, b = k, min(k + 1, len(x) - 1)
            columns = slice(*np.searchsorted(u, [min(x[a], x[b]) - 1, max(x[a], x[b]) + 1]))
            rows = slice(*np.searchsorted(v, [min(y[a], y[b]) - 1, max(y[a], y[b]) + 1]))
            part = nearest[rows, columns]
            np.minimum(part, _squared_distance(u[columns] - x[a], v[rows] - y[a], x[b] - x[a], y[b] - y[a]), out=part)
        return self._profile(nearest)

    def _profile(self, squared: Weights) -> Weights:
        if self.softness < 1e-3:
            return (squared <= 1).astype(np.float32)
        depth = np.clip((1 - np.sqrt(squared)) / np.float32(self.softness), 0, 1)
        weights: Weights = np.float32(0.5) - np.float32(0.5) * np.cos(depth * np.float32(math.pi))
        return weights

    def placed(self, placement: Placement) -> Stroke:
        """See `Shape`."""
        return replace(
            self,
            points=_placed_points(self.points, placement),
            radius_frames=self.radius_frames * placement.frame_scale,
            radius_octaves=self.radius_octaves * placement.octave_scale,
        )


def _squared_distance(u: Axis, v: Axis, along: float, up: float) -> Weights:
    """Squared distance of the points (v, u) of a grid from the segment between (0, 0) and (up, along)."""
    x, y = u.astype(np.float32), v.astype(np.float32)[:, None]
    squared = along * along + up * up
    if squared <= 0:
        return x * x + y * y
    where: Weights = np.clip(x * np.float32(along / squared) + y * np.float32(up / squared), 0, 1)
    across, above = x - where * np.float32(along), y - where * np.float32(up)
    distance: Weights = across * across + above * above
    return distance


def _around(points: Points) -> Extent:
    frames, hertz = zip(*points, strict=True)
    first = math.floor(min(frames))
    low_hz = min(hertz)
    # A point just above 0 Hz stands for all below it.
    return Extent(first, max(math.floor(max(frames)) + 1, first + 1), low_hz if low_hz > 1 else 0.0, max(hertz))


def _placed_points(points: Points, placement: Placement) -> Points:
    return tuple([(placement.frame(frame), placement.hertz(hertz)) for frame, hertz in points])


def thinned(points: Points, radius_frames: float, radius_octaves: float, tolerance: float) -> Points:
    """`points` without those that change their line by less than `tolerance` of a radius (Douglas & Peucker, 1973)."""
    if len(points) < 3:
        return points
    line = np.array([(frame / radius_frames, math.log2(hertz) / radius_octaves) for frame, hertz in points])
    kept = np.zeros(len(line), bool)
    kept[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        a, b = spans.pop()
        if b - a < 2:
            continue
        chord = line[b] - line[a]
        inner = line[a + 1 : b] - line[a]
        share = np.clip(inner @ chord / max(float(chord @ chord), 1e-30), 0, 1)
        distance = np.hypot(*(inner - share[:, None] * chord).T)
        far = int(distance.argmax())
        if distance[far] > tolerance:
            middle = a + 1 + far
            kept[middle] = True
            spans += [(a, middle), (middle, b)]
    return tuple([point for point, keep in zip(points, kept, strict=True) if keep])
