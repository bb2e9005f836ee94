"""The eight handles of a selection's box: where they are, what they do, how they look."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from stemstudio.repair.selection import Extent
from stemstudio.ui.spectrogram.projection import Projection

SIZE = 7.0
REACH = 7.0
"""A press this near to a handle's centre takes hold of it, in pixels."""
_LEAST_PX = 24.0
"""A side shorter than this has no handle in its middle."""
_LEAST_OCTAVES = 1 / 24
_LEAST_S = 0.001

_FILL = QColor("#FFFFFF")
_EDGE = QColor(0, 0, 0, 200)

CURSORS = {
    "left": Qt.CursorShape.SizeHorCursor,
    "right": Qt.CursorShape.SizeHorCursor,
    "top": Qt.CursorShape.SizeVerCursor,
    "bottom": Qt.CursorShape.SizeVerCursor,
    "top left": Qt.CursorShape.SizeFDiagCursor,
    "bottom right": Qt.CursorShape.SizeFDiagCursor,
    "top right": Qt.CursorShape.SizeBDiagCursor,
    "bottom left": Qt.CursorShape.SizeBDiagCursor,
}


def box(extent: Extent, at: Projection) -> QRectF:
    """Pixels of an extent; it may reach beyond the picture, but not far."""
    area = at.picture.adjusted(-64, -64, 64, 64)
    left, right = (min(max(at.x(frame), area.left()), area.right()) for frame in (extent.first, extent.last))
    top, bottom = (min(max(at.y(hertz), area.top()), area.bottom()) for hertz in (extent.high_hz, extent.low_hz))
    return QRectF(QPointF(left, top), QPointF(right, bottom))


def places(extent: Extent, at: Projection) -> dict[str, QPointF]:
    """Centre of each handle in sight, by name; an edge at the end of the axis has none."""
    whole, area = box(extent, at), at.picture
    seen = whole.intersected(area)
    if seen.isEmpty():
        return {}
    columns = {"left": whole.left(), "right": whole.right()}
    rows = {}
    if extent.high_hz < at.scale.high_hz:
        rows["top"] = whole.top()
    if extent.low_hz > at.scale.low_hz:
        rows["bottom"] = whole.bottom()
    found = {f"{row} {column}": QPointF(x, y) for row, y in rows.items() for column, x in columns.items()}
    if seen.height() >= _LEAST_PX or not rows:
        found |= {column: QPointF(x, seen.center().y()) for column, x in columns.items()}
    if seen.width() >= _LEAST_PX:
        found |= {row: QPointF(seen.center().x(), y) for row, y in rows.items()}
    return {name: place for name, place in found.items() if area.adjusted(-2, -2, 2, 2).contains(place)}


def handle_at(extent: Extent, at: Projection, position: QPointF) -> str:
    """Name of the handle under a pixel, empty where there is none."""
    whole = box(extent, at)
    inside = whole.contains(position)
    # What is small can be taken hold of in its middle, too.
    reach_x = min(REACH, whole.width() / 4) if inside else REACH
    reach_y = min(REACH, whole.height() / 4) if inside else REACH
    nearest, least = "", math.inf
    for name, place in places(extent, at).items():
        x, y = abs(place.x() - position.x()), abs(place.y() - position.y())
        if x <= reach_x and y <= reach_y and max(x, y) < least:
            nearest, least = name, max(x, y)
    return nearest


def dragged(extent: Extent, handle: str, frame: float, hertz: float, sample_rate: int) -> Extent:
    """`extent` after its `handle` was dragged to a place; sides do not pass each other."""
    least = max(round(_LEAST_S * sample_rate), 1)
    factor = 2**_LEAST_OCTAVES
    if "left" in handle:
        extent = replace(extent, first=min(round(frame), extent.last - least))
    if "right" in handle:
        extent = replace(extent, last=max(round(frame), extent.first + least))
    if "bottom" in handle:
        extent = replace(extent, low_hz=min(hertz, extent.high_hz / factor))
    if "top" in handle:
        extent = replace(extent, high_hz=max(hertz, extent.low_hz * factor, 1.0))
    return extent


def paint(painter: QPainter, extent: Extent, at: Projection) -> None:
    """Draw the handles in sight."""
    painter.setPen(QPen(_EDGE, 1))
    painter.setBrush(_FILL)
    for place in places(extent, at).values():
        painter.drawRect(QRectF(place.x() - SIZE / 2, place.y() - SIZE / 2, SIZE, SIZE))
    painter.setBrush(Qt.BrushStyle.NoBrush)
