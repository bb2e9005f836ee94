"""The Mix menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.operations.mix_edits import MIX
from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec
from stemstudio.ui.dialogs.key_tempo import change_key_and_tempo

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def _has_effects(window: MainWindow) -> bool:
    place = window.desk.place
    return place is not None and bool(window.desk.chain(place))


def _has_stem(window: MainWindow) -> bool:
    return window.desk.place not in {None, MIX}


def _has_stems(window: MainWindow) -> bool:
    return bool(window.studio.track and window.studio.track.stems)


def _compare(window: MainWindow) -> None:
    place = window.desk.place
    if place is not None:
        window.desk.compare(place, window.desk.bypassed != place)


def _automate(window: MainWindow) -> None:
    place = window.desk.place
    if place:
        window.desk.switch_automation(place, not window.desk.is_automated(place))


def _minus(window: MainWindow) -> None:
    if window.desk.place:
        window.desk.minus_one([window.desk.place])


def _only(window: MainWindow) -> None:
    if window.desk.place:
        window.desk.only([window.desk.place])


ACTIONS = (
    ActionSpec(
        "effects", "Effects", lambda window: window.inspector.show_page("Effects"), ("F6",),
        "Show the effects of the selected stem or of the mix.",
    ),
    ActionSpec(
        "mix", "Mix", lambda window: window.inspector.show_page("Mix"), ("F7",),
        "Show loudness, snapshots and each stem's place in the mix.",
    ),
    SEPARATOR,
    ActionSpec(
        "compare_effects", "Hear without effects", _compare, ("E",),
        "Compare with the sound before its effects, at the same loudness.",
        _has_effects, lambda window: window.desk.bypassed is not None,
    ),
    ActionSpec(
        "automation", "Automation on or off", _automate, ("Shift+A",), "Gain of the stem by points on its lane.",
        _has_stem,
    ),
    SEPARATOR,
    ActionSpec("minus_one", "Without this stem", _minus, (), "Mute it and nothing else.", _has_stem),
    ActionSpec("only", "Only this stem", _only, (), "Mute all others.", _has_stem),
    ActionSpec("reset_mix", "Reset the mix", lambda window: window.desk.reset(), (), "The song again.", _has_stems),
    SEPARATOR,
    ActionSpec(
        "stretch", "Change key and tempo…", lambda window: change_key_and_tempo(window.studio, window.desk, window), (),
        "Make a new song of this one in another key or at another tempo.",
        lambda window: window.studio.track is not None and window.studio.running is None,
    ),
)  # fmt: skip
