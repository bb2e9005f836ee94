"""Taking stems and mixes home: the job that writes them to files."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.durable import sweep
from stemstudio.audio.formats import FORMATS, writable
from stemstudio.audio.resample import resample
from stemstudio.audio.tags import NO_TAGS, read_tags
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Excerpt, Source
from stemstudio.effects.chain import Chain
from stemstudio.effects.hosted.host import faults
from stemstudio.effects.hosted.plugin import PREFIX
from stemstudio.exporting.containers import container_for
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations import exporting_items
from stemstudio.operations.exporting_choice import ExportChoice, names_of
from stemstudio.operations.exporting_files import write_container, write_files
from stemstudio.operations.exporting_items import Item
from stemstudio.operations.exporting_level import UNCHANGED, Level, level_items
from stemstudio.operations.graph import lost_effects
from stemstudio.project.document import Track

_MEASURING = 0.3  # its share of the progress
_RATES = range(8000, 384_001)


@dataclass(frozen=True)
class Exported:
    """What was written, how many samples were louder than full scale in files that cannot hold them, and the level."""

    paths: tuple[Path, ...]
    clipped: int
    level: Level = UNCHANGED
    notices: tuple[str, ...] = ()


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
        writing = write_container if choice.container else write_files
        paths, clipped = writing(track, levelled, folder, choice, tags, reporter.part(share, 1.0))
        return Exported(paths, clipped, level, (*_notices(level, choice), *_lost_effects(track, choice)))

    return Job(f"Exporting “{track.title}”", Lane.IO, work)


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
        return [exporting_items.mix_item(track, clips), *map(exporting_items.in_stereo, stem_items)]
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
    if _is_untouched(choice):
        return exporting_items.untouched_sum(track, clips)
    return exporting_items.mix_item(track, clips).source


def _is_untouched(choice: ExportChoice) -> bool:
    """Whether nothing is written that faders and effects change."""
    return not (choice.as_mixed or choice.mix or choice.instrumental or choice.acapella or choice.container)


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


def _lost_effects(track: Track, choice: ExportChoice) -> tuple[str, ...]:
    """What of the chains could not be heard, if it should have been: files without it would be taken for whole ones."""
    if _is_untouched(choice):
        return ()
    chains = [*(stem.chain for stem in track.stems), track.chain]
    missing = [error.what for chain in chains for _, error in lost_effects(chain)]
    failed = [fault for path, fault in faults().items() if any(_names(chain, path) for chain in chains)]
    return tuple(f"{each} The sound went on without it." for each in dict.fromkeys([*missing, *failed]))


def _names(chain: Chain, plugin_path: str) -> bool:
    return any(slot.effect == PREFIX + plugin_path and not slot.bypass for slot in chain)


def _notices(level: Level, choice: ExportChoice) -> tuple[str, ...]:
    wanted = choice.level.loudness_lufs
    if wanted is None or level.lufs is None:
        return ()
    if not math.isfinite(level.lufs):
        return ("The sound is too quiet for its loudness to be measured; it was left as it is.",)
    if abs(level.lufs - wanted) > 0.1:
        hint = "" if choice.level.limit else "; the limiter (in the dialog, or --limit) would let it come closer"
        return (f"The ceiling keeps the loudness at {level.lufs:.1f} LUFS{hint}.",)
    return ()
