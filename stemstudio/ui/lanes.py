"""What the lanes show, computed from the document and from stems that are still being made."""

from __future__ import annotations

from dataclasses import dataclass, field

from stemstudio.audio.clips import ClipStore
from stemstudio.core.source import Source
from stemstudio.core.stems import StemKind, stem_kind
from stemstudio.operations.envelope import Drawable, clip_envelope, stem_envelope
from stemstudio.operations.graph import clip_source, stem_source
from stemstudio.operations.separating import LiveStems
from stemstudio.project.document import ClipRef, Stem, Strip, Track

MIXTURE = "mixture"
"""Key of the lane that shows the song as it was loaded."""

_SONG = StemKind(MIXTURE, "Song", "#98A1B2")


@dataclass
class RunningSeparation:
    """A separation at work: its stems as they grow, its job, and where they were placed in the mix meanwhile."""

    live: LiveStems
    job_id: str
    strips: dict[str, Strip] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StemLane:
    """One lane: `key` is the stem's name, the same while it is made and when it is finished, or `MIXTURE`.

    `sound_key` changes whenever the sound does, so that pictures of it can be kept; it is another one while the stem
    grows. `clips` holds the clip: a stem that
    is being made stays where its separation began.
    """

    key: str
    kind: StemKind
    clip: ClipRef
    clips: ClipStore
    sound_key: str
    strip: Strip | None = None
    stem: Stem | None = None
    live: bool = False

    def source(self) -> Source:
        """Sound that the lane shows, before gain and pan."""
        return stem_source(self.stem, self.clips) if self.stem else clip_source(self.clip, self.clips)

    def envelope(self) -> Drawable | None:
        """Waveform of that sound; None while its peaks have to be built first."""
        if self.stem:
            return stem_envelope(self.stem, self.clips, build=False)
        return clip_envelope(self.clip, self.clips, build=False)


def lanes_of(track: Track, clips: ClipStore, running: RunningSeparation | None) -> tuple[StemLane, ...]:
    """Return the lanes of `track`: the song, then its stems or, once they begin, those being made."""
    song = StemLane(MIXTURE, _SONG, track.mixture, clips, track.mixture.id)
    if running is not None and running.live.clip_ids:
        return (song, *_live_lanes(track, running))
    return (
        song,
        *(
            StemLane(stem.name, stem_kind(stem.name), stem.clip, clips, sound_key(stem), stem.strip, stem)
            for stem in track.stems
        ),
    )


def live_strips(track: Track, running: RunningSeparation) -> dict[str, Strip]:
    """Place in the mix of the stems being made: as it was set meanwhile, or that of the stem they will replace."""
    before = {stem.name: stem.strip for stem in track.stems}
    return {name: running.strips.get(name, before.get(name, Strip())) for name in running.live.names}


def _live_lanes(track: Track, running: RunningSeparation) -> list[StemLane]:
    strips = live_strips(track, running)
    lanes = []
    for name, clip_id in running.live.clip_ids.items():
        clip = ClipRef(clip_id, track.mixture.channels, track.mixture.frames, track.mixture.sample_rate)
        lanes.append(
            StemLane(name, stem_kind(name), clip, running.live.clips, f"{clip_id} live", strips[name], live=True)
        )
    return lanes


def sound_key(stem: Stem) -> str:
    """Name of a stem's sound as it is now; another one after every repair."""
    base = stem.clip.id or f"silence {stem.id}"
    return f"{base}:{hash(stem.patches)}" if stem.patches else base
