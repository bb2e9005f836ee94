"""What is drawn over the picture: loop, markers, playhead, words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.theme import SPACE, Theme

PLAYHEAD_REACH = 7
"""Pixels to either side of the playhead that its drawing may touch."""

# The picture is dark at its quiet places in both themes, so what lies on it does not follow the theme.
_LINE = QColor("#FFFFFF")
_HALO = QColor(0, 0, 0, 120)
_LOOP_EDGE = QColor("#9CC3FF")
_LOOP_TINT = QColor(156, 195, 255, 12)
_MARKER = QColor("#F0C75E")
_MARKER_TINT = QColor(240, 199, 94, 14)
_NAME_WIDTH = 160


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A moment, or from `frame` on a region of so many `frames`."""

    frame: int
    name: str
    frames: int = 0


def paint_loop(painter: QPainter, ruler: QRectF, picture: QRectF, left: float, right: float, theme: Theme) -> None:
    """Shade the loop from x = `left` to `right`: a bar in the ruler, a tint and two edges in the picture."""
    left, right = max(left, picture.left() - 2), min(right, picture.right() + 2)
    if right <= left:
        return
    accent = QColor(theme.accent)
    painter.fillRect(QRectF(left, ruler.bottom() - 3, right - left, 3), accent)
    band = QColor(accent)
    band.setAlpha(48)
    painter.fillRect(QRectF(left, ruler.top(), right - left, ruler.height() - 3), band)
    painter.fillRect(QRectF(left, picture.top(), right - left, picture.height()), _LOOP_TINT)
    painter.setPen(_LOOP_EDGE)
    for x in (left, right):
        painter.drawLine(QPointF(x, picture.top()), QPointF(x, picture.bottom()))


def paint_playhead(painter: QPainter, ruler: QRectF, picture: QRectF, x: float, theme: Theme) -> None:
    """Draw the line of what is heard now, with its handle in the ruler."""
    painter.fillRect(QRectF(x - 1, picture.top(), 3, picture.height()), _HALO)
    painter.fillRect(QRectF(x, picture.top(), 1, picture.height()), _LINE)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.text))
    foot = ruler.bottom()
    painter.drawPolygon(QPolygonF([QPointF(x - 4.5, foot - 7), QPointF(x + 5.5, foot - 7), QPointF(x + 0.5, foot)]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_markers(painter: QPainter, at: Projection, markers: tuple[NamedPlace, ...], theme: Theme) -> None:
    """Draw each marker in sight: a line, a flag in the ruler and its name; a region is a bar with both its ends."""
    taken = [0.0, 0.0]
    for marker in markers:
        left, right = at.x(marker.frame), at.x(marker.frame + marker.frames)
        if right < at.picture.left() or left > at.picture.right():
            continue
        colour = QColor(theme.warning)
        if marker.frames:
            painter.fillRect(QRectF(left, at.ruler.top(), right - left, min(3.0, at.ruler.height())), colour)
            painter.fillRect(QRectF(left, at.picture.top(), right - left, at.picture.height()), _MARKER_TINT)
        elif at.ruler.height():
            flag = at.ruler.top()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawPolygon([QPointF(left, flag), QPointF(left + 8, flag + 4), QPointF(left, flag + 8)])
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.fillRect(QRectF(left, flag, 1, at.ruler.height()), colour)
        painter.setPen(QPen(_MARKER, 1, Qt.PenStyle.DotLine))
        for x in {left, right}:
            painter.drawLine(QPointF(x, at.picture.top()), QPointF(x, at.picture.bottom()))
        row = 0 if left >= taken[0] else 1
        taken[row] = _paint_name(painter, max(left, at.picture.left()), at.picture.top() + 20 * row, marker.name)


def _paint_name(painter: QPainter, left: float, top: float, name: str) -> float:
    """Write the name of a marker; returns where it ends."""
    metrics = painter.fontMetrics()
    text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH)
    area = QRectF(left + 1, top, metrics.horizontalAdvance(text) + SPACE, metrics.height() + 4)
    painter.fillRect(area, _HALO)
    painter.setPen(_MARKER)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
    return area.right() + SPACE


def paint_words(painter: QPainter, area: QRectF, text: str, theme: Theme) -> None:
    """Say something in the middle of `area`."""
    font = painter.font()
    font.setPixelSize(14)
    painter.setFont(font)
    painter.setPen(QColor(theme.text_secondary))
    room = area.adjusted(3 * SPACE, 3 * SPACE, -3 * SPACE, -3 * SPACE)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)
