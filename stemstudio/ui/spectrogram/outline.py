"""Outlines of a selection on the screen: computed around one view of it, then moved and stretched with the picture.

Places on the frequency axis and frames run evenly over the screen, so that panning and zooming is one transformation of
a path. Only the part in sight and a margin around it is computed; beyond the margin it is done anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainterPath, QPolygonF, QTransform

from stemstudio.repair.adjusting import Feather
from stemstudio.repair.composing import Group, Part, Parts
from stemstudio.repair.selection import Selection
from stemstudio.repair.shapes import Stroke
from stemstudio.spectral.scales import FrequencyScale
from stemstudio.ui.spectrogram.projection import Projection

Points = NDArray[np.float64]

_MARGIN = 0.5
"""How far beyond each side of the picture is computed, as a share of its size."""
_SOFT_STEP = 3
"""Soft edges change slowly: one sample in this many pixels shows them."""
_BEYOND = 8.0
"""Lines are cut this many pixels outside of what is computed."""
_LEAST_STEP = 0.5
"""Points of a line that lie closer on the screen than this are one, in pixels."""
_SHADE_ALPHA = 60
"""Of 255, where a soft selection is full."""


@dataclass(frozen=True)
class Outline:
    """What is drawn of a selection around one view of it.

    Parameters
    ----------
    at : Projection
        The view that it was computed for.
    path : QPainterPath
        Closed lines in the pixels of that view; an odd-even fill leaves holes open.
    shade : QImage or None
        Weights of a selection with soft edges as translucent white, over the whole area.
    left, right, bottom, top : float
        The area: frames and places on the axis.
    step_px : float
        How far apart lines were sampled that must be sampled.
    """

    at: Projection
    path: QPainterPath
    shade: QImage | None
    left: float
    right: float
    bottom: float
    top: float
    step_px: float

    def serves(self, at: Projection, extent: tuple[float, float, float, float]) -> bool:
        """Whether it holds everything that `at` shows of a selection with this `extent` (frames, places)."""
        view = at.viewport
        return (
            self.left <= max(view.start, extent[0])
            and self.right >= min(view.end, extent[1])
            and self.bottom <= max(view.bottom, extent[2])
            and self.top >= min(view.top, extent[3])
        )

    def onto(self, at: Projection) -> QTransform:
        """From the pixels that it was computed for to those of another view of the same axis."""
        return _pixels(self.at).inverted()[0] * _pixels(at)

    @property
    def area(self) -> QRectF:
        """Its area in the pixels that it was computed for."""
        corners = QRectF(self.left, self.bottom, self.right - self.left, self.top - self.bottom)
        return _pixels(self.at).mapRect(corners)


def outline(selection: Selection, at: Projection, step_px: float = 1.0) -> Outline:
    """Compute the outline of `selection` around what `at` shows, sampled every `step_px` pixels where it must be."""
    view, picture = at.viewport, at.picture
    across, down = view.span / max(picture.width(), 1), (view.top - view.bottom) / max(picture.height(), 1)
    first, last, low, high = extent_on(at.scale, selection)
    left = max(first - 2 * across, view.start - _MARGIN * view.span)
    right = min(last + 2 * across, view.end + _MARGIN * view.span)
    band = view.top - view.bottom
    bottom = max(low - 2 * down, view.bottom - _MARGIN * band)
    top = min(high + 2 * down, view.top + _MARGIN * band)
    if right <= left or top <= bottom:
        return Outline(at, QPainterPath(), None, left, right, bottom, top, step_px)
    frames = _samples(left, right, across * step_px)
    places = _samples(bottom, top, down * step_px)
    hertz = np.array([at.scale.hertz(place) for place in places])
    lines = tuple(_on_axis(line, at) for line in selection.outlines(frames, hertz))
    room = _pixels(at).mapRect(QRectF(left, bottom, right - left, top - bottom))
    path = path_on(lines, at, room.adjusted(-_BEYOND, -_BEYOND, _BEYOND, _BEYOND))
    soft = max(round(_SOFT_STEP / step_px), 1)
    shade = _shade(selection.weights(frames[::soft], hertz[::soft])) if _is_soft(selection.parts) else None
    return Outline(at, path, shade, left, right, bottom, top, step_px)


def extent_on(scale: FrequencyScale, selection: Selection) -> tuple[float, float, float, float]:
    """First and last frame, lowest and highest place of `selection`, all of them inside the axis or beyond it."""
    extent = selection.extent
    low = scale.place(extent.low_hz) if extent.low_hz > 0 else min(scale.place(0.0), 0.0)
    return float(extent.first), float(extent.last), low, scale.place(extent.high_hz)


def path_on(lines: tuple[Points, ...], at: Projection, room: QRectF) -> QPainterPath:
    """`lines` of (frame, place) in pixels of the view, cut to `room`."""
    view, area, path = at.viewport, at.picture, QPainterPath()
    scale = np.array([area.width() / view.span, -area.height() / (view.top - view.bottom)])
    offset = np.array([area.left() - view.start * scale[0], area.top() - view.top * scale[1]])
    for line in lines:
        points = _thinned(clipped(line * scale + offset, room))
        if len(points) >= 3:
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))
            path.closeSubpath()
    return path


def _pixels(at: Projection) -> QTransform:
    """From (frame, place) to pixels."""
    view, area = at.viewport, at.picture
    across, up = max(area.width(), 1) / view.span, -max(area.height(), 1) / (view.top - view.bottom)
    return QTransform(across, 0, 0, up, area.left() - view.start * across, area.top() - view.top * up)


def _is_soft(parts: Parts) -> bool:
    """Whether anything in `parts` fades."""
    for part in parts:
        if isinstance(part, Feather):
            return True
        if isinstance(part, Part):
            shape = part.shape
            if isinstance(shape, Stroke) and shape.softness > 0:
                return True
            if isinstance(shape, Group) and _is_soft(shape.parts):
                return True
    return False


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
    """From (frame, hertz) to (frame, place)."""
    return np.stack([line[:, 0], [at.scale.place(hertz) for hertz in line[:, 1].tolist()]], 1)


def _shade(weights: NDArray[np.float32]) -> QImage:
    light = (weights[::-1] * _SHADE_ALPHA).astype(np.uint32)
    white = np.ascontiguousarray(light * np.uint32(0x01010101))  # premultiplied: every channel is the alpha
    height, width = white.shape
    return QImage(white.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
