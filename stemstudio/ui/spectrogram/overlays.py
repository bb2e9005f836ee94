"""What is drawn over the picture: loop, playhead, the read-out under the mouse, words."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPolygonF

from stemstudio.spectral.scales import note_name
from stemstudio.ui.spectrogram.axes import time_label
from stemstudio.ui.theme import RADIUS, SPACE, Theme

PLAYHEAD_REACH = 7
"""Pixels to either side of the playhead that its drawing may touch."""

# The picture is dark at its quiet places in both themes, so what lies on it does not follow the theme.
_LINE = QColor("#FFFFFF")
_HALO = QColor(0, 0, 0, 120)
_LOOP_EDGE = QColor("#9CC3FF")
_LOOP_TINT = QColor(156, 195, 255, 12)
_CHIP = QColor(12, 13, 16, 214)
_CHIP_TEXT = QColor("#F2F4F8")
_CHIP_SECONDARY = QColor("#B4BCCB")


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
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def read_out(frame: float, sample_rate: int, hertz: float, level_db: float | None) -> tuple[str, str]:
    """Two lines of the read-out: time, note and frequency; level."""
    tone = f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.2f} kHz"
    note = note_name(hertz)
    first = "  ".join(part for part in (time_label(frame / sample_rate, 3), note, tone) if part)
    second = "" if level_db is None else f"{level_db:.1f} dB".replace("-", "−")
    return first, second


def chip_rect(metrics: QFontMetricsF, picture: QRectF, mouse: QPointF | None) -> QRectF:
    """Place of the read-out, as wide as its longest text: the top right corner, the left one when the mouse comes."""
    width = metrics.horizontalAdvance("0:00:00.000  A♭0  00.00 kHz") + 2 * SPACE
    height = 2 * metrics.lineSpacing() + SPACE
    right = QRectF(picture.right() - SPACE - width, picture.top() + SPACE, width, height)
    if mouse is not None and right.adjusted(-3 * SPACE, -3 * SPACE, 3 * SPACE, 3 * SPACE).contains(mouse):
        return right.translated(picture.left() + SPACE - right.left(), 0)
    return right


def paint_chip(painter: QPainter, area: QRectF, lines: tuple[str, str]) -> None:
    """Draw the read-out."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_CHIP)
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    text = area.adjusted(SPACE, SPACE / 2, -SPACE, -SPACE / 2)
    for line, colour, side in zip(
        lines, (_CHIP_TEXT, _CHIP_SECONDARY), (Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom), strict=True
    ):
        painter.setPen(colour)
        painter.drawText(text, side | Qt.AlignmentFlag.AlignLeft, line)


def paint_words(painter: QPainter, area: QRectF, text: str, theme: Theme) -> None:
    """Say something in the middle of `area`."""
    font = painter.font()
    font.setPixelSize(14)
    painter.setFont(font)
    painter.setPen(QColor(theme.text_secondary))
    room = area.adjusted(3 * SPACE, 3 * SPACE, -3 * SPACE, -3 * SPACE)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)
