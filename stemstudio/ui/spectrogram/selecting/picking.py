"""Tools that find a selection from one click: wand, harmonics, transient."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt

from stemstudio.ui.spectrogram.selecting.drawing import DrawingTool
from stemstudio.ui.spectrogram.selecting.mode import Mode
from stemstudio.ui.spectrogram.tools import Pointer


@dataclass(frozen=True)
class Pick:
    """A click that asks for something to be found: where, and how it joins what is selected."""

    frame: int
    hertz: float
    mode: Mode


class PickTool(DrawingTool):
    """Tells where it was clicked; whoever listens to the layer's `picked` knows which tool is in hand."""

    cursor = Qt.CursorShape.PointingHandCursor
    moves = False

    def clicked(self, at: Pointer) -> None:
        """Ask for what is there."""
        if not self._grip:
            self.view.selection_layer.picked.emit(Pick(round(at.frame), at.hertz, self._mode))

    def release(self, at: Pointer) -> None:
        """Take a drag that is no resizing for a click: hands shake."""
        if not self._grip:
            self._drags = False
        super().release(at)

    def move(self, at: Pointer) -> None:
        """See `Tool.move`."""
        if self._grip:
            super().move(at)
