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
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from stemstudio.core.source import Source
from stemstudio.spectral.pyramid import SpectrogramPyramid
from stemstudio.ui.bridge import Bridge
from stemstudio.ui.spectrogram import overlays, painting
from stemstudio.ui.spectrogram.axes import axis_font
from stemstudio.ui.spectrogram.interaction import HANDLED, Interaction
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.projection import RULER_HEIGHT, Projection
from stemstudio.ui.spectrogram.resolution import Resolution
from stemstudio.ui.spectrogram.selection_layer import SelectionLayer
from stemstudio.ui.spectrogram.shelf import Changes, PyramidShelf
from stemstudio.ui.spectrogram.sound_picture import SoundPicture
from stemstudio.ui.spectrogram.time_marks import TimeRuler
from stemstudio.ui.spectrogram.tools import SeekTool, Tool
from stemstudio.ui.spectrogram.viewport import Viewport
from stemstudio.ui.spectrogram.worker import TileWorker
from stemstudio.ui.theme import DARK, Theme

_EMPTY = "Drop a song here"
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
    """Other sound, new tiles or another look: whoever draws `sound` should draw anew."""

    def __init__(self, theme: Theme = DARK, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look = Look()
        self._viewport = Viewport.whole(44100, 0)
        self.shelf = PyramidShelf()
        self.sound = SoundPicture(self.shelf)
        self.companions: list[SoundPicture] = []
        """Sounds drawn elsewhere in this view's look, at its time and its band; computed together with its own."""
        self._resolution = Resolution()
        self._ruler = TimeRuler()
        self._ruler_height = RULER_HEIGHT
        self._mix: Source | None = None
        self._caption: painting.Caption = ()
        self._bridge = Bridge(self)
        self._bridge.connect_to(self._on_tiles_advanced)
        self._worker = TileWorker(self._bridge)
        self.selection_layer = SelectionLayer(self)
        self._interaction = Interaction(self)
        self._playhead: int | None = None
        self._loop: tuple[int, int] | None = None
        self._markers: tuple[overlays.NamedPlace, ...] = ()
        self._follow = True
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
        return self.sound.whole

    @property
    def projection(self) -> Projection:
        """Where sound is on the screen."""
        axis = self._look.axis(self._viewport.sample_rate)
        return Projection(self.rect(), self._viewport, axis, self._ruler_height)

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
        self.sound.show(source, key)
        if source is None:
            self._worker.forget()
        else:
            if (self._viewport.sample_rate, self._viewport.frames) != (source.sample_rate, source.frames):
                self._viewport = Viewport.whole(source.sample_rate, source.frames)
                self._emit_view_changed()
            self.request_tiles()
        self._redraw()

    def replace_source(self, source: Source, key: str, changed: Changes) -> None:
        """Show what an edit made of the sound: only the ranges of frames that `changed` are analysed anew."""
        self.sound.replace(source, key, changed)
        self.request_tiles()
        self._redraw()

    def compare_with(self, source: Source | None, key: str = "", changed: Changes | None = None) -> None:
        """Show the difference from another sound, or with None the sound itself; see `SoundPicture.compare`."""
        self.sound.compare(source, key, changed)
        self.request_tiles()
        self._redraw()

    def invalidate(self, start_frame: int, end_frame: int) -> None:
        """Say that the sound changed or grew between two frames."""
        if self.sound.source is not None:
            self.sound.invalidate(start_frame, end_frame)
            self.set_viewport(self._viewport.of_length(self.sound.source.frames))
            self.request_tiles()

    def set_viewport(self, viewport: Viewport) -> None:
        """Show another part."""
        if viewport != self._viewport:
            self._viewport = viewport
            self.request_tiles()
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
        before, after = (painting.playhead_x(self, self.projection, each) for each in (old, frame))
        if before != after:
            for x in (before, after):
                if x is not None:
                    reach = overlays.PLAYHEAD_REACH
                    self.update(QRect(int(x) - reach, 0, 2 * reach, self.height()))
        self.playhead_moved.emit()

    def set_follow(self, follow: bool) -> None:
        """Turn pages with the playhead, or not."""
        self._follow = follow

    @property
    def loop(self) -> tuple[int, int] | None:
        """The loop that is shaded."""
        return self._loop

    def set_loop(self, loop: tuple[int, int] | None) -> None:
        """Shade a loop from its first frame to the frame after its last."""
        self._loop = loop
        self._redraw()

    @property
    def markers(self) -> tuple[overlays.NamedPlace, ...]:
        """Moments and regions that are named."""
        return self._markers

    def set_markers(self, markers: tuple[overlays.NamedPlace, ...]) -> None:
        """Name moments and regions."""
        if markers != self._markers:
            self._markers = markers
            self._redraw()

    # How it looks

    @property
    def look(self) -> Look:
        """Scale, colours and range."""
        return self._look

    def set_look(self, look: Look) -> None:
        """Change scale, colours or range; costs no analysis."""
        self._look = look
        self._redraw()

    @property
    def resolution(self) -> Resolution:
        """The transform and its frame."""
        return self._resolution

    def set_resolution(self, resolution: Resolution) -> None:
        """Choose the transform and its frame; the sound is analysed anew where that was not done yet."""
        if resolution != self._resolution:
            self._resolution = resolution
            for sound in (self.sound, *self.companions):
                sound.set_resolution(resolution)
            self.request_tiles()
            self._redraw()

    def add_companion(self, sound: SoundPicture) -> None:
        """Compute another sound together with this one."""
        sound.set_resolution(self._resolution)
        self.companions.append(sound)

    @property
    def ruler(self) -> TimeRuler:
        """What the time ruler and the read-out count."""
        return self._ruler

    def set_ruler(self, ruler: TimeRuler) -> None:
        """Count time in seconds, samples or bars."""
        if ruler != self._ruler:
            self._ruler = ruler
            self._redraw()

    def set_ruler_shown(self, shown: bool) -> None:
        """Give the ruler's room to the picture, where another widget has the ruler."""
        self._ruler_height = RULER_HEIGHT if shown else 0
        self.update()

    def set_mix(self, source: Source | None) -> None:
        """Name the mix, whose level the read-out tells too."""
        self._mix = source

    def set_caption(self, *parts: tuple[str, str]) -> None:
        """Name what is drawn, in its corner: texts, each with the colour of its dot."""
        if parts != self._caption:
            self._caption = parts
            self.update()

    @property
    def theme(self) -> Theme:
        """Colours of everything but the picture."""
        return self._theme

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._theme = theme
        self._redraw()

    def set_tool(self, tool: Tool | None) -> None:
        """Give the mouse another tool in the picture; None is the one that plays from a click."""
        self._interaction.cancel()
        self._interaction.tool = tool or SeekTool(self)
        self.update()

    # For tools

    def request_seek(self, frame: float) -> None:
        """Ask to play from `frame`."""
        self.seek_requested.emit(min(round(frame), max(self._viewport.frames - 1, 0)))

    def update_read_out(self) -> None:
        """Draw the read-out anew."""
        self.update(painting.read_out_rect(self, self.projection, self._interaction.hover).toAlignedRect())

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

    def request_tiles(self) -> None:
        """Compute what is in sight; for whoever changed a companion."""
        width = self.projection.picture.width() * self.devicePixelRatioF()
        if self.pyramid is not None and width > 0:
            sounds = (self.sound, *self.companions)
            self._worker.request(wish for sound in sounds for wish in sound.wishes(self._viewport, width))

    def _on_tiles_advanced(self) -> None:
        self.update(self.projection.picture.toAlignedRect())
        self.picture_changed.emit()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter, whole = QPainter(self), QRectF(self.rect())
        painter.fillRect(event.rect(), QColor(self._theme.ground))
        painter.setFont(axis_font(self.font()))
        if self.pyramid is None:
            overlays.paint_words(painter, whole, _EMPTY, self._theme)
        else:
            self._paint_sound(painter, event.rect())
        if self._focus_ring:
            painter.setClipping(False)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(whole.adjusted(1, 1, -1, -1))

    def _paint_sound(self, painter: QPainter, dirty: QRect) -> None:
        at, hover = self.projection, self._interaction.hover
        painting.paint_axes(painter, self, at, dirty, active=self._ruler_height == 0)
        painting.paint_sound(painter, self, at, self.sound, self.selection_layer)
        self._interaction.tool.paint(painter)
        painting.paint_words(painter, self, at, self.sound, self._caption, hover, self._mix)
        if self._worker.failure is not None:
            overlays.paint_words(painter, at.picture, str(self._worker.failure), self._theme)

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
        self.request_tiles()

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
