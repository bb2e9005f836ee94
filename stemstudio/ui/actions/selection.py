"""The Select menu: tools, and what is done to a selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec
from stemstudio.ui.spectrogram.selecting.catalogue import TOOLS, ToolSpec

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def _has_song(window: MainWindow) -> bool:
    return window.studio.track is not None


def _has_selection(window: MainWindow) -> bool:
    return window.editor.selection is not None


def _take(spec: ToolSpec) -> ActionSpec:
    return ActionSpec(
        f"tool_{spec.id}",
        spec.title,
        lambda window: window.workplace.selecting.set_tool(spec.id),
        (spec.key,),
        spec.tip,
        _has_song,
        lambda window: window.workplace.selecting.tool.id == spec.id,
    )


ACTIONS = (
    *(_take(spec) for spec in TOOLS),
    ActionSpec(
        "pick_at_playhead",
        "Find at the playhead",
        lambda window: window.workplace.selecting.pick_at_playhead(),
        ("Ctrl+K",),
        "Let the wand, harmonics or transient tool find what is loudest under the playhead.",
        lambda window: _has_song(window) and window.workplace.selecting.tool.finds,
    ),
    SEPARATOR,
    ActionSpec(
        "select_all", "Select all", lambda window: window.workplace.edits.select_all(), ("Ctrl+A",), "", _has_song
    ),
    ActionSpec(
        "select_in_sight",
        "Select what is in sight",
        lambda window: window.workplace.edits.select_in_sight(),
        ("Ctrl+Alt+A",),
        "",
        _has_song,
    ),
    ActionSpec(
        "select_none",
        "Select none",
        lambda window: window.workplace.edits.select_none(),
        ("Ctrl+Shift+A",),
        "",
        _has_selection,
    ),
    ActionSpec(
        "invert",
        "Invert selection",
        lambda window: window.workplace.edits.invert(),
        ("Ctrl+I",),
        "All else of the time in sight.",
        _has_selection,
    ),
    SEPARATOR,
    ActionSpec("grow", "Grow selection", lambda window: window.workplace.edits.grow(), ("Ctrl+]",), "", _has_selection),
    ActionSpec(
        "shrink", "Shrink selection", lambda window: window.workplace.edits.shrink(), ("Ctrl+[",), "", _has_selection
    ),
    ActionSpec(
        "feather", "Feather selection", lambda window: window.workplace.edits.feather(), ("Ctrl+F",), "", _has_selection
    ),
    ActionSpec(
        "whole_time", "Select all time", lambda window: window.workplace.edits.whole_time(), (), "", _has_selection
    ),
    ActionSpec(
        "whole_band",
        "Select all frequencies",
        lambda window: window.workplace.edits.whole_band(),
        (),
        "",
        _has_selection,
    ),
    SEPARATOR,
    ActionSpec(
        "snap_zero",
        "Snap to zero crossings",
        lambda window: window.workplace.edits.snap_to_zero_crossings(),
        ("Z",),
        "Start and end where the sound crosses zero.",
        _has_selection,
    ),
    ActionSpec(
        "snap_beats",
        "Snap to beats",
        lambda window: window.workplace.edits.snap_to_beats(),
        ("Shift+Z",),
        "Start and end on a beat of the song.",
        _has_selection,
    ),
)
