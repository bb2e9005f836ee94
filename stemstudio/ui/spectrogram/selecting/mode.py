"""How what is drawn joins what is selected: by button, or by Shift and Alt while drawing."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt

from stemstudio.repair.selection import Selection


class Mode(Enum):
    """What becomes of the selection when something is drawn; the value is the button's name."""

    NEW = "new"
    ADD = "add"
    SUBTRACT = "subtract"
    INTERSECT = "intersect"


def mode_of(modifiers: Qt.KeyboardModifier, chosen: Mode) -> Mode:
    """Mode of a gesture: Shift adds, Alt takes away, both keep what is common, none leaves the `chosen` one."""
    shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
    alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
    if shift and alt:
        return Mode.INTERSECT
    return Mode.ADD if shift else Mode.SUBTRACT if alt else chosen


def combined(present: Selection | None, drawn: Selection | None, mode: Mode) -> Selection | None:
    """What is selected after `drawn`; None if nothing is."""
    if drawn is None or drawn.is_empty:
        return None if mode in {Mode.NEW, Mode.INTERSECT} else present
    if mode is Mode.NEW or (present is None and mode is Mode.ADD):
        return drawn
    if present is None:
        return None
    match mode:
        case Mode.ADD:
            result = present.added(drawn)
        case Mode.SUBTRACT:
            result = present.subtracted(drawn)
        case _:
            result = present.intersected(drawn)
    return None if result.is_empty else result
