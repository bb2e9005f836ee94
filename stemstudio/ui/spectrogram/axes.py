"""The time ruler above the picture and the frequency axis at its left: where their marks stand, and drawing them."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from stemstudio.spectral.scales import FrequencyScale, hertz_label, hertz_ticks
from stemstudio.ui.spectrogram.projection import AXIS_WIDTH
from stemstudio.ui.spectrogram.viewport import Viewport
from stemstudio.ui.theme import Theme

_LABEL_GAP = 84
_LEAST_LABEL_HEIGHT = 34
_TICK = 5

_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_PARTS = {15: 3, 30: 3, 60: 4, 120: 4, 900: 3, 1800: 3, 3600: 4, 7200: 4}
"""Into how many parts small marks divide a step; five where nothing is said, two for a step of two."""


def time_step(seconds: float, width: float) -> float:
    """Distance in seconds of two labels when `seconds` are shown on `width` pixels."""
    least = seconds * _LABEL_GAP / max(width, 1.0)
    return next((step for step in _STEPS_S if step >= least), math.ceil(least / 3600) * 3600)


def time_label(seconds: float, decimals: int = 0) -> str:
    """``0:17.482`` or ``1:02:03``; `decimals` digits after the second."""
    ticks = round(seconds * 10**decimals)
    whole, rest = divmod(ticks, 10**decimals)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{rest:0{decimals}d}" if decimals else ""
    clock = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    return clock + fraction


def axis_font(font: QFont) -> QFont:
    """The widget's font in the size of labels."""
    small = QFont(font)
    small.setPixelSize(11)
    return small


def paint_ruler(painter: QPainter, area: QRectF, viewport: Viewport, theme: Theme) -> None:
    """Draw labels and marks of the time in sight into `area`; no label is cut off."""
    rate = viewport.sample_rate
    seconds = viewport.span / rate
    step = time_step(seconds, area.width())
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    parts = _PARTS.get(int(step), 4 if f"{step:e}"[0] == "2" else 5)
    metrics = painter.fontMetrics()
    painter.setPen(QColor(theme.text_secondary))
    mark = math.ceil(viewport.start / rate / step * parts)
    while mark * step / parts <= viewport.end / rate:
        time_s = mark * step / parts
        x = area.left() + viewport.x(time_s * rate) * area.width()
        labelled = mark % parts == 0
        height = _TICK if labelled else _TICK - 2
        painter.setPen(QColor(theme.text_secondary if labelled else theme.line))
        painter.drawLine(QPointF(x, area.bottom() - height), QPointF(x, area.bottom() - 1))
        if labelled:
            text = time_label(time_s, decimals)
            width = metrics.horizontalAdvance(text)
            left = max(x - width / 2, area.left() - AXIS_WIDTH + 8)
            if left + width <= area.right() - 4:
                painter.drawText(QPointF(left, area.bottom() - _TICK - 5), text)
        mark += 1


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
