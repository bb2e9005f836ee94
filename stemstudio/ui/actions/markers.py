"""The Markers menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.ui.actions.spec import ActionSpec
from stemstudio.ui.markers import add_marker, markers

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def add_at_playhead(window: MainWindow) -> None:
    """Mark what is heard now."""
    add_marker(window.studio, window.player.position)


def add_region(window: MainWindow) -> None:
    """Make a region of the selection or, where nothing is selected, of the loop."""
    selection, loop = window.editor.selection, window.player.loop
    if selection is not None:
        add_marker(window.studio, max(selection.extent.first, 0), selection.extent.frames)
    elif loop is not None:
        add_marker(window.studio, loop[0], loop[1] - loop[0])


def _has_range(window: MainWindow) -> bool:
    return window.editor.selection is not None or window.player.loop is not None


def _has_markers(window: MainWindow) -> bool:
    return bool(markers(window.studio))


def _next(window: MainWindow) -> None:
    after = [each.frame for each in markers(window.studio) if each.frame > window.player.position]
    if after:
        window.player.seek(after[0])
        window.spectrogram.reveal(after[0])


def _previous(window: MainWindow) -> None:
    # While it plays, "the one before" is not the one that was passed just now.
    now = window.player.position - (window.player.sample_rate // 2 if window.player.playing else 0)
    before = [each.frame for each in markers(window.studio) if each.frame < now]
    if before:
        window.player.seek(before[-1])
        window.spectrogram.reveal(before[-1])


ACTIONS = (
    ActionSpec(
        "add_marker",
        "Add marker",
        add_at_playhead,
        ("Ctrl+M",),
        "Mark the moment under the playhead.",
        lambda window: window.studio.track is not None,
    ),
    ActionSpec(
        "add_region",
        "Add region",
        add_region,
        ("Ctrl+Shift+M",),
        "Name the time of the selection, or of the loop.",
        _has_range,
    ),
    ActionSpec("next_marker", "Next marker", _next, (".",), "Go to the marker after the playhead.", _has_markers),
    ActionSpec(
        "previous_marker", "Previous marker", _previous, (",",), "Go to the marker before the playhead.", _has_markers
    ),
)
