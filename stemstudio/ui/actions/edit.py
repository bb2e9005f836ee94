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


def _undo(window: MainWindow) -> None:
    """Step back; say so where that takes lanes away, since who drew something may have meant that."""
    studio = window.studio
    label, lanes = _undone(window), len(studio.lanes())
    studio.undo()
    if studio.track is not None and len(studio.lanes()) < lanes:
        window.notices.show_notice(f"Undone: {label}.", "", (("Redo", studio.redo),), brief=True)


def _undone(window: MainWindow) -> str:
    return window.studio.session.history.undo_label if can_undo(window) and window.studio.session else ""


def _redone(window: MainWindow) -> str:
    return window.studio.session.history.redo_label if can_redo(window) and window.studio.session else ""


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
    ActionSpec("undo", "Undo", _undo, ("Ctrl+Z",), "Take the last step back.", can_undo, touches=_undone),
    ActionSpec(
        "redo",
        "Redo",
        lambda window: window.studio.redo(),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "Do it again.",
        can_redo,
        touches=_redone,
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
