"""The document: a tree of frozen values.

An edit is a pure function ``Project -> Project``. Nothing here knows files, threads or widgets; samples are named by
`ClipRef` and live in a `ClipStore`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stemstudio.core.params import ParamValue
from stemstudio.core.tempo import Tempo
from stemstudio.effects.chain import Chain
from stemstudio.mixing.placement import Placement


@dataclass(frozen=True, slots=True)
class ClipRef:
    """Names immutable samples in the clip store: shape (channels, frames) at `sample_rate`.

    The empty `id` is silence of that shape, which needs no file.
    """

    id: str
    channels: int
    frames: int
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Patch:
    """Samples that replace those of the base clip from frame `start` on."""

    start: int
    clip: ClipRef


@dataclass(frozen=True, slots=True)
class Strip:
    """A stem's place in the mix; see `mixing.mixer.MixInput`. A gain of -inf is written as -120."""

    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False
    width: float = 1.0
    invert: bool = False
    pan_law: str = "balance"
    automation: tuple[tuple[int, float], ...] = ()
    automation_off: bool = False
    """Whether the gain stays still although there are points."""


@dataclass(frozen=True, slots=True)
class Stem:
    """One stem of a track: its base clip, the patches upon it (later ones win), its effects, its place in the mix."""

    id: str
    name: str
    clip: ClipRef
    patches: tuple[Patch, ...] = ()
    strip: Strip = Strip()
    chain: Chain = ()
    placement: Placement | None = None
    """Its place in a room of loudspeakers; None for the one that is customary for its kind."""


@dataclass(frozen=True, slots=True)
class SnapshotStem:
    """What a snapshot keeps of the stem called `name`."""

    name: str
    strip: Strip = Strip()
    chain: Chain = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole mix under a name: place and effects of each stem, effects of the mix."""

    name: str
    stems: tuple[SnapshotStem, ...] = ()
    chain: Chain = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """How the stems were made, so that it can be done again: backend, every value, the program's version."""

    backend: str
    values: tuple[tuple[str, ParamValue], ...]
    program_version: str
    seconds: float = 0.0
    model: str = ""
    model_sha256: str = ""
    null_db: float | None = None
    """Level of mixture minus the sum of the stems, in dB relative to the mixture, as measured when they were made."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What a person did to the sound of some stems, so that it can be listed and done again.

    `action` is one of those of ``operations/repair_actions.py``; `stem` and `other` are names of stems: the one that
    was touched, and where what left it went (empty: nowhere, the song changed).
    `selection` is the text of a `repair.selection.Selection`.
    """

    action: str
    stem: str
    selection: str
    other: str = ""
    method: str = ""
    values: tuple[tuple[str, ParamValue], ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """A song: its mixture and, once separated, its stems, which add up to the mixture."""

    id: str
    title: str
    source_path: str
    mixture: ClipRef
    stems: tuple[Stem, ...] = ()
    receipt: Receipt | None = None
    notices: tuple[str, ...] = ()
    """What a person should know of the file, e.g. that it is lossy or band-limited."""
    repairs: tuple[Repair, ...] = ()
    """What was done to the stems since they were made, oldest first."""
    chain: Chain = ()
    """Effects of the mix."""
    snapshots: tuple[Snapshot, ...] = ()
    tempo: Tempo | None = None
    layout: str = ""
    """Loudspeakers that the song is mixed for, one of `mixing.layouts.LAYOUT_TITLES`; empty for stereo alone."""
    fold_down: str = "keep"
    """Whether their fold-down to stereo has to be the mix ('keep') or not ('free')."""

    def stem(self, stem_id: str) -> Stem:
        """Return the stem with that id; `KeyError` if there is none."""
        for stem in self.stems:
            if stem.id == stem_id:
                return stem
        raise KeyError(stem_id)


@dataclass(frozen=True, slots=True)
class Marker:
    """A named moment of a track, or a named region if it has a length."""

    track_id: str
    frame: int
    name: str
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Project:
    """All that a person has made; equal projects sound equal."""

    tracks: tuple[Track, ...] = ()
    markers: tuple[Marker, ...] = field(default=())

    def track(self, track_id: str) -> Track:
        """Return the track with that id; `KeyError` if there is none."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise KeyError(track_id)


Edit = Callable[[Project], Project]


def with_track(project: Project, track: Track) -> Project:
    """`project` with `track` in place of the one of the same id, or appended."""
    if any(each.id == track.id for each in project.tracks):
        return replace(project, tracks=tuple(track if each.id == track.id else each for each in project.tracks))
    return replace(project, tracks=(*project.tracks, track))


def with_patch(stem: Stem, patch: Patch) -> Stem:
    """`stem` with `patch` upon it; patches that it covers wholly are dropped, since nobody hears them any more."""
    end = patch.start + patch.clip.frames
    heard = tuple(each for each in stem.patches if each.start < patch.start or each.start + each.clip.frames > end)
    return replace(stem, patches=(*heard, patch))


def with_stem(project: Project, track_id: str, stem: Stem) -> Project:
    """`project` with `stem` in place of the one of the same id in that track."""
    track = project.track(track_id)
    stems = tuple(stem if each.id == stem.id else each for each in track.stems)
    return with_track(project, replace(track, stems=stems))
