"""What the mouse does on the spectrogram: one small object per tool, told in time and frequency.

The view hands a press, the moves with the button held and the release to one tool. A new tool is a subclass and needs
to know nothing of pixels or pyramids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

if TYPE_CHECKING:
    from stemstudio.ui.spectrogram.view import SpectrogramView

DRAG_PIXELS = 4
"""A press that moves less than this is a click."""


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is: on the sound (`frame`, clipped to it; `hertz`) and on the view (`position`, in pixels)."""

    frame: float
    hertz: float
    position: QPointF
    modifiers: Qt.KeyboardModifier


class Tool:
    """Does nothing; the base of all tools of `view`."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, view: SpectrogramView) -> None:
        self.view = view

    def press(self, at: Pointer) -> None:
        """The button went down."""

    def press_again(self, at: Pointer) -> None:
        """The button went down for the second time of a double click."""
        self.press(at)

    def move(self, at: Pointer) -> None:
        """The mouse moved with the button held."""

    def release(self, at: Pointer) -> None:
        """The button went up."""

    def cancel(self) -> None:
        """The gesture ends without effect: Escape, another tool."""

    @property
    def busy(self) -> bool:
        """Whether a gesture goes on although no button is held, as a polygon's does from click to click."""
        return False

    def hover(self, at: Pointer | None) -> None:
        """The mouse moved with no button held; None: it left the picture."""

    def cursor_at(self, at: Pointer) -> Qt.CursorShape:  # noqa: ARG002 - for tools whose cursor tells what is there
        """Cursor over a place of the picture."""
        return self.cursor

    def key(self, event: QKeyEvent) -> bool:  # noqa: ARG002 - for tools that know keys
        """Act on a key before the view does; False leaves it to the view."""
        return False

    def paint(self, painter: QPainter) -> None:
        """Draw over the picture; the painter is clipped to it and in the view's coordinates."""


class SeekTool(Tool):
    """Plays from where one clicks or drags to."""

    cursor = Qt.CursorShape.CrossCursor

    def press(self, at: Pointer) -> None:
        """See `Tool.press`."""
        self.view.request_seek(at.frame)

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        self.view.request_seek(at.frame)


class HandTool(Tool):
    """Drags the picture along."""

    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self, view: SpectrogramView) -> None:
        super().__init__(view)
        self._from: QPointF | None = None

    def press(self, at: Pointer) -> None:
        """See `Tool.press`."""
        self._from = at.position

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        if self._from is None:
            return
        step = at.position - self._from
        self._from = at.position
        area = self.view.projection.picture
        panned = self.view.viewport.panned(-step.x() / max(area.width(), 1))
        self.view.set_viewport(panned.panned_band(step.y() / max(area.height(), 1)))


class BandTool(HandTool):
    """Drags along the frequency axis only."""

    cursor = Qt.CursorShape.SizeVerCursor

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        start = self.view.viewport.start
        super().move(at)
        self.view.set_viewport(self.view.viewport.over(start, self.view.viewport.span))


class RulerTool(Tool):
    """Click plays from there; drag makes a loop."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, view: SpectrogramView) -> None:
        super().__init__(view)
        self._from: Pointer | None = None
        self._drags = False

    def press(self, at: Pointer) -> None:
        """See `Tool.press`."""
        self._from, self._drags = at, False

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        if self._from is None:
            return
        self._drags = self._drags or abs(at.position.x() - self._from.position.x()) >= DRAG_PIXELS
        if self._drags:
            self.view.set_loop(self._range(at))

    def release(self, at: Pointer) -> None:
        """See `Tool.release`."""
        if self._from is None:
            return
        if self._drags:
            self.view.request_loop(*self._range(at))
        else:
            self.view.request_seek(self._from.frame)
        self._from = None

    def cancel(self) -> None:
        """See `Tool.cancel`."""
        if self._from is not None and self._drags:
            self.view.set_loop(None)
        self._from = None

    def _range(self, at: Pointer) -> tuple[int, int]:
        assert self._from is not None
        low, high = sorted((round(self._from.frame), round(at.frame)))
        return low, max(high, low + 1)
