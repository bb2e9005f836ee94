"""From the sounds of an export to files: all of them or none, and none in another's place."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from stemstudio.audio.encode import AudioWriter, check_room
from stemstudio.audio.formats import FORMATS
from stemstudio.audio.tags import NO_TAGS, Tags
from stemstudio.core.errors import from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import blocks
from stemstudio.exporting.containers import ContainerWriter, Sound
from stemstudio.exporting.naming import claim_paths, free_paths
from stemstudio.operations.exporting_choice import ExportChoice, names_of
from stemstudio.operations.exporting_items import Item
from stemstudio.project.document import Track

BLOCK_FRAMES = 1 << 16


class _Writer(Protocol):
    path: Path
    clipped: int

    def seal(self) -> None: ...
    def finish(self, path: Path | None = None) -> Path: ...
    def discard(self) -> None: ...


def write_files(
    track: Track, items: list[Item], folder: Path, choice: ExportChoice, tags: Tags, reporter: Reporter
) -> tuple[tuple[Path, ...], int]:
    """Write each of `items` into a file of its own; return the paths and the number of samples over full scale."""
    names = names_of(track, [item.title for item in items], choice, tags)
    check_room(folder, sum(_expected_bytes(item, choice) for item in items))
    writers: list[_Writer] = []
    with ExitStack() as unfinished:
        for index, (path, item) in enumerate(zip(_likely(folder, names, choice), items, strict=True)):
            part = reporter.part(index / len(items), (index + 1) / len(items))
            part.update(0.0, f"Writing {item.title}")
            writer = _begun(path, item, choice, _tags_of(track, item, tags) if choice.tags else NO_TAGS)
            writers.append(writer)
            unfinished.callback(writer.discard)
            for start, block in blocks(item.source, BLOCK_FRAMES):
                writer.write(block)
                part.update((start + block.shape[1]) / max(item.source.frames, 1))
        _finish(writers, folder, names, choice)
    return tuple(writer.path for writer in writers), sum(writer.clipped for writer in writers)


def write_container(
    track: Track, items: list[Item], folder: Path, choice: ExportChoice, tags: Tags, reporter: Reporter
) -> tuple[tuple[Path, ...], int]:
    """Write all of `items` into one file; returns as `write_files` does."""
    names = names_of(track, [], choice, tags)
    first = items[0].source
    check_room(folder, sum(_expected_bytes(item, choice) for item in items))
    reporter.update(0.0, "Writing stems")
    writer = ContainerWriter(
        _likely(folder, names, choice)[0],
        choice.container,
        [Sound(item.title, item.colour) for item in items],
        first.sample_rate,
        first.channels,
        first.frames,
        format=choice.format,
        bits=choice.bits,
        kbps=choice.kbps or FORMATS[choice.format].kbps,
        tags=replace(tags, title=tags.title or track.title) if choice.tags else NO_TAGS,
    )
    with ExitStack() as unfinished:
        unfinished.callback(writer.discard)
        for start in range(0, first.frames, BLOCK_FRAMES):
            frames = min(BLOCK_FRAMES, first.frames - start)
            for index, item in enumerate(items):
                writer.write(index, item.source.read(start, frames))
            reporter.update((start + frames) / first.frames)
        _finish([writer], folder, names, choice)
    return (writer.path,), writer.clipped


def _expected_bytes(item: Item, choice: ExportChoice) -> int:
    source, kind = item.source, FORMATS[choice.format]
    return kind.expected_bytes(source.frames, source.sample_rate, source.channels, choice.bits, choice.kbps)


def _likely(folder: Path, names: list[str], choice: ExportChoice) -> list[Path]:
    try:
        return free_paths(folder, names, choice.ending)
    except OSError as error:
        raise from_os_error(error, folder) from error


def _begun(path: Path, item: Item, choice: ExportChoice, tags: Tags) -> AudioWriter:
    source = item.source
    return AudioWriter(
        path, source.sample_rate, source.channels, format=choice.format, bits=choice.bits, kbps=choice.kbps,
        frames=source.frames, tags=tags,
    )  # fmt: skip


def _tags_of(track: Track, item: Item, tags: Tags) -> Tags:
    title = tags.title or track.title
    return replace(tags, title=title if item.title == "Mix" else f"{title} ({item.title})")


def _finish(writers: list[_Writer], folder: Path, names: list[str], choice: ExportChoice) -> None:
    """Give each file its name: all of them or none. All is on the disk before the first name is taken."""
    for writer in writers:
        writer.seal()
    paths = claim_paths(folder, names, choice.ending)  # empty files keep the places
    try:
        for writer, path in zip(writers, paths, strict=True):
            writer.finish(path)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
