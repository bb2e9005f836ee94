"""The Playback menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def _has_song(window: MainWindow) -> bool:
    return window.player.frames > 0


def _skip(window: MainWindow, seconds: float) -> None:
    window.player.seek(window.player.position + round(seconds * window.player.sample_rate))


ACTIONS = (
    ActionSpec("play", "Play or pause", lambda window: window.player.toggle(), ("Space",), "", _has_song),
    ActionSpec("stop", "Stop", lambda window: window.player.stop(), ("Shift+Space",), "Go to the start.", _has_song),
    ActionSpec("back", "Back 5 seconds", lambda window: _skip(window, -5), ("Ctrl+Left",), "", _has_song),
    ActionSpec("ahead", "Ahead 5 seconds", lambda window: _skip(window, 5), ("Ctrl+Right",), "", _has_song),
    SEPARATOR,
    ActionSpec(
        "loop",
        "Loop",
        lambda window: window.player.set_looping(not window.player.looping),
        ("L",),
        "Repeat the range that was dragged in the time ruler.",
        _has_song,
        lambda window: window.player.looping,
    ),
    ActionSpec(
        "original",
        "Hear the original",
        lambda window: window.player.set_original(not window.player.original),
        ("O",),
        "Compare the mix of the stems with the song as it was loaded.",
        lambda window: window.player.has_stems,
        lambda window: window.player.original,
    ),
)
