"""What the lanes show, computed from the document and from stems that are still being made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stemstudio.core.source import Source
from stemstudio.core.stems import StemKind, stem_kind
from stemstudio.operations.graph import stem_source
from stemstudio.operations.separating import LiveStems
from stemstudio.project.document import Strip, Track
from stemstudio.project.session import Session

MIXTURE = "mixture"
"""Key of the lane that shows the song as it was loaded."""


@dataclass(frozen=True, slots=True)
class StemLane:
    """One lane: `key` is the stem's id, its name while it is being made, or `MIXTURE`.

    `sound_key` changes whenever the sound does, so that pictures of it can be kept.
    """

    key: str
    kind: StemKind
    clip_id: str
    sound_key: str
    strip: Strip | None
    live: bool = False


_SONG = StemKind(MIXTURE, "Song", "#98A1B2")


def lanes_of(track: Track | None, live: LiveStems | None, live_strips: Mapping[str, Strip]) -> tuple[StemLane, ...]:
    """Return the lanes of `track`: the song, then its stems or those being made."""
    if track is None:
        return ()
    song = StemLane(MIXTURE, _SONG, track.mixture.id, track.mixture.id, None)
    if live is not None and live.clip_ids:
        return (
            song,
            *(
                StemLane(name, stem_kind(name), clip_id, clip_id, live_strips.get(name, Strip()), live=True)
                for name, clip_id in live.clip_ids.items()
            ),
        )
    return (
        song,
        *(
            StemLane(
                stem.id,
                stem_kind(stem.name),
                stem.clip.id,
                f"{stem.clip.id}:{hash(stem.patches)}",
                stem.strip,
            )
            for stem in track.stems
        ),
    )


def lane_source(session: Session, track: Track, lane: StemLane) -> Source:
    """Sound that a lane shows, before gain and pan."""
    for stem in track.stems:
        if stem.id == lane.key:
            return stem_source(stem, session.clips)
    return session.clips.open(lane.clip_id)
