"""The colours at the edge of the picture, and the handles that set which levels they stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from stemstudio.spectral import decibels
from stemstudio.spectral.colours import FULL_DIFFERENCE_DB
from stemstudio.ui.spectrogram.axes import axis_font
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.theme import Theme

HIGHEST_DB, LOWEST_DB = 0.0, -120.0
LEAST_RANGE_DB, MOST_RANGE_DB = 20.0, 120.0
LEAST_GAMMA, MOST_GAMMA = 0.3, 4.0
HANDLES = ("high", "gamma", "low")

_WIDTH = 60
_STRIP = 14
_EDGE = 12
_GRAB = 8
_TITLES = {"high": "Brightest", "gamma": "Gamma", "low": "Darkest"}


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the darkest and the brightest colour in dB, and the gamma between."""

    low_db: float
    high_db: float
    gamma: float

    def moved(self, handle: str, db: float) -> Levels:
        """Drag one of `HANDLES` to a level, as far as it goes."""
        if handle == "high":
            low = self.low_db
            return replace(self, high_db=min(max(db, low + LEAST_RANGE_DB), HIGHEST_DB, low + MOST_RANGE_DB))
        if handle == "low":
            high = self.high_db
            return replace(self, low_db=max(min(db, high - LEAST_RANGE_DB), LOWEST_DB, high - MOST_RANGE_DB))
        share = min(max((db - self.low_db) / (self.high_db - self.low_db), 0.02), 0.98)
        return replace(self, gamma=min(max(math.log(0.5) / math.log(share), LEAST_GAMMA), MOST_GAMMA))

    def place(self, handle: str) -> float:
        """Level at which a handle stands; that of gamma is where the middle colour is."""
        if handle == "gamma":
            return self.low_db + math.pow(0.5, 1 / self.gamma) * (self.high_db - self.low_db)
        return self.high_db if handle == "high" else self.low_db


class ColourBar(QWidget):
    """Shows the colours of `look` over a scale of levels; drag a handle, double click for the defaults.

    With the keyboard: left and right choose a handle, up and down move it, Home gives the defaults.

    Signals
    -------
    moved(Levels)
        While a handle is dragged.
    chosen(Levels)
        A gesture ended.
    reset_requested
        The defaults are wanted.
    """

    moved = Signal(object)
    chosen = Signal(object)
    reset_requested = Signal()

    def __init__(self, look: Look, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._theme = look, theme
        self._difference = False
        self._handle, self._grabbed, self._offset_db = "high", "", 0.0
        self.setFixedWidth(_WIDTH)
        self.setMinimumHeight(96)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Colours of the spectrogram")
        self.setAccessibleDescription(
            "Left and right choose brightest, gamma or darkest; up and down move it; Home gives the defaults."
        )
        self.setToolTip("Drag the ends for the range, the diamond for gamma; double click for the defaults.")

    @property
    def levels(self) -> Levels:
        """What the handles say."""
        look = self._look
        return Levels(look.high_db - look.range_db, look.high_db, look.gamma)

    def set_look(self, look: Look) -> None:
        """Follow the picture."""
        self._look = look
        self.update()

    def set_difference(self, difference: bool) -> None:
        """Show the colours of differences instead of those of levels."""
        self._difference = difference
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self.update()

    def handle_point(self, handle: str) -> QPointF:
        """Where one of `HANDLES` is."""
        return QPointF(_STRIP + 6, self._y(self.levels.place(handle)))

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(_WIDTH, 400)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._theme.ground))
        painter.setFont(axis_font(self.font()))
        strip = QRectF(4, _EDGE, _STRIP - 4, self._length())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(strip, self._gradient())
        self._paint_scale(painter)
        self._paint_handles(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _gradient(self) -> QImage:
        """Colours from the highest level at the top down, one pixel wide."""
        codes = np.clip(decibels.position(HIGHEST_DB) - np.arange(241), 0, 255).astype(np.intp)
        if self._difference:
            steps = FULL_DIFFERENCE_DB / decibels.STEP_DB
            offsets = np.rint(np.linspace(-steps, steps, 12)).astype(np.intp)
            pixels = self._look.difference_colours()[codes[:, None] * 256 + 128 + offsets]
        else:
            pixels = self._look.colours()[codes][:, None]
        pixels = np.ascontiguousarray(pixels)
        height, width = pixels.shape
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    def _paint_scale(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.text_secondary))
        taken = [self._y(self.levels.place(handle)) for handle in ("high", "low")]
        for handle in ("high", "low"):
            self._paint_level(painter, self.levels.place(handle))
        step = 20 if self._length() > 200 else 40
        for db in range(0, int(LOWEST_DB) - 1, -step):
            if all(abs(self._y(db) - y) > 16 for y in taken):
                self._paint_level(painter, db)

    def _paint_level(self, painter: QPainter, db: float) -> None:
        area = QRectF(_STRIP + 12, self._y(db) - 8, _WIDTH - _STRIP - 12, 16)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(area, flags, f"{db:.0f}".replace("-", "−"))

    def _paint_handles(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for handle in HANDLES:
            at, active = self.handle_point(handle), handle == (self._grabbed or (self.hasFocus() and self._handle))
            painter.setPen(QPen(QColor(self._theme.ground), 1))
            painter.setBrush(QColor(self._theme.accent if active else self._theme.text))
            painter.drawPolygon(_diamond(at) if handle == "gamma" else _arrow(at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._grabbed = self._handle = self._nearest(event.position().y())
        away = self.levels.place(self._grabbed) - self._db(event.position().y())
        close = abs(self._y(self.levels.place(self._grabbed)) - event.position().y()) <= _GRAB
        self._offset_db = away if close else 0.0
        self._drag_to(event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if self._grabbed:
            self._drag_to(event.position().y())
        else:
            self.setCursor(Qt.CursorShape.SizeVerCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if self._grabbed and event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = ""
            self.chosen.emit(self.levels)
            self.update()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Qt's."""
        self.reset_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt's."""
        key, at = event.key(), HANDLES.index(self._handle)
        if key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._handle = HANDLES[(at + (1 if key == Qt.Key.Key_Right else -1)) % len(HANDLES)]
            self.update()
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            step = 1.0 if key == Qt.Key.Key_Up else -1.0
            self._take(self.levels.moved(self._handle, self.levels.place(self._handle) + step))
            self.chosen.emit(self.levels)
        elif key == Qt.Key.Key_Home:
            self.reset_requested.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's."""
        super().focusInEvent(event)
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        """Qt's."""
        self.unsetCursor()

    def _drag_to(self, y: float) -> None:
        self._take(self.levels.moved(self._grabbed, self._db(y) + self._offset_db))

    def _take(self, levels: Levels) -> None:
        self._look = replace(
            self._look, high_db=levels.high_db, range_db=levels.high_db - levels.low_db, gamma=levels.gamma
        )
        self.update()
        name, value = _TITLES[self._handle], levels.gamma if self._handle == "gamma" else levels.place(self._handle)
        self.setAccessibleDescription(f"{name} {value:.1f}")
        self.moved.emit(levels)

    def _nearest(self, y: float) -> str:
        return min(HANDLES, key=lambda handle: abs(self._y(self.levels.place(handle)) - y))

    def _length(self) -> float:
        return float(max(self.height() - 2 * _EDGE, 1))

    def _y(self, db: float) -> float:
        return _EDGE + (HIGHEST_DB - db) / (HIGHEST_DB - LOWEST_DB) * self._length()

    def _db(self, y: float) -> float:
        return HIGHEST_DB - (y - _EDGE) / self._length() * (HIGHEST_DB - LOWEST_DB)


def _arrow(at: QPointF) -> QPolygonF:
    return QPolygonF([at + QPointF(-5, 0), at + QPointF(4, -5), at + QPointF(4, 5)])


def _diamond(at: QPointF) -> QPolygonF:
    return QPolygonF([at + QPointF(-5, 0), at + QPointF(-0.5, -5), at + QPointF(4, 0), at + QPointF(-0.5, 5)])
