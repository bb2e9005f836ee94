"""Repairs as steps of the document: what an action gives becomes patches upon the stems."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from stemstudio.audio.clips import ClipStore
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.stems import RESIDUAL
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.graph import clip_source, stem_source
from stemstudio.operations.operation import Operation
from stemstudio.operations.repair_actions import RESEPARATE, Passages, carry_out, title
from stemstudio.project.document import ClipRef, Patch, Project, Repair, Stem, Track, with_patch, with_track
from stemstudio.repair.selection import Selection

EDITED_SONG = "song"
"""Name of the one stem of a song that is repaired before it was separated."""

_QUICK_S = 5.0


@dataclass(frozen=True)
class Patches:
    """New patches by the name of their stem."""

    patches: tuple[tuple[str, Patch], ...]


def with_stems(track: Track) -> Track:
    """`track` with something to repair: a song without stems gets one that is all of it, and an empty residual."""
    if track.stems:
        return track
    silence = replace(track.mixture, id="")
    stems = (Stem(uuid.uuid4().hex, EDITED_SONG, track.mixture), Stem(uuid.uuid4().hex, RESIDUAL, silence))
    return replace(track, stems=stems)


def preview_task(track: Track, clips: ClipStore, task: Repair) -> Job[Passages]:
    """Do `task` for the ear alone; a newer preview replaces this one."""
    return Job("", Lane.PREVIEW, _work(with_stems(track), clips, task))


def repair_track(track: Track, clips: ClipStore, task: Repair, ready: Passages | None = None) -> Operation[Patches]:
    """Do `task` to the stems of `track`; `ready` is what its preview gave, if the stems are still the same."""
    track = with_stems(track)
    work = _work(track, clips, task)
    separates, label = task.action == RESEPARATE, title(task)
    extent = Selection.from_text(task.selection).extent
    # Most repairs are done before an eye could follow; others are shown with their progress and can be cancelled.
    slow = separates or extent.last - extent.first > _QUICK_S * track.mixture.sample_rate

    def patches(reporter: Reporter) -> Patches:
        passages = work(reporter) if ready is None else ready
        return Patches(tuple((name, _patch(each.start, each.samples, track, clips)) for name, each in passages.items()))

    def apply(project: Project, result: Patches) -> Project:
        if all(each.id != track.id for each in project.tracks):
            return project  # the song was taken out meanwhile
        current = with_stems(project.track(track.id))
        for name, patch in result.patches:
            current = _patched(current, track, name, patch)
        return with_track(project, replace(current, repairs=(*current.repairs, task)))

    return Operation(label, Job(label if slow else "", Lane.SEPARATE if separates else Lane.CPU, patches), apply)


def _work(track: Track, clips: ClipStore, task: Repair) -> Callable[[Reporter], Passages]:
    Selection.from_text(task.selection)  # nonsense is told at once, not by a job
    stems = {stem.name: stem_source(stem, clips) for stem in track.stems}
    mixture = clip_source(track.mixture, clips)
    return lambda reporter: carry_out(task, stems, mixture, reporter)


def _patch(start: int, samples: Samples, track: Track, clips: ClipStore) -> Patch:
    channels, frames = samples.shape
    with clips.create(channels, frames, track.mixture.sample_rate) as writer:
        writer.write(0, samples)
        return Patch(start, ClipRef(writer.finish(), channels, frames, track.mixture.sample_rate))


def _patched(current: Track, before: Track, name: str, patch: Patch) -> Track:
    """`current` with `patch` on its stem `name`, which is made if it is new.

    The patch was computed from the stem in `before`; if that passage was changed since, it would undo the change.
    """
    stem = next((each for each in current.stems if each.name == name), None)
    old = next((each for each in before.stems if each.name == name), None)
    if stem is None:
        if old is not None:
            raise _changed()
        silence = replace(current.mixture, id="")
        return _with_new_stem(current, with_patch(Stem(uuid.uuid4().hex, name, silence), patch))
    if old is None or _heard(stem, patch) != _heard(old, patch):
        raise _changed()
    stems = tuple(with_patch(each, patch) if each is stem else each for each in current.stems)
    return replace(current, stems=stems)


def _with_new_stem(track: Track, stem: Stem) -> Track:
    """`track` with `stem` before its residual, which stays last."""
    place = next((at for at, each in enumerate(track.stems) if each.name == RESIDUAL), len(track.stems))
    return replace(track, stems=(*track.stems[:place], stem, *track.stems[place:]))


def _heard(stem: Stem, over: Patch) -> tuple[ClipRef, tuple[Patch, ...]]:
    """What of `stem` is heard where the patch `over` will be."""
    end = over.start + over.clip.frames
    met = (each for each in stem.patches if each.start < end and each.start + each.clip.frames > over.start)
    return stem.clip, tuple(met)


def _changed() -> BadInput:
    return BadInput("The stems were changed while this was computed.", "Do it again.")
