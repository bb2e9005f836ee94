"""What a stem can be compared with, and its sound."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stemstudio.core.source import Source
from stemstudio.operations.graph import clip_source, stem_source
from stemstudio.project.differences import changed_frames
from stemstudio.project.document import Stem
from stemstudio.ui.lanes import MIXTURE, StemLane, sound_key
from stemstudio.ui.spectrogram.shelf import Changes
from stemstudio.ui.studio import Studio

COMPARISONS = (
    ("", "Nothing"),
    ("mix", "The song"),
    ("base", "Before all repairs"),
    ("step", "Before the last step"),
)
"""What the difference view can show the difference from: value of the setting and its title."""


@dataclass(frozen=True)
class Reference:
    """A sound to compare with: its key, what to call it, and where it differs if that is known."""

    source: Source
    key: str
    title: str
    changed: Changes | None = None


def reference_of(studio: Studio, lane: StemLane) -> Reference | None:
    """What `lane` is compared with as the settings say; None if there is no such sound."""
    track, comparison = studio.track, studio.settings.comparison
    if track is None or not comparison or lane.key == MIXTURE:
        return None
    if comparison == "mix":
        return Reference(clip_source(track.mixture, lane.clips), track.mixture.id, "the song")
    if lane.stem is None:
        return None
    if comparison == "base":
        return _earlier(lane, replace(lane.stem, patches=()), "before all repairs")
    earlier = _stem_before(studio, lane.stem)
    return None if earlier is None else _earlier(lane, earlier, "before the last step")


def _earlier(lane: StemLane, stem: Stem, title: str) -> Reference:
    assert lane.stem is not None
    return Reference(stem_source(stem, lane.clips), sound_key(stem), title, changed_frames(lane.stem, stem))


def _stem_before(studio: Studio, stem: Stem) -> Stem | None:
    """The same stem one step of the history earlier."""
    history = studio.session.history if studio.session else None
    if history is None or not history.can_undo:
        return None
    tracks = history.steps[history.index - 1].project.tracks
    return next((each for track in tracks for each in track.stems if each.id == stem.id), None)
