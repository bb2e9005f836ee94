"""The read-out under the mouse, and the caption that names the sound."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from stemstudio.core.errors import StemStudioError
from stemstudio.core.source import Source
from stemstudio.spectral.level import level_at
from stemstudio.spectral.scales import note_and_cents
from stemstudio.ui.spectrogram.time_marks import TimeRuler
from stemstudio.ui.theme import RADIUS, SPACE

# The picture is dark at its quiet places in both themes, so what lies on it does not follow the theme.
_CHIP = QColor(12, 13, 16, 214)
_TEXT = QColor("#F2F4F8")
_SECONDARY = QColor("#B4BCCB")
_DOT = 8


def place_text(ruler: TimeRuler, frame: float, sample_rate: int, hertz: float) -> str:
    """Time, note and frequency of a place: ``0:17.482  A5 +12 ct  886 Hz``."""
    tone = f"{hertz:.0f} Hz" if hertz < 1000 else f"{hertz / 1000:.2f} kHz"
    return "  ".join(part for part in (ruler.label(frame, sample_rate), note_and_cents(hertz), tone) if part)


def level_text(sounds: dict[str, Source], frame: float, hertz: float, n_fft_at_44100: int) -> str:
    """Levels at a place of `sounds` by what to call them: ``−23.4 dB  mix −18.0 dB``."""
    words = []
    for name, sound in sounds.items():
        try:
            level = f"{level_at(sound, frame, hertz, n_fft_at_44100):.1f} dB".replace("-", "−")
        except (OSError, StemStudioError):  # the picture says what is wrong with the file
            level = "–"
        words.append(f"{name} {level}".strip())
    return "  ".join(words)


def chip_rect(metrics: QFontMetricsF, picture: QRectF, mouse: QPointF | None, ruler: TimeRuler) -> QRectF:
    """Place of the read-out, as wide as its longest text: the top right corner, the left one when the mouse comes."""
    width = metrics.horizontalAdvance(f"{ruler.longest_label}  A♭0 −50 ct  00.00 kHz") + 2 * SPACE
    height = 2 * metrics.lineSpacing() + SPACE
    right = QRectF(picture.right() - SPACE - width, picture.top() + SPACE, width, height)
    if mouse is not None and right.adjusted(-3 * SPACE, -3 * SPACE, 3 * SPACE, 3 * SPACE).contains(mouse):
        return right.translated(picture.left() + SPACE - right.left(), 0)
    return right


def paint_chip(painter: QPainter, area: QRectF, lines: tuple[str, str]) -> None:
    """Draw the read-out."""
    _paint_ground(painter, area)
    text = area.adjusted(SPACE, SPACE / 2, -SPACE, -SPACE / 2)
    for line, colour, side in zip(
        lines, (_TEXT, _SECONDARY), (Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom), strict=True
    ):
        painter.setPen(colour)
        painter.drawText(text, side | Qt.AlignmentFlag.AlignLeft, line)


def paint_caption(painter: QPainter, picture: QRectF, parts: tuple[tuple[str, str], ...]) -> None:
    """Name what is drawn at the bottom left: pairs of a text and the colour of the dot before it, empty for none."""
    metrics = painter.fontMetrics()
    widths = [metrics.horizontalAdvance(text) + (_DOT + 6 if colour else 0) for text, colour in parts]
    height = metrics.height() + 6
    width = sum(widths) + SPACE * (len(parts) + 1)
    area = QRectF(picture.left() + SPACE, picture.bottom() - SPACE - height, width, height)
    _paint_ground(painter, area)
    left = area.left() + SPACE
    for (text, colour), part_width in zip(parts, widths, strict=True):
        start = left
        if colour:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QRectF(start, area.center().y() - _DOT / 2, _DOT, _DOT))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            start += _DOT + 6
        painter.setPen(_TEXT)
        room = QRectF(start, area.top(), left + part_width - start + 2, height)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        left += part_width + SPACE


def _paint_ground(painter: QPainter, area: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_CHIP)
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
