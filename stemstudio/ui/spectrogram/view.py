"""The spectrogram with its ruler, axis, playhead and tools.

A plain widget, not a pyqtgraph plot: pyqtgraph's image is drawn pixel for pixel without smoothing (lines fall into
dots when an hour is in sight) and knows no logarithmic frequency axis. ``tests/benchmarks/bench_spectrogram.py``
compares the time per frame with that of an empty plot.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from stemstudio.core.source import Source
from stemstudio.spectral.pyramid import SpectrogramPyramid, TileRequest
from stemstudio.ui.bridge import Bridge
from stemstudio.ui.spectrogram import overlays
from stemstudio.ui.spectrogram.axes import axis_font, paint_frequency_axis, paint_ruler
from stemstudio.ui.spectrogram.composite import Composite
from stemstudio.ui.spectrogram.interaction import HANDLED, Interaction
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selection_layer import SelectionLayer
from stemstudio.ui.spectrogram.shelf import PyramidShelf
from stemstudio.ui.spectrogram.tools import SeekTool, Tool
from stemstudio.ui.spectrogram.viewport import Viewport
from stemstudio.ui.spectrogram.worker import TileWorker
from stemstudio.ui.theme import DARK, Theme

_FOLLOW_MARGIN = 0.05
_TAB_FOCUS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class SpectrogramView(QWidget):
    """Shows one sound; asks for nothing but a `Source`. Call `shutdown` before the window goes."""

    seek_requested = Signal("qlonglong")  # type: ignore[arg-type]  # the stubs know no C++ type; int has 32 bits
    """Frame from which to play."""
    loop_changed = Signal("qlonglong", "qlonglong")  # type: ignore[arg-type]  # as above
    """First frame of the loop that was drawn, and the frame after its last."""
    view_changed = Signal(float, float)
    """Start and end of the time in sight, in seconds."""
    playhead_moved = Signal()
    """`playhead` is another."""
    picture_changed = Signal()
    """Other sound, new tiles or another look: whoever draws with `paint_picture` should draw anew."""

    def __init__(self, theme: Theme = DARK, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look = Look()
        self._viewport = Viewport.whole(44100, 0)
        self._shelf = PyramidShelf()
        self._pyramid: SpectrogramPyramid | None = None
        self._key = ""
        self._composite = Composite()
        self._bridge = Bridge(self)
        self._bridge.connect_to(self._on_tiles_advanced)
        self._worker = TileWorker(self._bridge)
        self.selection_layer = SelectionLayer(self)
        self._interaction = Interaction(self)
        self._playhead: int | None = None
        self._loop: tuple[int, int] | None = None
        self._follow = True
        self._empty_text = "Drop a song here"
        self._focus_ring = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 160)
        self.setAccessibleName("Spectrogram")
        self.setAccessibleDescription(
            "Plus and minus zoom, arrows move, F shows the whole song, Home and End go to its ends."
        )

    # What is shown

    @property
    def viewport(self) -> Viewport:
        """What part of the sound is in sight."""
        return self._viewport

    @property
    def pyramid(self) -> SpectrogramPyramid | None:
        """Spectrogram of the sound that is shown."""
        return self._pyramid

    @property
    def projection(self) -> Projection:
        """Where sound is on the screen."""
        return Projection(self.rect(), self._viewport, self._look.axis(self._viewport.sample_rate))

    @property
    def playhead(self) -> int | None:
        """Frame that is heard now, None where nothing plays."""
        return self._playhead

    @property
    def anchor(self) -> float:
        """Where zooming by key holds the picture, 0 to 1: the playhead if it is in sight, else the middle."""
        x = -1.0 if self._playhead is None else self._viewport.x(self._playhead)
        return x if 0 <= x <= 1 else 0.5

    def set_source(self, source: Source | None, key: str = "") -> None:
        """Show `source`, or the empty text.

        `key` names the sound as it is now: one shown lately comes back at once, without a new analysis. The part in
        sight stays when the sound is as long as the last one.
        """
        self._interaction.cancel()
        if source is None:
            self._pyramid = None
            self._worker.forget()
        else:
            self._pyramid, self._key = self._shelf.take(source, key), key
            if (self._viewport.sample_rate, self._viewport.frames) != (source.sample_rate, source.frames):
                self._viewport = Viewport.whole(source.sample_rate, source.frames)
                self._emit_view_changed()
            self._request_tiles()
        self._redraw()

    def invalidate(self, start_frame: int, end_frame: int, key: str | None = None) -> None:
        """Say that a sound changed or grew between two frames; `key` is that of the sound shown unless given."""
        pyramid = self._pyramid if key is None else self._shelf.find(key)
        if pyramid is None:
            return
        pyramid.invalidate(start_frame, end_frame)
        if pyramid is self._pyramid:
            self.set_viewport(self._viewport.of_length(pyramid.source.frames))
            self._request_tiles()

    def forget(self, key: str) -> None:
        """Drop what is kept of a sound that will not be shown again."""
        self._shelf.drop(key)

    def set_viewport(self, viewport: Viewport) -> None:
        """Show another part."""
        if viewport != self._viewport:
            self._viewport = viewport
            self._request_tiles()
            self._emit_view_changed()
            self.update()

    def show_seconds(self, start_s: float, end_s: float) -> None:
        """Show the time from `start_s` to `end_s`."""
        rate = self._viewport.sample_rate
        self.set_viewport(self._viewport.over(start_s * rate, (end_s - start_s) * rate))

    def fit(self) -> None:
        """Show all of the sound and of its spectrum."""
        self.set_viewport(Viewport.whole(self._viewport.sample_rate, self._viewport.frames))

    def fit_time(self) -> None:
        """Show all of the sound."""
        self.set_viewport(self._viewport.over(0, self._viewport.frames))

    def fit_band(self) -> None:
        """Show all of the spectrum."""
        self.set_viewport(self._viewport.in_band(0, 1))

    def zoom(self, factor: float) -> None:
        """Show `factor` times less time around `anchor`."""
        self.set_viewport(self._viewport.zoomed(factor, self.anchor))

    def reveal(self, frame: int) -> None:
        """Move so that `frame` is in sight."""
        if not 0 <= self._viewport.x(frame) <= 1:
            self.set_viewport(self._viewport.over(frame - _FOLLOW_MARGIN * self._viewport.span, self._viewport.span))

    def set_playhead(self, frame: int | None) -> None:
        """Show where the sound is; the picture follows if it should and the playhead was in sight."""
        old, self._playhead = self._playhead, frame
        follows = self._follow and self._interaction.gesture is None
        if follows and frame is not None and old is not None and 0 <= self._viewport.x(old) <= 1:
            self.reveal(frame)
        before, after = self._pixel(old), self._pixel(frame)
        if before != after:
            for x in (before, after):
                if x is not None:
                    reach = overlays.PLAYHEAD_REACH
                    self.update(QRect(int(x) - reach, 0, 2 * reach, self.height()))
        self.playhead_moved.emit()

    def set_follow(self, follow: bool) -> None:
        """Turn pages with the playhead, or not."""
        self._follow = follow

    def set_loop(self, loop: tuple[int, int] | None) -> None:
        """Shade a loop from its first frame to the frame after its last."""
        self._loop = loop
        self.update()

    # How it looks

    @property
    def look(self) -> Look:
        """Scale, colours and range."""
        return self._look

    def set_look(self, look: Look) -> None:
        """Change scale, colours or range; costs no analysis."""
        self._look = look
        self._redraw()

    def set_resolution(self, n_fft_at_44100: int) -> None:
        """Choose the frame of the transform: 2048 shows attacks sharper, 8192 low notes; all is analysed anew."""
        self._shelf.n_fft_at_44100 = n_fft_at_44100
        self._shelf.clear()
        if self._pyramid is not None:
            self.set_source(self._pyramid.source, self._key)

    @property
    def theme(self) -> Theme:
        """Colours of everything but the picture."""
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self._redraw()

    def set_empty_text(self, text: str) -> None:
        """Say what to do next where there is no sound."""
        self._empty_text = text
        self.update()

    def set_tool(self, tool: Tool | None) -> None:
        """Give the mouse another tool in the picture; None is the one that plays from a click."""
        self._interaction.cancel()
        self._interaction.tool = tool or SeekTool(self)
        self.update()

    def paint_picture(self, painter: QPainter, target: QRectF, composite: Composite, viewport: Viewport) -> None:
        """Paint what `viewport` shows of the sound in this view's look; the overview draws with it too."""
        if self._pyramid is not None and self._pyramid.source.frames:
            composite.draw(painter, target, self.devicePixelRatioF(), self._pyramid, viewport, self._look)

    # For tools

    def request_seek(self, frame: float) -> None:
        """Ask to play from `frame`."""
        self.seek_requested.emit(min(round(frame), max(self._viewport.frames - 1, 0)))

    def update_read_out(self) -> None:
        """Draw the read-out anew."""
        self.update(self._chip_rect().toAlignedRect())

    def request_loop(self, start: int, end: int) -> None:
        """Shade a loop and tell."""
        self.set_loop((start, end))
        self.loop_changed.emit(start, end)

    # Tiles

    @property
    def is_busy(self) -> bool:
        """Whether tiles are being computed."""
        return self._worker.busy

    def shutdown(self) -> None:
        """Stop computing and wait for it; the view shows what it has from then on."""
        self._worker.close()

    def _request_tiles(self) -> None:
        pyramid, area = self._pyramid, self.projection.picture
        if pyramid is None or not pyramid.source.frames or area.isEmpty():
            return
        level = pyramid.level_for(self._viewport.span / (area.width() * self.devicePixelRatioF()))
        self._worker.request(pyramid, TileRequest(level, int(self._viewport.start), int(self._viewport.end)))

    def _on_tiles_advanced(self) -> None:
        self.update(self.projection.picture.toAlignedRect())
        self.picture_changed.emit()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter, whole = QPainter(self), QRectF(self.rect())
        painter.fillRect(event.rect(), QColor(self._theme.ground))
        painter.setFont(axis_font(self.font()))
        if self._pyramid is None:
            overlays.paint_words(painter, whole, self._empty_text, self._theme)
        else:
            self._paint_sound(painter, event.rect())
        if self._focus_ring:
            painter.setClipping(False)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(whole.adjusted(1, 1, -1, -1))

    def _paint_sound(self, painter: QPainter, dirty: QRect) -> None:
        at = self.projection
        if at.ruler.intersects(QRectF(dirty)):
            paint_ruler(painter, at.ruler, self._viewport, self._theme)
        if at.axis.intersects(QRectF(dirty)):
            paint_frequency_axis(painter, at.axis, self._viewport, at.scale, self._theme)
        self.paint_picture(painter, at.picture, self._composite, self._viewport)
        painter.setClipRect(at.picture)
        self.selection_layer.paint(painter, at)
        painter.setClipRect(at.picture.united(at.ruler))
        if self._loop is not None:
            left, right = (at.x(frame) for frame in self._loop)
            overlays.paint_loop(painter, at.ruler, at.picture, left, right, self._theme)
        x = self._pixel(self._playhead)
        if x is not None:
            overlays.paint_playhead(painter, at.ruler, at.picture, x, self._theme)
        painter.setClipRect(at.picture)
        self._interaction.tool.paint(painter)
        self._paint_read_out(painter, at)
        if self._worker.failure is not None:
            overlays.paint_words(painter, at.picture, str(self._worker.failure), self._theme)

    def _paint_read_out(self, painter: QPainter, at: Projection) -> None:
        mouse = self._interaction.hover
        if mouse is not None and self._pyramid is not None:
            frame, hertz = at.frame(mouse.x()), at.hertz(mouse.y())
            level_db = self._pyramid.level_db(frame, hertz)
            lines = overlays.read_out(frame, self._viewport.sample_rate, hertz, level_db)
            overlays.paint_chip(painter, self._chip_rect(), lines)

    def _chip_rect(self) -> QRectF:
        return overlays.chip_rect(
            QFontMetricsF(axis_font(self.font())), self.projection.picture, self._interaction.hover
        )

    def _pixel(self, frame: int | None) -> float | None:
        """Left edge of the device pixel of a frame, None outside the picture."""
        if frame is None or not 0 <= self._viewport.x(frame) <= 1:
            return None
        ratio = self.devicePixelRatioF()
        return int(self.projection.x(frame) * ratio) / ratio

    def _redraw(self) -> None:
        self.update()
        self.picture_changed.emit()

    def _emit_view_changed(self) -> None:
        rate = self._viewport.sample_rate
        self.view_changed.emit(self._viewport.start / rate, self._viewport.end / rate)

    # Qt's events

    def sizeHint(self) -> QSize:
        """Qt's."""
        return QSize(960, 540)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Qt's."""
        self._request_tiles()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt's."""
        self._focus_ring = event.reason() in _TAB_FOCUS
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Qt's."""
        self._focus_ring = False
        self.update()

    def event(self, event: QEvent) -> bool:
        """Qt's."""
        return (event.type() in HANDLED and self._interaction.handle(event)) or super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt's."""
        self.shutdown()
        super().closeEvent(event)
