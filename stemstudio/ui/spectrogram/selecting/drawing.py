"""What all drawing tools share: modes, moving and resizing what is selected, the draft, Escape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selecting import handles
from stemstudio.ui.spectrogram.selecting.mode import Mode, combined, mode_of
from stemstudio.ui.spectrogram.selecting.moving import moved
from stemstudio.ui.spectrogram.selecting.settings import ToolSettings
from stemstudio.ui.spectrogram.tools import DRAG_PIXELS, Pointer, Tool

if TYPE_CHECKING:
    from stemstudio.ui.spectrogram.view import SpectrogramView

_INSIDE = "inside"


class DrawingTool(Tool):
    """Draws a selection with the button held; a subclass says how.

    A drag that begins inside the selection moves it (unless `moves` is false), one on a handle resizes it. A click
    outside selects nothing; where nothing is selected it plays from there.
    """

    cursor = Qt.CursorShape.CrossCursor
    moves = True

    def __init__(self, view: SpectrogramView, settings: ToolSettings) -> None:
        super().__init__(view)
        self.settings = settings
        self._pressed: Pointer | None = None
        self._drags = False
        self._grip = ""
        self._mode = Mode.NEW

    def begin(self, at: Pointer) -> None:
        """Start to draw."""

    def extend(self, at: Pointer) -> None:
        """Draw on."""

    def drawn(self) -> Selection | None:
        """What is drawn so far."""
        return None

    def press(self, at: Pointer) -> None:
        """See `Tool.press`."""
        self._pressed, self._drags = at, False
        self._mode = mode_of(at.modifiers, self.settings.mode)
        self._grip = self._grip_at(at)
        if not self._grip:
            self.begin(at)

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        if self._pressed is None:
            return
        way = at.position - self._pressed.position
        self._drags = self._drags or math.hypot(way.x(), way.y()) >= DRAG_PIXELS
        if self._grip and self._drags:
            self.view.selection_layer.set_draft(self._carried(at), instead=True)
        elif not self._grip:
            self.extend(at)
            if self._drags:
                self.view.selection_layer.set_draft(self.drawn(), instead=self._mode is Mode.NEW)

    def release(self, at: Pointer) -> None:
        """See `Tool.release`."""
        self.move(at)
        pressed, self._pressed = self._pressed, None
        layer = self.view.selection_layer
        layer.set_draft(None)
        if pressed is None:
            return
        if not self._drags:
            self.clicked(pressed)
        elif self._grip:
            self._pressed = pressed
            layer.made.emit(self._carried(at))
            self._pressed = None
        else:
            layer.made.emit(combined(layer.selection, self.drawn(), self._mode))

    def clicked(self, at: Pointer) -> None:
        """The button went down and up in one place."""
        layer = self.view.selection_layer
        if self._grip or self._mode is not Mode.NEW:
            return
        if layer.selection is not None:
            layer.made.emit(None)
        else:
            self.view.request_seek(at.frame)

    def cancel(self) -> None:
        """See `Tool.cancel`."""
        self._pressed = None
        self.view.selection_layer.set_draft(None)

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:
        """See `Tool.cursor_at`."""
        grip = self._grip_at(at) if mode_of(at.modifiers, self.settings.mode) is Mode.NEW else ""
        return Qt.CursorShape.SizeAllCursor if grip == _INSIDE else handles.CURSORS.get(grip, self.cursor)

    def hertz(self, at: Pointer) -> float:
        """Frequency that is meant: the edge of an axis that is all in sight means the end of the spectrum."""
        seen, area = self.view.viewport, self.view.projection.picture
        if at.position.y() <= area.top() and seen.top >= 1:
            return seen.sample_rate / 2
        if at.position.y() >= area.bottom() - 1 and seen.bottom <= 0:
            return 0.0
        return at.hertz

    def _grip_at(self, at: Pointer) -> str:
        if mode_of(at.modifiers, self.settings.mode) is not Mode.NEW:
            return ""
        layer = self.view.selection_layer
        return layer.handle_at(at.position) or (_INSIDE if self.moves and layer.contains(at.frame, at.hertz) else "")

    def _carried(self, at: Pointer) -> Selection | None:
        """The selection after its grip was dragged to `at`."""
        selection, start = self.view.selection_layer.selection, self._pressed
        if selection is None or start is None:
            return selection
        if self._grip == _INSIDE:
            octaves = math.log2(max(at.hertz, 1.0) / max(start.hertz, 1.0))
            return moved(selection, at.frame - start.frame, octaves, self.view.viewport.frames)
        frame, hertz = at.frame, self.hertz(at)
        return selection.resized(handles.dragged(selection.extent, self._grip, frame, hertz, selection.sample_rate))


def screen_line(start: QPointF, end: QPointF, step_px: float) -> list[QPointF]:
    """Points from `start` (left out) to `end`, `step_px` apart: straight on the screen whatever the axis is."""
    way = end - start
    count = max(math.ceil(math.hypot(way.x(), way.y()) / step_px), 1)
    return [start + way * (each / count) for each in range(1, count + 1)]


def place_at(at: Projection, point: QPointF) -> tuple[float, float]:
    """Frame and frequency at a pixel, also outside the picture, kept inside the sound and its spectrum."""
    view, area = at.viewport, at.picture
    frame = view.frame((point.x() - area.left()) / max(area.width(), 1))
    hertz = at.scale.hertz(view.place((point.y() - area.top()) / max(area.height(), 1)))
    return min(max(frame, 0.0), float(view.frames)), min(max(hertz, 0.0), view.sample_rate / 2)
