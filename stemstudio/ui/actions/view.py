"""The View menu."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stemstudio.spectral.colours import MAPS
from stemstudio.spectral.transforms import FRAME_SIZES
from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec
from stemstudio.ui.dialogs.tempo import TempoDialog

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def _set(window: MainWindow, name: str, value: str | bool) -> None:
    window.studio.update_settings(replace(window.studio.settings, **{name: value}))  # type: ignore[arg-type]


def _has_song(window: MainWindow) -> bool:
    return window.studio.track is not None


def _choice(
    setting: str, value: str, title: str, submenu: str, tip: str = "", keys: tuple[str, ...] = (), id_: str = ""
) -> ActionSpec:
    """One value of a setting, checked while it is chosen."""
    return ActionSpec(
        id_ or f"{setting}_{value or 'none'}",
        title,
        lambda window: _set(window, setting, value),
        keys,
        tip,
        checked=lambda window: getattr(window.studio.settings, setting) == value,
        submenu=submenu,
    )


def _separator(submenu: str) -> ActionSpec:
    return ActionSpec("", "-", lambda _window: None, submenu=submenu)


def _set_frame(window: MainWindow, frame: str) -> None:
    settings = window.studio.settings
    kind = settings.transform if settings.transform in _FRAMED else "stft"
    window.studio.update_settings(replace(settings, frame=frame, transform=kind))


def _frame(frame: str, title: str, tip: str = "") -> ActionSpec:
    return ActionSpec(
        f"frame_{frame}",
        title,
        lambda window: _set_frame(window, frame),
        (),
        tip,
        checked=lambda window: window.studio.settings.frame == frame and window.studio.settings.transform in _FRAMED,
        submenu="Transform",
    )


def _toggle_reassigned(window: MainWindow) -> None:
    _set(window, "transform", "stft" if window.studio.settings.transform == "reassigned" else "reassigned")


def _toggle_mix(window: MainWindow) -> None:
    _set(window, "comparison", "" if window.studio.settings.comparison == "mix" else "mix")


def _choose_bars(window: MainWindow) -> None:
    track = window.studio.track
    if track is not None and track.tempo is None:
        _ask_tempo(window)
    else:
        _set(window, "ruler", "bars")


def _ask_tempo(window: MainWindow) -> None:
    dialog = TempoDialog(window.studio, window.player, window)
    dialog.exec()
    dialog.deleteLater()


_FRAMED = ("stft", "reassigned")
_TRANSFORMS = (
    _frame("auto", "Frames that suit the zoom", "Shorter frames as you zoom into time, longer ones into frequency."),
    *(
        _frame(str(size), f"{size} samples", f"{size / 44.1:.0f} ms: {what}.")
        for size, what in zip(
            FRAME_SIZES,
            (
                "strokes to the sample",
                "strokes sharp, notes a blur",
                "strokes sharp",
                "between the two",
                "notes and strokes",
                "notes sharp",
                "low notes sharp, strokes a blur",
            ),
            strict=True,
        )
    ),
    _separator("Transform"),
    _choice(
        "transform", "multi", "Several resolutions", "Transform", "Long frames for low notes, short ones for strokes."
    ),
    _choice("transform", "cqt", "Constant-Q", "Transform", "The same sharpness in every octave."),
    _separator("Transform"),
    ActionSpec(
        "reassigned",
        "Reassigned",
        _toggle_reassigned,
        ("Ctrl+Shift+R",),
        "Draw sound where it came from: thin lines, thin strokes.",
        checked=lambda window: window.studio.settings.transform == "reassigned",
        submenu="Transform",
    ),
)
_SCALES = tuple(
    _choice("frequency_scale", value, title, "Scale", tip, id_=f"scale_{value}")
    for value, title, tip in (
        ("log", "Logarithmic frequency", "Octaves are equally high."),
        ("mel", "Mel frequency", "As the ear spaces pitches."),
        ("linear", "Linear frequency", "Harmonics are equally far apart."),
    )
)
_RULERS = (
    _choice("ruler", "seconds", "Seconds", "Ruler"),
    _choice("ruler", "samples", "Samples", "Ruler"),
    ActionSpec(
        "ruler_bars",
        "Bars and beats",
        _choose_bars,
        (),
        "Count bars; asks for the tempo if it is not known.",
        checked=lambda window: window.studio.settings.ruler == "bars",
        submenu="Ruler",
    ),
    _separator("Ruler"),
    ActionSpec("tempo", "Tempo…", _ask_tempo, (), "Set or estimate tempo and first beat.", _has_song, submenu="Ruler"),
)
_COMPARISONS = (
    _choice("comparison", "", "Nothing", "Compare", "Show the sound itself."),
    ActionSpec(
        "comparison_mix",
        "With the song",
        _toggle_mix,
        ("Ctrl+D",),
        "Gray is all in this stem, blue went elsewhere.",
        checked=lambda window: window.studio.settings.comparison == "mix",
        submenu="Compare",
    ),
    _choice("comparison", "base", "With before all repairs", "Compare", "What all repairs of this stem changed."),
    _choice("comparison", "step", "With before the last step", "Compare", "What the last step changed."),
)

ACTIONS = (
    ActionSpec("zoom_in", "Zoom in", lambda window: window.spectrogram.zoom(2.0), ("Ctrl++", "Ctrl+="), "", _has_song),
    ActionSpec("zoom_out", "Zoom out", lambda window: window.spectrogram.zoom(0.5), ("Ctrl+-",), "", _has_song),
    ActionSpec("fit", "Show the whole song", lambda window: window.spectrogram.fit(), ("Ctrl+0",), "", _has_song),
    SEPARATOR,
    *_TRANSFORMS,
    *_SCALES,
    *(_choice("colour_map", name, name.capitalize(), "Colours") for name in MAPS),
    *_RULERS,
    *_COMPARISONS,
    ActionSpec(
        "stacked",
        "Stack the stems",
        lambda window: _set(window, "stacked", not window.studio.settings.stacked),
        ("Ctrl+T",),
        "Show several lanes one above the other, at the same time and in the same band.",
        checked=lambda window: window.studio.settings.stacked,
        submenu="Stack",
    ),
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
