"""The brush: paints what is selected, as wide and as soft as it is set."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.selecting.drawing import DrawingTool, place_at, screen_line
from stemstudio.ui.spectrogram.selecting.mode import Mode, combined
from stemstudio.ui.spectrogram.tools import Pointer

_STEPS_PER_RADIUS = 3
"""Points of a stroke lie this much closer than it is wide."""
_PAINT = QColor(156, 195, 255, 96)
_RIM = QColor("#FFFFFF")
_HALO = QColor(0, 0, 0, 190)


class BrushTool(DrawingTool):
    """Paints a stroke; its size is that on the screen when it begins, so one zooms in for fine work.

    A click paints a dot. Inside the selection it paints too, instead of moving it.
    """

    cursor = Qt.CursorShape.CrossCursor
    moves = False

    _points: tuple[tuple[float, float], ...] = ()
    _last = QPointF()
    _radius: tuple[float, float] = (1.0, 1.0)
    _mouse: QPointF | None = None

    def begin(self, at: Pointer) -> None:
        """See `DrawingTool.begin`."""
        self._points, self._last = ((at.frame, at.hertz),), at.position
        self._radius = self._radii(at.position)
        self._mouse = at.position

    def extend(self, at: Pointer) -> None:
        """See `DrawingTool.extend`."""
        self._mouse = at.position
        step = max(self._size_px / 2 / _STEPS_PER_RADIUS, 1.0)
        way = at.position - self._last
        if math.hypot(way.x(), way.y()) >= step:
            line = screen_line(self._last, at.position, step)
            self._points += tuple(place_at(self.view.projection, point) for point in line)
            self._last = at.position

    def move(self, at: Pointer) -> None:
        """Paint on; what is painted is shown as it is, without the time that an outline takes."""
        if self._pressed is None or self._grip:
            super().move(at)
            return
        self._drags = True
        self.extend(at)
        self.view.update()

    def release(self, at: Pointer) -> None:
        """See `Tool.release`."""
        super().release(at)
        self._points = ()
        self.view.update()

    def clicked(self, at: Pointer) -> None:  # noqa: ARG002 - `begin` has taken the place
        """Paint a dot."""
        layer = self.view.selection_layer
        layer.made.emit(combined(layer.selection, self.drawn(), self._mode))

    def cancel(self) -> None:
        """See `Tool.cancel`."""
        self._points = ()
        super().cancel()

    def hover(self, at: Pointer | None) -> None:
        """Show how wide the brush is."""
        self._mouse = None if at is None else at.position
        self.view.update()

    def drawn(self) -> Selection | None:
        """See `DrawingTool.drawn`."""
        softness = self.settings.number("brush", "softness") / 100
        return Selection.stroke(self.view.viewport.sample_rate, list(self._points), *self._radius, softness)

    def paint(self, painter: QPainter) -> None:
        """Draw the stroke so far and the rim of the brush."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if self._pressed is not None and not self._grip:
            self._paint_stroke(painter)
        if self._mouse is not None:
            for colour, width in ((_HALO, 2.5), (_RIM, 1.0)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(self._mouse, self._size_px / 2, self._size_px / 2)
        painter.restore()

    def _paint_stroke(self, painter: QPainter) -> None:
        at = self.view.projection
        points = [QPointF(at.x(frame), at.y(hertz)) for frame, hertz in self._points]
        path = QPainterPath(points[0])
        for point in points[1:] or [points[0] + QPointF(0.01, 0)]:
            path.lineTo(point)
        colour = QColor(_PAINT)
        if self._mode in {Mode.SUBTRACT, Mode.INTERSECT}:
            colour.setAlpha(48)
        # A stroke keeps its width on the sound, not on the screen, if the view is zoomed meanwhile.
        width = 2 * self._radius[0] * at.picture.width() / at.viewport.span
        pen = QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, pen)

    @property
    def _size_px(self) -> float:
        return self.settings.number("brush", "size")

    def _radii(self, at: QPointF) -> tuple[float, float]:
        """Radius in frames and in octaves around a pixel."""
        projection, radius = self.view.projection, self._size_px / 2
        frames = radius * projection.viewport.span / max(projection.picture.width(), 1)
        high, low = (place_at(projection, at + QPointF(0, offset))[1] for offset in (-radius, radius))
        return max(frames, 1.0), max(math.log2(max(high, 2.0) / max(low, 1.0)) / 2, 1e-3)
