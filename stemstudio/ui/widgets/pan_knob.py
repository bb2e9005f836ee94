"""A small knob for pan: drag up and down, wheel, keys, double click for the centre."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

_SWEEP_DEGREES = 270.0
_FULL_TURN_PIXELS = 160.0


class PanKnob(QWidget):
    """A value from -1 (left) to 1 (right). `changed` at every move, `released` when the gesture ends."""

    changed = Signal(float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = 0.0
        self._colour = QColor("#6EA8FE")
        self._drag_from: tuple[float, float] | None = None
        self.setFixedSize(QSize(24, 24))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self._describe()

    def set_colour(self, colour: QColor) -> None:
        """Colour of the value's arc."""
        self._colour = colour
        self.update()

    @property
    def value(self) -> float:
        """Pan from -1 to 1."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show `value` without sending a signal."""
        self._value = min(max(value, -1.0), 1.0)
        self._describe()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag_from = (event.position().y(), self._value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn with the drag; Shift is fine."""
        if self._drag_from is not None:
            y, value = self._drag_from
            fine = 0.2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self._take(value + fine * 2.0 * (y - event.position().y()) / _FULL_TURN_PIXELS)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if event.button() == Qt.MouseButton.LeftButton and self._drag_from is not None:
            self._drag_from = None
            self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go to the centre."""
        self._take(0.0)
        self.released.emit()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn in steps of a twentieth, with the focus only."""
        if not self.hasFocus():
            event.ignore()
            return
        self._take(self._value + 0.05 * event.angleDelta().y() / 120)
        self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys turn, Home and 0 centre."""
        steps = {Qt.Key.Key_Up: 0.05, Qt.Key.Key_Right: 0.05, Qt.Key.Key_Down: -0.05, Qt.Key.Key_Left: -0.05}
        key = Qt.Key(event.key())
        if key in steps:
            self._take(round(self._value + steps[key], 3))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self._take(0.0)
        else:
            super().keyPressEvent(event)
            return
        self.released.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw track, arc from the centre, and pointer."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(3.5, 3.5, self.width() - 7, self.height() - 7)
        palette = self.palette()
        painter.setPen(QPen(palette.mid().color(), 2))
        painter.setBrush(palette.button())
        painter.drawEllipse(box)
        angle = self._value * _SWEEP_DEGREES / 2
        if self._value:
            painter.setPen(QPen(self._colour, 2))
            painter.drawArc(box, 90 * 16, round(-angle * 16))
        painter.setPen(QPen(palette.text().color(), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        direction = QPointF(math.sin(math.radians(angle)), -math.cos(math.radians(angle)))
        painter.drawLine(box.center() + direction * 2, box.center() + direction * (box.width() / 2 - 2))
        if self.hasFocus():
            painter.setPen(QPen(palette.highlight().color(), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(0.5, 0.5, self.width() - 1, self.height() - 1))

    def _take(self, value: float) -> None:
        value = min(max(value, -1.0), 1.0)
        if abs(value) < 0.02:  # the centre holds the hand a little
            value = 0.0
        if value != self._value:
            self.set_value(value)
            self.changed.emit(value)

    def _describe(self) -> None:
        percent = round(abs(self._value) * 100)
        place = "centre" if not percent else f"{percent} % {'left' if self._value < 0 else 'right'}"
        self.setToolTip(f"Pan: {place}. Drag up or down; double click: centre.")
        self.setAccessibleName("Pan")
        self.setAccessibleDescription(place)
