"""Writing stems and mixes to files."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import AudioWriter
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.core.stems import stem_kind
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, claim_paths, file_stem, free_paths
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.mixer import Mixer
from stemstudio.operations.graph import mix_input, stem_source, track_mix
from stemstudio.project.document import Stem, Track

BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class ExportChoice:
    """What to export and how: names of stems, whether the mix too, container, bits (32 is float), name template.

    `as_mixed` writes each stem with its gain and pan of the mix, otherwise untouched so that the files add up.
    """

    stems: tuple[str, ...]
    mix: bool = False
    format: str = "wav"
    bits: int = 24
    template: str = DEFAULT_TEMPLATE
    as_mixed: bool = False


@dataclass(frozen=True)
class Exported:
    """What was written, and how many samples were louder than an integer format can hold."""

    paths: tuple[Path, ...]
    clipped: int


def export_track(track: Track, clips: ClipStore, folder: Path, choice: ExportChoice) -> Job[Exported]:
    """Write the chosen stems of `track`, and its mix if asked, into `folder`: all files or none.

    Existing files are never replaced. `BadInput` if nothing is chosen or the template cannot be filled.
    """
    items = [
        (stem_kind(stem.name).title, _as_chosen(stem, clips, choice.as_mixed))
        for stem in track.stems
        if stem.name in choice.stems
    ]
    if choice.mix or not track.stems:
        items.append(("Mix", track_mix(track, clips)))
    if not items:
        raise BadInput("Nothing is chosen to be exported.", "Choose a stem or the mix.")
    backend = track.receipt.backend if track.receipt else ""
    names = [
        file_stem(choice.template, {"track": track.title, "stem": title, "backend": backend, "index": index})
        for index, (title, _) in enumerate(items, 1)
    ]

    def work(reporter: Reporter) -> Exported:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            likely = free_paths(folder, names, choice.format)
        except OSError as error:
            raise from_os_error(error, folder) from error
        writers: list[AudioWriter] = []
        with ExitStack() as unfinished:
            for index, (path, (title, source)) in enumerate(zip(likely, items, strict=True)):
                part = reporter.part(index / len(items), (index + 1) / len(items))
                part.update(0.0, f"Writing {title}")
                writers.append(_begun(path, source, choice))
                unfinished.callback(writers[-1].discard)
                _copy(source, writers[-1], part)
            _finish(writers, claim_paths(folder, names, choice.format))
        return Exported(tuple(writer.path for writer in writers), sum(writer.clipped for writer in writers))

    return Job(f"Exporting “{track.title}”", Lane.IO, work)


def _as_chosen(stem: Stem, clips: ClipStore, as_mixed: bool) -> Source:
    source = stem_source(stem, clips)
    if not as_mixed:
        return source
    return Mixer((mix_input(source, replace(stem.strip, mute=False, solo=False)),))


def _begun(path: Path, source: Source, choice: ExportChoice) -> AudioWriter:
    return AudioWriter(
        path, source.sample_rate, source.channels, format=choice.format, bits=choice.bits, frames=source.frames
    )


def _copy(source: Source, writer: AudioWriter, reporter: Reporter) -> None:
    for start, block in blocks(source, BLOCK_FRAMES):
        writer.write(block)
        reporter.update((start + block.shape[1]) / max(source.frames, 1))


def _finish(writers: list[AudioWriter], paths: list[Path]) -> None:
    """Give each file its path, where an empty file keeps its place: all of them or none."""
    try:
        for writer, path in zip(writers, paths, strict=True):
            writer.finish(path)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
