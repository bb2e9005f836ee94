"""The Edit menu."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def can_undo(window: MainWindow) -> bool:
    """Whether there is a step to go back to."""
    return window.studio.session is not None and window.studio.session.history.can_undo


def can_redo(window: MainWindow) -> bool:
    """Whether a step was undone."""
    return window.studio.session is not None and window.studio.session.history.can_redo


def _has_strip(window: MainWindow) -> bool:
    lane = window.studio.lane
    return lane is not None and lane.strip is not None


def _mute(window: MainWindow) -> None:
    lane = window.studio.lane
    if lane is not None and lane.strip is not None:
        window.studio.set_strip(lane.key, replace(lane.strip, mute=not lane.strip.mute))


def _solo(window: MainWindow) -> None:
    lane = window.studio.lane
    if lane is not None and lane.strip is not None:
        window.studio.set_strip(lane.key, replace(lane.strip, solo=not lane.strip.solo))


def _next_lane(window: MainWindow, step: int) -> None:
    lanes, lane = window.studio.lanes(), window.studio.lane
    if lane is not None:
        keys = [each.key for each in lanes]
        window.studio.select_lane(keys[(keys.index(lane.key) + step) % len(keys)])


ACTIONS = (
    ActionSpec("undo", "Undo", lambda window: window.studio.undo(), ("Ctrl+Z",), "Take the last step back.", can_undo),
    ActionSpec(
        "redo", "Redo", lambda window: window.studio.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"), "Do it again.", can_redo
    ),
    SEPARATOR,
    ActionSpec("separate", "Separate", lambda window: window.separate(), ("Ctrl+Return",), "Make stems of the song."),
    SEPARATOR,
    ActionSpec("mute", "Mute stem", _mute, ("M",), "Silence the selected stem.", _has_strip),
    ActionSpec("solo", "Solo stem", _solo, ("S",), "Hear the selected stem alone.", _has_strip),
    ActionSpec("next_lane", "Next lane", lambda window: _next_lane(window, 1), ("]",), "Look at the next stem."),
    ActionSpec(
        "previous_lane", "Previous lane", lambda window: _next_lane(window, -1), ("[",), "Look at the one before."
    ),
)
