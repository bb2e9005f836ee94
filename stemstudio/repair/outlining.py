"""Lines around what is selected."""

from __future__ import annotations

import numpy as np

from stemstudio.repair.adjusting import Feather
from stemstudio.repair.composing import Part, Parts, extent_of, weights_of, window
from stemstudio.repair.extent import Axis
from stemstudio.repair.shapes import Box, Polygon

_MOST_OCTAVES = 1 / 24
"""Longest rise of a line between two points: straight over log frequency is not straight on another scale."""


def outlines(parts: Parts, frames: Axis, hertz: Axis, half: float) -> list[Axis]:
    """Closed lines (frame, hertz) at half weight; see `Selection.outlines`; `half` is half the sample rate."""
    exact = _exact(parts, half)
    if exact is not None:
        return exact
    return _traced(parts, frames, hertz)


def _exact(parts: Parts, half: float) -> list[Axis] | None:
    """Corners of boxes and polygons that are only added and keep clear of each other, perhaps a feathered box."""
    *shapes, last = parts or (None,)
    if isinstance(last, Feather) and len(shapes) == 1 and isinstance(shapes[0], Part):
        return _feathered_box(shapes[0], last, half)
    found: list[Axis] = []
    for number, part in enumerate(parts):
        if not isinstance(part, Part) or part.mode != "add" or not isinstance(part.shape, Box | Polygon):
            return None
        bounds = part.shape.bounds
        for other in parts[:number]:
            assert isinstance(other, Part)
            if not bounds.overlap(other.shape.bounds).is_empty:
                return None
        if bounds.is_empty:
            continue
        found.append(_corners(part.shape, half) if isinstance(part.shape, Box) else _winding_once(part.shape))
    return found


def _feathered_box(part: Part, feather: Feather, half: float) -> list[Axis] | None:
    if not isinstance(part.shape, Box):
        return None
    middle = part.shape.bounds.widened(round(feather.frames / 2), feather.octaves / 2)
    return [_corners(Box(middle.first, middle.last, middle.low_hz, middle.high_hz), half)]


def _corners(box: Box, half: float) -> Axis:
    low, high = box.low_hz, min(box.high_hz, half)
    return np.array([(box.first, low), (box.last, low), (box.last, high), (box.first, high), (box.first, low)], float)


def _winding_once(polygon: Polygon) -> Axis:
    """Line of a polygon with points on its long edges."""
    closed = np.array([*polygon.points, polygon.points[0]], float)
    rise = np.abs(np.diff(np.log2(closed[:, 1])))
    pieces = np.where(np.diff(closed[:, 0]) != 0, np.minimum(np.ceil(rise / _MOST_OCTAVES), 1000), 1)
    pieces = np.maximum(pieces, 1).astype(np.intp)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[edge]
    start, end = closed[edge], closed[edge + 1]
    line = start + share[:, None] * (end - start)
    between = share > 0
    line[between, 1] = (start[:, 1] * (end[:, 1] / start[:, 1]) ** share)[between]
    return np.vstack([line, closed[-1:]])


def _traced(parts: Parts, frames: Axis, hertz: Axis) -> list[Axis]:
    from contourpy import contour_generator

    rows, columns = window(extent_of(parts), frames, hertz)
    frames = frames[max(columns.start - 1, 0) : columns.stop + 1]
    hertz = hertz[max(rows.start - 1, 0) : rows.stop + 1]
    if not len(frames) or not len(hertz):
        return []
    # A ring of nothing closes the lines at the edge of the view.
    weights = np.pad(weights_of(parts, frames, hertz), 1)
    generator = contour_generator(_ringed(frames), _ringed(hertz), weights)
    lines = [np.asarray(line, float) for line in generator.lines(0.5)]
    for line in lines:
        np.maximum(line[:, 1], 0, out=line[:, 1])
    return lines


def _ringed(axis: Axis) -> Axis:
    """`axis` with one more step at either end."""
    step = axis[1] - axis[0] if len(axis) > 1 else 1.0
    last = axis[-1] - axis[-2] if len(axis) > 1 else 1.0
    return np.concatenate([[axis[0] - step], axis, [axis[-1] + last]])
