"""Separating a track into stems that add up to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stemstudio import __version__
from stemstudio.audio.clips import ClipStore, ClipWriter
from stemstudio.core.buffer import Samples
from stemstudio.core.params import Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.stems import RESIDUAL
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.operation import Operation
from stemstudio.project.document import ClipRef, Project, Receipt, Stem, Track, with_track
from stemstudio.separation.engine import separate
from stemstudio.separation.registry import backend


@dataclass
class LiveStems:
    """Stems while they are being made: readable sources by name, and how many frames of them are there.

    The worker fills `clip_ids` once, before the first sound; any thread may read. The clips lie in `clips`, also if the
    project has moved elsewhere meanwhile.
    """

    track_id: str
    names: tuple[str, ...]
    clips: ClipStore
    clip_ids: Mapping[str, str] = field(default_factory=dict)
    written_frames: int = 0


@dataclass(frozen=True)
class Separated:
    """Finished stems by name, in order, and how they were made."""

    clips: tuple[tuple[str, ClipRef], ...]
    receipt: Receipt


class _ClipSink:
    """A `StemSink` that writes each stem into a clip that can be read meanwhile."""

    def __init__(self, mix: Source, clips: ClipStore, live: LiveStems) -> None:
        self._live = live
        self.writers: dict[str, ClipWriter] = {}
        try:
            for name in live.names:
                self.writers[name] = clips.create(mix.channels, mix.frames, mix.sample_rate)
        except BaseException:
            self.discard()
            raise
        live.clip_ids = {name: writer.id for name, writer in self.writers.items()}

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        for name, samples in stems.items():
            self.writers[name].write(start, samples)
            frames = samples.shape[1]
        self._live.written_frames = start + frames

    def finish(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, writer.finish()) for name, writer in self.writers.items())

    def discard(self) -> None:
        self._live.written_frames = 0
        self._live.clip_ids = {}
        for writer in self.writers.values():
            writer.discard()


def separate_track(
    track: Track, clips: ClipStore, backend_id: str, values: Values
) -> tuple[Operation[Separated], LiveStems]:
    """Separate the mixture of `track`; its stems, residual last, replace those it had and what was mended in them.

    Returns the operation and a view of the stems as they grow.
    """
    info = backend(backend_id).info
    live = LiveStems(track.id, (*info.stems, RESIDUAL), clips)
    mix = clips.open(track.mixture.id)

    def work(reporter: Reporter) -> Separated:
        reporter.update(0.0, "Preparing")
        sink = _ClipSink(mix, clips, live)
        try:
            report = separate(mix, backend_id, values, sink, reporter)
            finished = sink.finish()
        except BaseException:
            sink.discard()
            raise
        refs = tuple((name, ClipRef(clip_id, mix.channels, mix.frames, mix.sample_rate)) for name, clip_id in finished)
        receipt = Receipt(
            backend_id,
            tuple(sorted(report.values.items())),
            __version__,
            seconds=report.seconds,
            null_db=report.null_db,
        )
        return Separated(refs, receipt)

    def apply(project: Project, result: Separated) -> Project:
        if all(each.id != track.id for each in project.tracks):
            return project  # the song was taken out meanwhile
        current = project.track(track.id)
        strips = {stem.name: stem.strip for stem in current.stems}
        stems = tuple(Stem(uuid.uuid4().hex, name, clip) for name, clip in result.clips)
        stems = tuple(replace(stem, strip=strips.get(stem.name, stem.strip)) for stem in stems)
        return with_track(project, replace(current, stems=stems, receipt=result.receipt, repairs=()))

    job = Job(f"Separating “{track.title}”", Lane.SEPARATE, work)
    return Operation(f"Separate · {info.title}", job, apply), live
