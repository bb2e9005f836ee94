"""Writing stems and mixes to files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.durable import sweep
from stemstudio.audio.encode import AudioWriter
from stemstudio.audio.formats import FORMATS, writable
from stemstudio.audio.resample import resample
from stemstudio.audio.tags import NO_TAGS, Tags, read_tags
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Excerpt, Source, blocks
from stemstudio.core.stems import stem_kind
from stemstudio.exporting.containers import CONTAINERS, ContainerWriter, Sound, container_for
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, claim_paths, file_stem, free_paths
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations import exporting_items
from stemstudio.operations.exporting_items import Group, Item
from stemstudio.operations.exporting_level import AS_IT_IS, UNCHANGED, Level, LevelChoice, level_items
from stemstudio.project.document import Track

BLOCK_FRAMES = 1 << 16
_MEASURING = 0.3  # its share of the progress
_RATES = range(8000, 384_001)


@dataclass(frozen=True)
class ExportChoice:
    """What to export and how.

    Parameters
    ----------
    stems : tuple of str
        Names of stems, a file each.
    mix, instrumental, acapella : bool
        The mix as it is heard; the same without the voice; the same with nothing but the voice.
    format, bits, kbps : str, int, int or None
        Container, width (32 is float; lossy formats have none), bit rate of a lossy one for two channels.
    template : str
        Names of the files, see `naming.file_stem`.
    as_mixed : bool
        Stems and groups with their effects, gain and pan, otherwise untouched so that the files add up to the song.
    groups : tuple of Group
        Files of several stems.
    container : {'', 'ni-stem', 'mka'}
        One file with mix and stems in place of all that.
    sample_rate : int, optional
        That of the song if there is none; the format may know only others.
    start_s, end_s : float
        The range to write, in seconds; to the end if `end_s` is None.
    level : LevelChoice
        Loudness and ceiling.
    tags : bool
        Whether the song's own tags and cover go along.
    """

    stems: tuple[str, ...] = ()
    mix: bool = False
    format: str = "wav"
    bits: int = 24
    template: str = DEFAULT_TEMPLATE
    as_mixed: bool = False
    instrumental: bool = False
    acapella: bool = False
    groups: tuple[Group, ...] = ()
    kbps: int | None = None
    container: Literal["", "ni-stem", "mka"] = ""
    sample_rate: int | None = None
    start_s: float = 0.0
    end_s: float | None = None
    level: LevelChoice = AS_IT_IS
    tags: bool = True

    @property
    def ending(self) -> str:
        """What file names end in, without the dot."""
        return CONTAINERS[self.container].ending if self.container else FORMATS[self.format].suffix[1:]


@dataclass(frozen=True)
class Exported:
    """What was written, how many samples were louder than full scale in files that cannot hold them, and the level."""

    paths: tuple[Path, ...]
    clipped: int
    level: Level = UNCHANGED
    notices: tuple[str, ...] = ()


class _Writer(Protocol):
    path: Path
    clipped: int

    def seal(self) -> None: ...
    def finish(self, path: Path | None = None) -> Path: ...
    def discard(self) -> None: ...


def export_track(track: Track, clips: ClipStore, folder: Path, choice: ExportChoice) -> Job[Exported]:
    """Write what was chosen of `track` into `folder`: all files or none. Existing files are never replaced.

    Raises
    ------
    BadInput
        If nothing is chosen, the template cannot be filled, or the choice cannot be.
    """
    _check(choice)
    items = _items(track, clips, choice)
    if not items:
        raise BadInput("Nothing is chosen to be exported.", "Choose a stem or the mix.")
    names_of(track, [item.title for item in items], choice, NO_TAGS)
    first, last = _range(track, choice)

    def work(reporter: Reporter) -> Exported:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, folder) from error
        sweep(folder)
        tags = read_tags(Path(track.source_path)) if choice.tags and track.source_path else NO_TAGS
        as_is = [replace(item, source=_prepared(item.source, first, last, choice)) for item in items]
        total = _prepared(_total(track, clips, choice), first, last, choice)
        share = 0.0 if choice.level.changes_nothing else _MEASURING
        levelled, level = level_items(as_is, total, choice.level, reporter.part(0.0, share))
        writing = _write_container if choice.container else _write_files
        paths, clipped = writing(track, levelled, folder, choice, tags, reporter.part(share, 1.0))
        return Exported(paths, clipped, level, _notices(level, choice))

    return Job(f"Exporting “{track.title}”", Lane.IO, work)


def titles_of(track: Track, choice: ExportChoice) -> list[str]:
    """Return the titles of the files that `choice` makes of `track`, in their order."""
    if choice.container:
        return ["Stems"]
    titles = [stem_kind(stem.name).title for stem in track.stems if stem.name in choice.stems]
    titles += [group.title for group in choice.groups]
    titles += ["Instrumental"] * choice.instrumental + ["A cappella"] * choice.acapella
    return [*titles, "Mix"] if choice.mix or not track.stems else titles


def names_of(track: Track, titles: Sequence[str], choice: ExportChoice, tags: Tags) -> list[str]:
    """Return the names of files with these `titles`, without ending; `BadInput` if the template cannot be filled."""
    if choice.container:
        # The ending says already that these are stems.
        template = "{track}" if choice.template == DEFAULT_TEMPLATE else choice.template
        return [file_stem(template, name_fields(track, "Stems", 1, tags))]
    return [file_stem(choice.template, name_fields(track, title, index, tags)) for index, title in enumerate(titles, 1)]


def name_fields(track: Track, title: str, index: int, tags: Tags) -> Mapping[str, object]:
    """Return what stands for each field of a name template."""
    return {
        "track": track.title,
        "stem": title,
        "backend": track.receipt.backend if track.receipt else "",
        "index": index,
        "artist": tags.artist or tags.album_artist or "Unknown artist",
        "album": tags.album or "Unknown album",
        "year": tags.date[:4],
    }


def _check(choice: ExportChoice) -> None:
    choice.level.check()
    writable(choice.format, choice.bits)
    if choice.container:
        container_for(choice.container, choice.format)
    if choice.sample_rate is not None and choice.sample_rate not in _RATES:
        raise BadInput(f"{choice.sample_rate} Hz is no sample rate for music.", "Choose 8000 to 384000 Hz.")


def _items(track: Track, clips: ClipStore, choice: ExportChoice) -> list[Item]:
    if choice.container:
        if not track.stems:
            raise BadInput(f"“{track.title}” has no stems yet.", "Separate it first.")
        if choice.container == "ni-stem":
            return exporting_items.ni_items(track, clips)
        stems = [stem.name for stem in track.stems]
        stem_items = exporting_items.stem_items(track, clips, stems, as_mixed=choice.as_mixed)
        return [exporting_items.mix_item(track, clips), *stem_items]
    items = exporting_items.stem_items(track, clips, choice.stems, choice.as_mixed)
    known = {stem.name for stem in track.stems}
    for group in choice.groups:
        if not known.intersection(group.stems):
            raise BadInput(f"The group “{group.title}” has none of the song's stems.", "Choose stems for it.")
        items.append(exporting_items.group_item(track, clips, group, choice.as_mixed))
    items += exporting_items.version_items(track, clips, instrumental=choice.instrumental, acapella=choice.acapella)
    if choice.mix or not track.stems:
        items.append(exporting_items.mix_item(track, clips))
    return items


def _total(track: Track, clips: ClipStore, choice: ExportChoice) -> Source:
    """Return the sum whose loudness is meant: of the untouched stems if nothing else is written, else the mix."""
    untouched = not (choice.as_mixed or choice.mix or choice.instrumental or choice.acapella or choice.container)
    return exporting_items.untouched_sum(track, clips) if untouched else exporting_items.mix_item(track, clips).source


def _range(track: Track, choice: ExportChoice) -> tuple[int, int]:
    rate, frames = track.mixture.sample_rate, track.mixture.frames
    first = round(choice.start_s * rate)
    last = frames if choice.end_s is None else min(round(choice.end_s * rate), frames)
    if not 0 <= first < last:
        raise BadInput("The range to export is empty.", f"The song is {frames / rate:.1f} s long: choose another.")
    return first, last


def _prepared(source: Source, first: int, last: int, choice: ExportChoice) -> Source:
    """The range of `source`, at the rate that will be written."""
    if (first, last) != (0, source.frames):
        source = Excerpt(source, first, min(last, source.frames))
    wanted = choice.sample_rate or source.sample_rate
    return resample(source, FORMATS[choice.format].nearest_rate(wanted))


def _write_files(
    track: Track, items: list[Item], folder: Path, choice: ExportChoice, tags: Tags, reporter: Reporter
) -> tuple[tuple[Path, ...], int]:
    names = names_of(track, [item.title for item in items], choice, tags)
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


def _write_container(
    track: Track, items: list[Item], folder: Path, choice: ExportChoice, tags: Tags, reporter: Reporter
) -> tuple[tuple[Path, ...], int]:
    names = names_of(track, [], choice, tags)
    first = items[0].source
    if any(item.source.channels != first.channels for item in items):
        raise BadInput("Only stereo stems fit into such a file.", "Export them as files of their own.")
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


def _notices(level: Level, choice: ExportChoice) -> tuple[str, ...]:
    wanted = choice.level.loudness_lufs
    if wanted is None or level.lufs is None:
        return ()
    if not math.isfinite(level.lufs):
        return ("The sound is too quiet for its loudness to be measured; it was left as it is.",)
    if abs(level.lufs - wanted) > 0.1:
        hint = "" if choice.level.limit else "; a limiter would let it come closer"
        return (f"The ceiling keeps the loudness at {level.lufs:.1f} LUFS{hint}.",)
    return ()
