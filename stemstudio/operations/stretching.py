"""Another key and tempo for a whole song, as a song of its own."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from dataclasses import dataclass, replace

from stemstudio.audio.clips import ClipStore
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.stretch import KEY_LIMITS, TEMPO_LIMITS, stretched, stretched_frames
from stemstudio.operations.graph import clip_source, stem_source
from stemstudio.operations.operation import Operation
from stemstudio.project.document import ClipRef, Marker, Project, Strip, Track, with_track


@dataclass(frozen=True)
class Stretched:
    """Clips of the stretched song: its mixture, and its stems in their order."""

    mixture: ClipRef
    stems: tuple[ClipRef, ...]


def stretch_track(track: Track, clips: ClipStore, semitones: float, tempo: float) -> Operation[Stretched]:
    """Make a new song of `track`, `semitones` higher and `tempo` times as fast; the old one stays.

    All stems are turned alike (`mixing.stretch`), so the new stems add up to the new song; faders, effects,
    automation, markers and bars go along. Repairs are part of the sound from then on.

    Raises
    ------
    BadInput
        If nothing is asked for, or more than can be done.
    """
    if not (TEMPO_LIMITS[0] <= tempo <= TEMPO_LIMITS[1] and KEY_LIMITS[0] <= semitones <= KEY_LIMITS[1]):
        raise BadInput(
            f"{semitones:+g} semitones at {tempo:.0%} cannot be done.", "Stay within two octaves and 25-400 %."
        )
    if semitones == 0 and tempo == 1:
        raise BadInput("Key and tempo are as they were.", "Change one of them.")
    name = f"{track.title} ({_asked(semitones, tempo)})"
    mixture = clip_source(track.mixture, clips)
    sources = [mixture, *(stem_source(stem, clips) for stem in track.stems)]
    frames, new_id = stretched_frames(mixture.frames, tempo), uuid.uuid4().hex

    def work(reporter: Reporter) -> Stretched:
        with ExitStack() as unfinished:
            writers = [unfinished.enter_context(clips.create(2, frames, mixture.sample_rate)) for _ in sources]
            done = 0
            for passage in stretched(sources, mixture, tempo, semitones):
                for index, writer in enumerate(writers):
                    writer.write(done, passage[2 * index : 2 * index + 2])
                done += passage.shape[1]
                reporter.update(done / max(frames, 1), "Changing key and tempo")
            refs = [ClipRef(writer.finish(), 2, frames, mixture.sample_rate) for writer in writers]
        return Stretched(refs[0], tuple(refs[1:]))

    def apply(project: Project, result: Stretched) -> Project:
        stems = tuple(
            replace(stem, id=uuid.uuid4().hex, clip=clip, patches=(), strip=_moved(stem.strip, tempo))
            for stem, clip in zip(track.stems, result.stems, strict=True)
        )
        bars = track.tempo and replace(
            track.tempo, bpm=track.tempo.bpm * tempo, first_beat_s=track.tempo.first_beat_s / tempo
        )
        snapshots = tuple(
            replace(each, stems=tuple(replace(stem, strip=_moved(stem.strip, tempo)) for stem in each.stems))
            for each in track.snapshots
        )
        new = replace(
            track, id=new_id, title=name, mixture=result.mixture, stems=stems, repairs=(), tempo=bars,
            snapshots=snapshots,
        )  # fmt: skip
        markers = tuple(_at(each, new_id, tempo) for each in project.markers if each.track_id == track.id)
        return replace(with_track(project, new), markers=(*project.markers, *markers))

    return Operation(f"Change to {_asked(semitones, tempo)}", Job(f"Making “{name}”", Lane.SEPARATE, work), apply)


def _asked(semitones: float, tempo: float) -> str:
    key = f"{semitones:+g} semitones".replace("-", "−") if semitones else ""
    return ", ".join(part for part in (key, f"{tempo:.0%}" if tempo != 1 else "") if part)


def _moved(strip: Strip, tempo: float) -> Strip:
    return replace(strip, automation=tuple((round(frame / tempo), gain_db) for frame, gain_db in strip.automation))


def _at(marker: Marker, track_id: str, tempo: float) -> Marker:
    frame, frames = round(marker.frame / tempo), round(marker.frames / tempo)
    return replace(marker, track_id=track_id, frame=frame, frames=frames)
