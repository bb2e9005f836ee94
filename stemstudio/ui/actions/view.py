"""The View menu."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def _set(window: MainWindow, name: str, value: str | bool) -> None:
    window.studio.update_settings(replace(window.studio.settings, **{name: value}))  # type: ignore[arg-type]


def _has_song(window: MainWindow) -> bool:
    return window.studio.track is not None


def _scale(value: str, title: str) -> ActionSpec:
    return ActionSpec(
        f"scale_{value}",
        title,
        lambda window: _set(window, "frequency_scale", value),
        checked=lambda window: window.studio.settings.frequency_scale == value,
    )


ACTIONS = (
    ActionSpec("zoom_in", "Zoom in", lambda window: window.spectrogram.zoom(2.0), ("Ctrl++", "Ctrl+="), "", _has_song),
    ActionSpec("zoom_out", "Zoom out", lambda window: window.spectrogram.zoom(0.5), ("Ctrl+-",), "", _has_song),
    ActionSpec("fit", "Show the whole song", lambda window: window.spectrogram.fit(), ("Ctrl+0",), "", _has_song),
    SEPARATOR,
    _scale("log", "Logarithmic frequency"),
    _scale("mel", "Mel frequency"),
    _scale("linear", "Linear frequency"),
    SEPARATOR,
    ActionSpec(
        "follow",
        "Scroll with the playhead",
        lambda window: _set(window, "follow_playhead", not window.studio.settings.follow_playhead),
        checked=lambda window: window.studio.settings.follow_playhead,
    ),
    ActionSpec(
        "light",
        "Light theme",
        lambda window: _set(window, "theme", "dark" if window.studio.settings.theme == "light" else "light"),
        checked=lambda window: window.studio.settings.theme == "light",
    ),
)
