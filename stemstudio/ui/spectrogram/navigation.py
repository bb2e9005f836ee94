"""Wheel and keys: from an event to the viewport that it asks for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt

from stemstudio.ui.spectrogram.viewport import Viewport

_NOTCH = 120
_ZOOM = 1.25
_STEP = 0.1
_PAGE = 0.9


def wheel_turned(
    viewport: Viewport, x: float, y: float, turn: QPoint, modifiers: Qt.KeyboardModifier, *, on_axis: bool
) -> Viewport:
    """View after the wheel turned by `turn` (eighths of a degree) with the mouse at `x`, `y` (0 to 1).

    Plain: zoom in time. Sideways: move in time. Control, or on the frequency axis: zoom in frequency. Shift: move in
    frequency.
    """
    sideways = abs(turn.x()) > abs(turn.y())
    notches = (turn.x() if sideways else turn.y()) / _NOTCH
    # Some systems turn the wheel sideways while Shift is held.
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return viewport.panned_band(_STEP * notches)
    if sideways:
        return viewport.panned(-_STEP * notches)
    if on_axis or modifiers & Qt.KeyboardModifier.ControlModifier:
        return viewport.zoomed_band(_ZOOM**notches, y)
    return viewport.zoomed(_ZOOM**notches, x)


def key_pressed(viewport: Viewport, key: int, modifiers: Qt.KeyboardModifier, anchor: float) -> Viewport | None:
    """View after a key, None if the key means nothing here; zooming keeps `anchor` (0 to 1 in time) in place."""
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        factor = {Qt.Key.Key_Up: _ZOOM, Qt.Key.Key_Down: 1 / _ZOOM}.get(Qt.Key(key))
        return None if factor is None else viewport.zoomed_band(factor, 0.5)
    action = _KEYS.get(Qt.Key(key))
    return None if action is None else action(viewport, anchor)


_KEYS: dict[Qt.Key, Callable[[Viewport, float], Viewport]] = {
    Qt.Key.Key_Plus: lambda viewport, anchor: viewport.zoomed(_ZOOM**2, anchor),
    Qt.Key.Key_Equal: lambda viewport, anchor: viewport.zoomed(_ZOOM**2, anchor),
    Qt.Key.Key_Minus: lambda viewport, anchor: viewport.zoomed(_ZOOM**-2, anchor),
    Qt.Key.Key_Left: lambda viewport, _: viewport.panned(-_STEP),
    Qt.Key.Key_Right: lambda viewport, _: viewport.panned(_STEP),
    Qt.Key.Key_Up: lambda viewport, _: viewport.panned_band(_STEP),
    Qt.Key.Key_Down: lambda viewport, _: viewport.panned_band(-_STEP),
    Qt.Key.Key_Home: lambda viewport, _: viewport.over(0, viewport.span),
    Qt.Key.Key_End: lambda viewport, _: viewport.over(viewport.frames, viewport.span),
    Qt.Key.Key_PageUp: lambda viewport, _: viewport.panned(-_PAGE),
    Qt.Key.Key_PageDown: lambda viewport, _: viewport.panned(_PAGE),
    Qt.Key.Key_F: lambda viewport, _: Viewport.whole(viewport.sample_rate, viewport.frames),
}
