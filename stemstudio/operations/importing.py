"""Bringing a song into the project."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from stemstudio.audio.bandwidth import notices
from stemstudio.audio.clips import ClipStore
from stemstudio.audio.decode import Decoder
from stemstudio.audio.probe import describe
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.importing_stems import decode_stems
from stemstudio.operations.operation import Operation
from stemstudio.project.document import ClipRef, Project, Stem, Track, with_track


@dataclass(frozen=True)
class Imported:
    """A decoded song: its title, its samples and what a person should know of the file."""

    title: str
    path: str
    clip: ClipRef
    notices: tuple[str, ...]
    stems: tuple[tuple[str, ClipRef], ...] = ()
    """Stems by name that came in the same file, residual last."""


def import_song(path: Path, clips: ClipStore) -> Operation[Imported]:
    """Decode the file at `path` into `clips` and append it, with the stems that it holds, to the project as a track."""
    track_id = uuid.uuid4().hex

    def work(reporter: Reporter) -> Imported:
        song = decode_song(path, clips, reporter.part(0.0, 0.5))
        try:
            return replace(song, stems=decode_stems(path, song.clip, clips, reporter.part(0.5, 1.0)))
        except BadInput as error:
            return replace(song, notices=(*song.notices, f"The stems in the file were left out: {error.what}"))

    def apply(project: Project, song: Imported) -> Project:
        stems = tuple(Stem(uuid.uuid4().hex, name, clip) for name, clip in song.stems)
        track = Track(track_id, song.title, song.path, song.clip, stems, notices=song.notices)
        return with_track(project, track)

    job = Job(f"Opening “{path.stem}”", Lane.IO, work)
    return Operation(f"Open {path.stem}", job, apply)


def decode_song(path: Path, clips: ClipStore, reporter: Reporter) -> Imported:
    """Decode the file at `path` into a new clip of `clips`.

    Raises
    ------
    UserError
        If the file cannot be read or the clip cannot be written; nothing is left behind.
    """
    reporter.update(0.0, "Reading")
    start = 0
    with Decoder(path) as decoder, clips.create(decoder.channels, None, decoder.sample_rate) as writer:
        for block in decoder:
            writer.write(start, block)
            start += block.shape[1]
            reporter.update(0.95 * start / max(decoder.frames_estimate or 1, start), "Reading")
        info = describe(decoder)
        clip_id = writer.finish()
    clip = ClipRef(clip_id, decoder.channels, start, decoder.sample_rate)
    reporter.update(0.95, "Measuring")
    return Imported(info.title or path.stem, str(path), clip, notices(info, clips.open(clip_id)))
