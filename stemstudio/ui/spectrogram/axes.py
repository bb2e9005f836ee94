"""The time ruler above the picture and the frequency axis at its left: where their marks stand, and drawing them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from stemstudio.spectral.scales import FrequencyScale, hertz_label, hertz_ticks
from stemstudio.ui.spectrogram.projection import AXIS_WIDTH
from stemstudio.ui.spectrogram.time_marks import Mark, TimeRuler
from stemstudio.ui.spectrogram.viewport import Viewport
from stemstudio.ui.theme import Theme

_LABEL_GAP = 84
_LEAST_LABEL_HEIGHT = 34
_TICK = 5


def axis_font(font: QFont) -> QFont:
    """The widget's font in the size of labels."""
    small = QFont(font)
    small.setPixelSize(11)
    return small


def paint_ruler(painter: QPainter, area: QRectF, viewport: Viewport, ruler: TimeRuler, theme: Theme) -> None:
    """Draw labels and marks of the time in sight into `area`; no label is cut off."""
    metrics = painter.fontMetrics()
    for mark in visible_marks(area.width(), viewport, ruler):
        x = area.left() + viewport.x(mark.frame) * area.width()
        height = _TICK if mark.text else _TICK - 2
        painter.setPen(QColor(theme.text_secondary if mark.text else theme.line))
        painter.drawLine(QPointF(x, area.bottom() - height), QPointF(x, area.bottom() - 1))
        if mark.text:
            width = metrics.horizontalAdvance(mark.text)
            left = max(x - width / 2, area.left() - AXIS_WIDTH + 8)
            if left + width <= area.right() - 4:
                painter.drawText(QPointF(left, area.bottom() - _TICK - 5), mark.text)


def visible_marks(width: float, viewport: Viewport, ruler: TimeRuler) -> list[Mark]:
    """Marks of the time in sight on `width` pixels."""
    least = viewport.span * _LABEL_GAP / max(width, 1.0)
    return ruler.marks(viewport.sample_rate, viewport.start, viewport.end, least)


def paint_frequency_axis(
    painter: QPainter, area: QRectF, viewport: Viewport, scale: FrequencyScale, theme: Theme
) -> None:
    """Draw labels and marks of the frequencies in sight into `area`; no label is cut off."""
    metrics = painter.fontMetrics()
    least_gap = _LEAST_LABEL_HEIGHT / area.height() * (viewport.top - viewport.bottom)
    painter.setPen(QColor(theme.text_secondary))
    half = metrics.height() / 2
    for hertz in hertz_ticks(scale, viewport.bottom, viewport.top, least_gap):
        y = area.top() + viewport.y(scale.place(hertz)) * area.height()
        painter.drawLine(QPointF(area.right() - _TICK, y), QPointF(area.right() - 2, y))
        if area.top() + half / 2 <= y <= area.bottom() - half / 2:
            box = QRectF(area.left(), y - half, area.width() - _TICK - 4, 2 * half)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, hertz_label(hertz))
