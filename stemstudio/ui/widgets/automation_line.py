"""The gain of a stem over time, drawn upon its waveform: points that the hand sets."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from stemstudio.mixing.automation import Points, with_point
from stemstudio.mixing.pan import SILENT_DB

HIGH_DB, LOW_DB = 6.0, -30.0
"""What the height of the lane shows; its lowest line is silence."""

_MOST_DB = 12.0
_REACH = 7.0
_SILENT_PIXELS = 2.0
_KEYS = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Delete, Qt.Key.Key_Backspace,
    Qt.Key.Key_Insert,
}  # fmt: skip


class AutomationLine(QWidget):
    """Lies over `ground` and is as large; `changed` is sent with all points and the name of the gesture.

    A click adds a point, a drag moves it, a double click or Delete removes it; by key Left and Right choose a point,
    Up and Down move it, Insert adds one at the playhead.
    """

    changed = Signal(object, str)
    pressed = Signal()

    def __init__(self, ground: QWidget) -> None:
        super().__init__(ground)
        self._points: Points = ()
        self._frames, self._rate = 1, 44100
        self._colour = QColor("#98A1B2")
        self._chosen: int | None = None
        self._held: tuple[QPointF, QPointF] | None = None
        self._gestures = 0
        self._playhead = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Gain over time")
        self.setToolTip(
            "Gain over time. Click: add a point; drag: move it, with Shift finely; double click or Delete: remove it."
        )
        ground.installEventFilter(self)
        self.resize(ground.size())
        self.hide()

    def show_points(self, points: Points, frames: int, sample_rate: int) -> None:
        """Show the points of a song of so many frames."""
        if (points, frames, sample_rate) != (self._points, self._frames, self._rate):
            self._points, self._frames, self._rate = points, max(frames, 1), sample_rate
            if self._chosen is not None and self._chosen >= len(points):
                self._chosen = len(points) - 1 if points else None
            self._describe()
            self.update()

    def set_colour(self, colour: QColor) -> None:
        """Colour of the points."""
        self._colour = colour
        self.update()

    def set_playhead(self, frame: int) -> None:
        """Where Insert adds a point."""
        self._playhead = frame

    def place_of(self, index: int) -> QPointF:
        """Where a point is drawn."""
        frame, gain_db = self._points[index]
        return QPointF(frame / self._frames * self.width(), self._y(gain_db))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the waveform."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.resize(watched.size())
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that act on points from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the point under the pointer, or add one."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.pressed.emit()
        self._gestures += 1
        place = event.position()
        self._chosen = self._point_at(place)
        if self._chosen is None:
            self._add(self._frame_at(place.x()), self._gain_at(place.y()))
        assert self._chosen is not None
        self._held = place, self.place_of(self._chosen)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the point that is held, between its neighbours."""
        if self._held is None or self._chosen is None or self._chosen >= len(self._points):
            return
        begun, point = self._held
        fine = 0.2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        place = point + (event.position() - begun) * fine
        self._move(self._frame_at(place.x()), self._gain_at(place.y(), fine=fine < 1))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Remove the point under the pointer."""
        self._chosen, self._held = self._point_at(event.position()), None
        self._remove()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose, move, add and remove points."""
        key, count = event.key(), len(self._points)
        if key == Qt.Key.Key_Insert:
            self._gestures += 1
            self._add(self._playhead, self._gain_now())
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self._remove()
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right} and count:
            step = -1 if key == Qt.Key.Key_Left else 1
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._chosen is not None:
                frame, gain_db = self._points[self._chosen]
                self._move(frame + round(0.05 * step * self._rate), gain_db)
            else:
                self._chosen = (0 if step > 0 else count - 1) if self._chosen is None else (self._chosen + step) % count
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down} and self._chosen is not None:
            frame, gain_db = self._points[self._chosen]
            self._move(frame, gain_db + (0.5 if key == Qt.Key.Key_Up else -0.5))
        else:
            super().keyPressEvent(event)
            return
        self._describe()
        self.update()

    def _add(self, frame: int, gain_db: float) -> None:
        points = with_point(self._points, frame, gain_db)
        self._chosen = [point[0] for point in points].index(frame)
        self._take(points)

    def _move(self, frame: int, gain_db: float) -> None:
        index = self._chosen
        assert index is not None
        first = self._points[index - 1][0] + 1 if index > 0 else 0
        last = self._points[index + 1][0] - 1 if index + 1 < len(self._points) else self._frames
        moved = (min(max(frame, first), last), min(max(gain_db, SILENT_DB), _MOST_DB))
        self._take((*self._points[:index], moved, *self._points[index + 1 :]))

    def _remove(self) -> None:
        if self._chosen is not None and self._chosen < len(self._points):
            index, self._chosen = self._chosen, None
            self._gestures += 1
            self._take((*self._points[:index], *self._points[index + 1 :]))

    def _take(self, points: Points) -> None:
        if points != self._points:
            self._points = points
            self.changed.emit(points, f"automation {self._gestures}")
            self.update()

    # Places

    def _point_at(self, place: QPointF) -> int | None:
        near = [((self.place_of(index) - place).manhattanLength(), index) for index in range(len(self._points))]
        distance, index = min(near, default=(_REACH + 1, 0))
        return index if distance <= _REACH else None

    def _frame_at(self, x: float) -> int:
        return round(min(max(x / max(self.width(), 1), 0.0), 1.0) * self._frames)

    def _gain_at(self, y: float, *, fine: bool = False) -> float:
        if y >= self.height() - _SILENT_PIXELS:
            return SILENT_DB
        steps = 10 if fine else 2
        gain_db = HIGH_DB - y / max(self.height() - 1, 1) * (HIGH_DB - LOW_DB)
        return round(min(gain_db, HIGH_DB) * steps) / steps

    def _y(self, gain_db: float) -> float:
        share = (HIGH_DB - gain_db) / (HIGH_DB - LOW_DB)
        return min(max(share, 0.0), 1.0) * (self.height() - 1)

    def _gain_now(self) -> float:
        from numpy import interp

        if not self._points:
            return 0.0
        return float(interp(self._playhead, [point[0] for point in self._points], [point[1] for point in self._points]))

    # The picture

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the line through the points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = [self.place_of(index) for index in range(len(self._points))]
        ends = [QPointF(0, places[0].y()), QPointF(self.width(), places[-1].y())] if places else None
        if ends is None:
            zero = self._y(0.0)
            ends = [QPointF(0, zero), QPointF(self.width(), zero)]
        painter.setPen(QPen(self.palette().text().color(), 1.5))
        painter.drawPolyline([ends[0], *places, ends[1]])
        for index, place in enumerate(places):
            chosen = index == self._chosen
            painter.setBrush(self.palette().highlight() if chosen and self.hasFocus() else self._colour)
            painter.drawEllipse(place, 4.5 if chosen else 3.5, 4.5 if chosen else 3.5)
        if self._chosen is not None and self._chosen < len(places) and (self._held is not None or self.hasFocus()):
            self._draw_value(painter, places[self._chosen], self._told(*self._points[self._chosen]))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _draw_value(self, painter: QPainter, place: QPointF, told: str) -> None:
        """Write what a point says at the side where there is room."""
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(told) + 8, metrics.height()
        left = place.x() + 8 if place.x() + 8 + width < self.width() else place.x() - 8 - width
        box = QRectF(left, 0 if place.y() > self.height() / 2 else self.height() - height, width, height)
        painter.fillRect(box, self.palette().window())
        painter.setPen(self.palette().text().color())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, told)

    def _told(self, frame: int, gain_db: float) -> str:
        level = "silence" if gain_db <= SILENT_DB else f"{gain_db:+.1f} dB".replace("-", "−")
        return f"{frame / self._rate:.2f} s: {level}"

    def _describe(self) -> None:
        count = len(self._points)
        told = f"{count} points" if count != 1 else "1 point"
        if self._chosen is not None and self._chosen < count:
            told += f"; at {self._told(*self._points[self._chosen])}"
        self.setAccessibleDescription(told)
