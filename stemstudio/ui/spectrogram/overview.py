"""The whole song as a strip under the view, with a window that shows and moves the part in sight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from stemstudio.ui.spectrogram.composite import Composite
from stemstudio.ui.spectrogram.navigation import wheel_turned
from stemstudio.ui.spectrogram.projection import AXIS_WIDTH
from stemstudio.ui.spectrogram.tools import DRAG_PIXELS
from stemstudio.ui.spectrogram.view import SpectrogramView
from stemstudio.ui.spectrogram.viewport import Viewport

_HANDLE = 6
_LEAST_WIDTH = 8
_SHADE = QColor(0, 0, 0, 110)
_FRAME = QColor("#FFFFFF")


class Overview(QWidget):
    """Follows `view`: drag the window to move, its edges to zoom; click to play from there."""

    seek_requested = Signal("qlonglong")  # type: ignore[arg-type]  # the stubs know no C++ type; int has 32 bits
    """Frame from which to play."""

    def __init__(self, view: SpectrogramView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._composite = Composite()
        self._drag: tuple[str, float] | None = None
        self._pressed_at: QPointF | None = None
        self._drawn_playhead: float | None = None
        view.view_changed.connect(self._on_view_changed)
        view.playhead_moved.connect(self._on_playhead_moved)
        view.picture_changed.connect(self._on_picture_changed)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedHeight(56)
        self.setAccessibleName("Overview of the song")
        self.setToolTip("Click to play from here, drag the window or its edges, double click to see the whole song.")

    def strip_rect(self) -> QRectF:
        """Where the song is, in line with the view's picture."""
        return QRectF(AXIS_WIDTH, 0, max(self.width() - AXIS_WIDTH, 1), self.height())

    def window_rect(self) -> QRectF:
        """The part in sight."""
        strip, seen = self.strip_rect(), self._view.viewport
        whole = Viewport.whole(seen.sample_rate, seen.frames)
        left, right = (strip.left() + whole.x(frame) * strip.width() for frame in (seen.start, seen.end))
        missing = max(0.0, _LEAST_WIDTH - (right - left)) / 2
        return QRectF(left - missing, 0, right - left + 2 * missing, strip.height())

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(960, 56)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter, strip = QPainter(self), self.strip_rect()
        painter.fillRect(event.rect(), QColor(self._view.theme.ground))
        if self._view.pyramid is None:
            return
        seen, view = self._view.viewport, self._view
        whole = Viewport.whole(seen.sample_rate, seen.frames)
        view.sound.draw(painter, strip, self.devicePixelRatioF(), whole, view.look, self._composite)
        if not seen.shows_whole_song:
            self._paint_window(painter, strip)
        self._drawn_playhead = x = self._playhead_x()
        if x is not None:
            painter.fillRect(QRectF(x, 0, 1, strip.height()), _FRAME)

    def _paint_window(self, painter: QPainter, strip: QRectF) -> None:
        window = self.window_rect()
        painter.fillRect(QRectF(strip.left(), 0, window.left() - strip.left(), strip.height()), _SHADE)
        painter.fillRect(QRectF(window.right(), 0, strip.right() - window.right(), strip.height()), _SHADE)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(_FRAME, 1.5))
        painter.drawRoundedRect(window.adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if event.button() != Qt.MouseButton.LeftButton or self._view.pyramid is None:
            return
        self._pressed_at = event.position()
        part = self._part_at(event.position())
        seen, at = self._view.viewport, self._frame_at(event.position())
        if part == "elsewhere":
            self._view.set_viewport(seen.over(at - seen.span / 2, seen.span))
            part = "window"
        self._drag = (part, at - self._view.viewport.start)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if self._drag is None:
            edge = self._part_at(event.position()) in {"left", "right"}
            self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.ArrowCursor)
            return
        if self._pressed_at is not None:
            if abs(event.position().x() - self._pressed_at.x()) < DRAG_PIXELS:
                return
            self._pressed_at = None
        part, offset = self._drag
        seen, at = self._view.viewport, self._frame_at(event.position())
        if part == "window":
            self._view.set_viewport(seen.over(at - offset, seen.span))
        elif part == "left":
            start = min(at, seen.end - 1)
            self._view.set_viewport(seen.over(start, seen.end - start))
        else:
            self._view.set_viewport(seen.over(seen.start, max(at, seen.start + 1) - seen.start))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if self._drag is not None and self._pressed_at is not None:
            frames = self._view.viewport.frames
            self.seek_requested.emit(min(round(self._frame_at(event.position())), max(frames - 1, 0)))
        self._drag = self._pressed_at = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Qt's."""
        self._view.fit_time()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's."""
        if self._view.pyramid is not None:
            seen = self._view.viewport
            turned = wheel_turned(seen, 0.5, 0.5, event.angleDelta(), event.modifiers(), on_axis=False)
            self._view.set_viewport(turned)

    def leaveEvent(self, _event: QEvent) -> None:
        """Qt's."""
        self.unsetCursor()

    def _part_at(self, position: QPointF) -> str:
        window = self.window_rect()
        if self._view.viewport.shows_whole_song:
            return "elsewhere"
        for edge, x in (("left", window.left()), ("right", window.right())):
            if abs(position.x() - x) <= _HANDLE:
                return edge
        return "window" if window.left() < position.x() < window.right() else "elsewhere"

    def _frame_at(self, position: QPointF) -> float:
        strip = self.strip_rect()
        share = (position.x() - strip.left()) / strip.width()
        return min(max(share, 0.0), 1.0) * self._view.viewport.frames

    def _playhead_x(self) -> float | None:
        frames, playhead = self._view.viewport.frames, self._view.playhead
        if playhead is None or not frames:
            return None
        strip = self.strip_rect()
        return float(int(strip.left() + playhead / frames * strip.width()))

    def _on_view_changed(self, _start_s: float, _end_s: float) -> None:
        self.update()

    def _on_playhead_moved(self) -> None:
        now = self._playhead_x()
        if now != self._drawn_playhead:
            for x in (self._drawn_playhead, now):
                if x is not None:
                    self.update(int(x) - 1, 0, 3, self.height())

    def _on_picture_changed(self) -> None:
        self.update()
