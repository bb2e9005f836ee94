"""Outlines of a selection on the screen: computed once on the sound, then only moved with the picture.

Lines are kept as (frame, place on the frequency axis): both run evenly over the screen, so that panning and zooming is
one multiplication. Only the part in sight and a margin around it is computed; beyond the margin it is done anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainterPath, QPolygonF

from stemstudio.repair.selection import Selection
from stemstudio.spectral.scales import FrequencyScale
from stemstudio.ui.spectrogram.projection import Projection

Points = NDArray[np.float64]

_MARGIN = 0.5
"""How far beyond each side of the picture is computed, as a share of its size."""
_SOFT_STEP = 3
"""Soft edges change slowly: one sample in this many pixels shows them."""
_BEYOND = 8.0
"""Lines are cut this many pixels outside the picture."""
_LEAST_STEP = 0.5
"""Points of a line that lie closer on the screen than this are one, in pixels."""
_SHADE_ALPHA = 60
"""Of 255, where a soft selection is full."""
_BEND = 12.0
"""Straight in (frame, octave) is bent on other axes: a piece of a line spans at most this many pixels of height."""


@dataclass(frozen=True)
class Outline:
    """What is drawn of a selection around one view of it.

    Parameters
    ----------
    lines : tuple of float64 (k, 2)
        Closed lines in frames and places on the axis.
    shade : QImage or None
        Weights of a selection with soft edges as translucent white, from frame `left` to `right` and from place
        `bottom` to `top`.
    """

    lines: tuple[Points, ...]
    shade: QImage | None
    left: float
    right: float
    bottom: float
    top: float
    step: float
    """Frames per sample that the lines were computed with."""

    def serves(self, at: Projection, extent: tuple[float, float, float, float]) -> bool:
        """Whether it still holds everything in sight of a selection with this `extent` (frames, places)."""
        view = at.viewport
        return (
            self.left <= max(view.start, extent[0])
            and self.right >= min(view.end, extent[1])
            and self.bottom <= max(view.bottom, extent[2])
            and self.top >= min(view.top, extent[3])
        )


def outline(selection: Selection, at: Projection, step_px: float = 1.0) -> Outline:
    """Compute the outline of `selection` around what `at` shows, sampled every `step_px` pixels where it must be."""
    view, area = at.viewport, at.picture
    across, down = view.span / max(area.width(), 1), (view.top - view.bottom) / max(area.height(), 1)
    first, last, low, high = extent_on(at.scale, selection)
    left = max(first - 2 * across, view.start - _MARGIN * view.span)
    right = min(last + 2 * across, view.end + _MARGIN * view.span)
    band = view.top - view.bottom
    bottom = max(low - 2 * down, view.bottom - _MARGIN * band)
    top = min(high + 2 * down, view.top + _MARGIN * band)
    step = across * step_px
    if right <= left or top <= bottom:
        return Outline((), None, left, right, bottom, top, step)
    frames = _samples(left, right, step)
    places = _samples(bottom, top, down * step_px)
    hertz = np.array([at.scale.hertz(place) for place in places])
    lines = tuple(_on_axis(line, at) for line in selection.outlines(frames, hertz))
    soft = max(round(_SOFT_STEP / step_px), 1)
    shade = _shade(selection.weights(frames[::soft], hertz[::soft]))
    return Outline(lines, shade, left, right, bottom, top, step)


def extent_on(scale: FrequencyScale, selection: Selection) -> tuple[float, float, float, float]:
    """First and last frame, lowest and highest place of `selection`, all of them inside the axis or beyond it."""
    extent = selection.extent
    low = scale.place(extent.low_hz) if extent.low_hz > 0 else min(scale.place(0.0), 0.0)
    return float(extent.first), float(extent.last), low, scale.place(extent.high_hz)


def path_on(lines: tuple[Points, ...], at: Projection) -> QPainterPath:
    """`lines` in pixels of the view, cut a little outside the picture; holes stay open in an odd-even fill."""
    view, area, path = at.viewport, at.picture, QPainterPath()
    scale = np.array([area.width() / view.span, -area.height() / (view.top - view.bottom)])
    offset = np.array([area.left() - view.start * scale[0], area.top() - view.top * scale[1]])
    room = area.adjusted(-_BEYOND, -_BEYOND, _BEYOND, _BEYOND)
    for line in lines:
        points = _thinned(clipped(line * scale + offset, room))
        if len(points) >= 3:
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))
            path.closeSubpath()
    return path


def clipped(points: Points, room: QRectF) -> Points:
    """The part of a closed line inside `room` (Sutherland and Hodgman 1974), closed along its border."""
    for axis, limit, sign in ((0, room.left(), 1), (0, room.right(), -1), (1, room.top(), 1), (1, room.bottom(), -1)):
        if not len(points):
            break
        inwards = (points[:, axis] - limit) * sign
        inside = inwards >= 0
        if inside.all():
            continue
        crosses = inside != np.roll(inside, -1)
        rise = inwards - np.roll(inwards, -1)
        share = np.where(crosses, inwards / np.where(rise == 0, 1, rise), 0)
        cuts = points + share[:, None] * (np.roll(points, -1, axis=0) - points)
        points = np.stack([points, cuts], 1)[np.stack([inside, crosses], 1)]
    return points


def _thinned(points: Points) -> Points:
    if len(points) < 64:
        return points
    length = np.cumsum(np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T))
    kept = np.diff(np.floor(length / _LEAST_STEP), prepend=-1.0) > 0
    return points[kept]


def _samples(low: float, high: float, step: float) -> Points:
    return np.linspace(low, high, max(int(np.ceil((high - low) / step)) + 1, 2))


def _on_axis(line: Points, at: Projection) -> Points:
    """From (frame, hertz) to (frame, place), with more points where a straight piece is bent on this axis."""
    hertz = np.maximum(line[:, 1], 1e-3)
    if at.scale.kind != "log":
        height = at.picture.height() / (at.viewport.top - at.viewport.bottom)
        line, hertz = _subdivided(line, hertz, at.scale, height)
    return np.stack([line[:, 0], [at.scale.place(value) for value in hertz.tolist()]], 1)


def _subdivided(line: Points, hertz: Points, scale: FrequencyScale, height: float) -> tuple[Points, Points]:
    closed = np.concatenate([hertz, hertz[:1]])
    octaves = np.log2(closed)
    places = np.array([scale.place(value) for value in closed.tolist()])
    pieces = np.ceil(np.abs(np.diff(places)) * height / _BEND).clip(1, 400).astype(int)
    if pieces.max(initial=1) == 1:
        return line, hertz
    corner = np.repeat(np.arange(len(line)), pieces)
    within = np.arange(len(corner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    at = corner + within / pieces[corner]
    frames = np.interp(at, np.arange(len(closed)), np.concatenate([line[:, 0], line[:1, 0]]))
    hertz = 2 ** np.interp(at, np.arange(len(closed)), octaves)
    return np.stack([frames, hertz], 1), hertz


def _shade(weights: NDArray[np.float32]) -> QImage | None:
    if not np.any((weights > 0.02) & (weights < 0.98)):
        return None
    light = (weights[::-1] * _SHADE_ALPHA).astype(np.uint32)
    white = np.ascontiguousarray(light * np.uint32(0x01010101))  # premultiplied: every channel is the alpha
    height, width = white.shape
    return QImage(white.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
