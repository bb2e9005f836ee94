"""Another sound under the one that is worked on: the same time, band, look, playhead, loop and selection."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from stemstudio.core.source import Source
from stemstudio.ui.spectrogram import overlays, painting
from stemstudio.ui.spectrogram.axes import axis_font
from stemstudio.ui.spectrogram.interaction import RULER_TIP
from stemstudio.ui.spectrogram.painting import Caption
from stemstudio.ui.spectrogram.projection import RULER_HEIGHT, Projection
from stemstudio.ui.spectrogram.selection_layer import SelectionLayer
from stemstudio.ui.spectrogram.shelf import Changes
from stemstudio.ui.spectrogram.sound_picture import SoundPicture
from stemstudio.ui.spectrogram.view import SpectrogramView

_REST_MS = 120
"""A picture that has stood still for so long is drawn with all its columns."""


class Companion(QWidget):
    """Follows `view`.

    A press asks for this sound to be worked on (`chosen`); the gesture then goes on in the view, which has come here
    meanwhile, so that one movement of the hand is enough.
    """

    chosen = Signal()

    def __init__(self, view: SpectrogramView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.sound = SoundPicture(view.shelf)
        self._selection = SelectionLayer(self)
        self._selection.quick = True
        self._caption: Caption = ()
        self._mouse: QPointF | None = None
        self._relays = False
        self._mix: Source | None = None
        self._playhead = view.playhead
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rest)
        view.add_companion(self.sound)
        view.view_changed.connect(self._on_view_changed)
        view.picture_changed.connect(self.update)
        view.playhead_moved.connect(self._on_playhead_moved)
        view.selection_layer.changed.connect(self._on_selection_changed)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumHeight(48)
        self._on_selection_changed()

    @property
    def projection(self) -> Projection:
        """Where sound is on the screen."""
        look, viewport = self._view.look, self._view.viewport
        return Projection(self.rect(), viewport, look.axis(viewport.sample_rate), 0)

    def show_sound(self, source: Source, key: str, name: str, colour: str) -> None:
        """Draw `source`, called `name`."""
        self.sound.show(source, key)
        self._caption = ((name, colour),)
        self.setAccessibleName(f"Spectrogram of {name}")
        self.setToolTip(f"Click to work on {name.lower()}.")
        self.update()

    def compare(self, source: Source | None, key: str, changed: Changes | None) -> None:
        """Draw the difference from another sound; see `SoundPicture.compare`."""
        self.sound.compare(source, key, changed)
        self.update()

    def set_mix(self, source: Source | None) -> None:
        """Name the mix, whose level the read-out tells too."""
        self._mix = source

    def leave(self) -> None:
        """Be computed no more; to be called before the widget goes."""
        self._view.companions.remove(self.sound)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter, at, view = QPainter(self), self.projection, self._view
        painter.fillRect(event.rect(), QColor(view.theme.ground))
        painter.setFont(axis_font(self.font()))
        painting.paint_axes(painter, view, at, event.rect())
        painting.paint_sound(painter, view, at, self.sound, self._selection)
        painting.paint_words(painter, view, at, self.sound, self._caption, self._mouse, self._mix)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        self._hover_at(None)
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()
        self._relays = True
        self._relay(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if self._relays:
            self._relay(event)
        else:
            inside = self.projection.picture.contains(event.position())
            self._hover_at(event.position() if inside else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        if self._relays:
            self._relays = event.buttons() != Qt.MouseButton.NoButton
            self._relay(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Qt's."""
        at, view = event.position(), self._view
        scaled = QPointF(at.x(), at.y() / max(self.height(), 1) * view.height())
        turned = QWheelEvent(
            scaled,
            event.globalPosition(),
            event.pixelDelta(),
            event.angleDelta(),
            event.buttons(),
            event.modifiers(),
            event.phase(),
            event.inverted(),
        )
        QApplication.sendEvent(view, turned)

    def leaveEvent(self, _event: QEvent) -> None:
        """Qt's."""
        self._hover_at(None)

    def _relay(self, event: QMouseEvent) -> None:
        view = self._view
        at = QPointF(view.mapFromGlobal(event.globalPosition()))
        relayed = QMouseEvent(
            event.type(), at, event.globalPosition(), event.button(), event.buttons(), event.modifiers()
        )
        QApplication.sendEvent(view, relayed)

    def _hover_at(self, position: QPointF | None) -> None:
        if position is not None or self._mouse is not None:
            self._mouse = position
            self.update()

    @Slot(float, float)
    def _on_view_changed(self, _start_s: float, _end_s: float) -> None:
        self.sound.set_coarse(True)
        self._rest.start()
        self.update()

    @Slot()
    def _on_rest(self) -> None:
        self.sound.set_coarse(False)
        self.update()

    @Slot()
    def _on_playhead_moved(self) -> None:
        view, at = self._view, self.projection
        old, self._playhead = self._playhead, view.playhead
        before, after = (painting.playhead_x(view, at, frame) for frame in (old, self._playhead))
        if before != after:
            for x in (before, after):
                if x is not None:
                    reach = overlays.PLAYHEAD_REACH
                    self.update(QRect(int(x) - reach, 0, 2 * reach, self.height()))

    @Slot()
    def _on_selection_changed(self) -> None:
        self._selection.set_selection(self._view.selection_layer.selection)


class RulerStrip(QWidget):
    """The time ruler over several pictures; the mouse does on it what it does on the view's own."""

    def __init__(self, view: SpectrogramView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        view.view_changed.connect(self._on_view_changed)
        view.picture_changed.connect(self.update)
        view.playhead_moved.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedHeight(RULER_HEIGHT)
        self.setAccessibleName("Time ruler")
        self.setToolTip(RULER_TIP)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's."""
        painter, view = QPainter(self), self._view
        painter.fillRect(event.rect(), QColor(view.theme.ground))
        painter.setFont(axis_font(self.font()))
        viewport = view.viewport
        at = Projection(self.rect(), viewport, view.look.axis(viewport.sample_rate))
        if view.pyramid is not None:
            painting.paint_axes(painter, view, at, at.ruler.toRect())
            painter.setClipRect(at.ruler)
            painting.paint_time(painter, view, at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        self._relay(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        self._relay(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        self._relay(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Qt's."""
        self._relay(event)

    def _relay(self, event: QMouseEvent) -> None:
        at = QPointF(event.position().x(), -1.0)  # over the view's picture is its ruler
        relayed = QMouseEvent(
            event.type(), at, event.globalPosition(), event.button(), event.buttons(), event.modifiers()
        )
        QApplication.sendEvent(self._view, relayed)

    @Slot(float, float)
    def _on_view_changed(self, _start_s: float, _end_s: float) -> None:
        self.update()
