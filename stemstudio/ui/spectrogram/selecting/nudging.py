"""Keys that move and resize the selection."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selecting.handles import dragged
from stemstudio.ui.spectrogram.selecting.moving import moved

STEP_PX = 4
"""How far a key moves an edge on the screen."""

_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_MODIFIERS = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


def nudged(selection: Selection, key: int, modifiers: Qt.KeyboardModifier, at: Projection) -> Selection | None:
    """`selection` after a key, None if the key means nothing here.

    Alt and an arrow move it; Shift and an arrow move its right or its upper edge.
    """
    step = _STEPS.get(Qt.Key(key))
    if step is None:
        return None
    extent = selection.extent
    frames = step[0] * STEP_PX * at.viewport.span / max(at.picture.width(), 1)
    match modifiers & _MODIFIERS:
        case Qt.KeyboardModifier.AltModifier:
            middle = math.sqrt(max(extent.low_hz, 1.0) * max(extent.high_hz, 1.0))
            octaves = math.log2(max(_raised(middle, step[1], at), 1.0) / middle)
            return moved(selection, frames, octaves, at.viewport.frames)
        case Qt.KeyboardModifier.ShiftModifier if step[0]:
            last = min(extent.last + frames, at.viewport.frames)
            return selection.resized(dragged(extent, "right", last, 0, selection.sample_rate))
        case Qt.KeyboardModifier.ShiftModifier:
            high = min(_raised(extent.high_hz, step[1], at), selection.sample_rate / 2)
            return selection.resized(dragged(extent, "top", 0, high, selection.sample_rate))
    return None


def _raised(hertz: float, steps: int, at: Projection) -> float:
    band = at.viewport.top - at.viewport.bottom
    return at.scale.hertz(at.scale.place(hertz) + steps * STEP_PX * band / max(at.picture.height(), 1))
