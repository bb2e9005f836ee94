"""Lasso and polygon: any outline, by drawing it or corner by corner."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QPolygonF

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.selecting.drawing import DrawingTool, place_at, screen_line
from stemstudio.ui.spectrogram.selecting.mode import combined
from stemstudio.ui.spectrogram.tools import DRAG_PIXELS, Pointer

_STEP_PX = 1.5
"""Points of a lasso that lie closer are one."""
_EDGE_STEP_PX = 6.0
"""Straight edges get a point this often, so that they stay straight where they were drawn on any axis."""
_CLOSING_PX = 8.0
"""A corner this near to the first one closes the polygon."""


class LassoTool(DrawingTool):
    """Follows the mouse; the end is joined with the beginning."""

    _points: list[tuple[float, float]]
    _last: QPointF

    def begin(self, at: Pointer) -> None:
        """See `DrawingTool.begin`."""
        self._points, self._last = [(at.frame, at.hertz)], at.position

    def extend(self, at: Pointer) -> None:
        """See `DrawingTool.extend`."""
        way = at.position - self._last
        if math.hypot(way.x(), way.y()) >= _STEP_PX:
            projection, area = self.view.projection, self.view.projection.picture
            inside = QPointF(
                min(max(at.position.x(), area.left()), area.right()),
                min(max(at.position.y(), area.top()), area.bottom()),
            )
            line = screen_line(self._last, inside, _EDGE_STEP_PX)
            self._points += [place_at(projection, point) for point in line]
            self._last = inside

    def drawn(self) -> Selection | None:
        """See `DrawingTool.drawn`."""
        if len(self._points) < 3:
            return None
        return Selection.polygon(self.view.viewport.sample_rate, self._points)


class PolygonTool(DrawingTool):
    """Takes a corner from each click; a click on the first corner, a double click or Enter closes it."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # the arguments are the base's
        self._corners: list[tuple[float, float]] = []
        self._mouse: QPointF | None = None

    @property
    def busy(self) -> bool:
        """See `Tool.busy`."""
        return bool(self._corners)

    def press(self, at: Pointer) -> None:
        """Begin with a corner, or with a hold on the selection, as in `DrawingTool`."""
        if not self._corners:
            super().press(at)
            return
        self._mouse = at.position
        if self._closes(at.position):
            self._close()
        elif _distance(at.position, self._pixels()[-1]) >= DRAG_PIXELS:
            self._corners.append((at.frame, at.hertz))
            self.view.update()

    def press_again(self, at: Pointer) -> None:
        """Close it: the first press of the double click has set the last corner."""
        if self._corners:
            self._close()
        else:
            super().press_again(at)

    def begin(self, at: Pointer) -> None:
        """See `DrawingTool.begin`."""
        self._corners, self._mouse = [(at.frame, at.hertz)], at.position

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        if self._corners:
            self.hover(at)
        else:
            super().move(at)

    def release(self, at: Pointer) -> None:
        """See `Tool.release`."""
        if self._corners:
            self._pressed = None
        else:
            super().release(at)

    def hover(self, at: Pointer | None) -> None:
        """See `Tool.hover`."""
        if self._corners and at is not None:
            self._mouse = at.position
            self.view.update()

    def key(self, event: QKeyEvent) -> bool:
        """Enter closes the polygon, Backspace takes the last corner back."""
        if not self._corners:
            return False
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._close()
            return True
        if event.key() == Qt.Key.Key_Backspace:
            self._corners.pop()
            self.view.update()
            return True
        return False

    def cancel(self) -> None:
        """See `Tool.cancel`."""
        self._corners = []
        super().cancel()
        self.view.update()

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """See `Tool.cursor_at`."""
        if not self._corners:
            return super().cursor_at(at)
        return Qt.CursorShape.PointingHandCursor if self._closes(at.position) else self.cursor

    def drawn(self) -> Selection | None:
        """See `DrawingTool.drawn`."""
        if len(self._corners) < 3:
            return None
        at, corners, points = self.view.projection, self._pixels(), []
        step_px = math.inf if at.scale.kind == "log" else _EDGE_STEP_PX  # selections are straight on a log axis
        for start, end in zip(corners[-1:] + corners[:-1], corners, strict=True):
            points += [place_at(at, point) for point in screen_line(start, end, step_px)]
        return Selection.polygon(self.view.viewport.sample_rate, points)

    def paint(self, painter: QPainter) -> None:
        """Draw the corners so far, a line to the mouse, and a ring where a click closes."""
        if not self._corners:
            return
        corners = self._pixels()
        line = QPolygonF([*corners, self._mouse] if self._mouse is not None else corners)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for colour, width in ((QColor(0, 0, 0, 190), 3.0), (QColor("#9CC3FF"), 1.25)):
            painter.setPen(QPen(colour, width))
            painter.drawPolyline(line)
            painter.drawEllipse(corners[0], 4.5, 4.5)
        painter.restore()

    def _pixels(self) -> list[QPointF]:
        at = self.view.projection
        return [QPointF(at.x(frame), at.y(hertz)) for frame, hertz in self._corners]

    def _closes(self, position: QPointF) -> bool:
        """Whether a click there ends the polygon."""
        return len(self._corners) >= 3 and _distance(position, self._pixels()[0]) <= _CLOSING_PX

    def _close(self) -> None:
        drawn, layer = self.drawn(), self.view.selection_layer
        self._corners = []
        layer.made.emit(combined(layer.selection, drawn, self._mode))
        self.view.update()


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
