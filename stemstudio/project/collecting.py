"""Removing what nothing refers to any more: clips of dropped steps and of jobs that a crash ended, whole projects."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from stemstudio.core.errors import UserError
from stemstudio.project.document import Project
from stemstudio.project.history import History
from stemstudio.project.references import clip_ids
from stemstudio.project.storage import ProjectStore

REMOVED = ".removed"
_OURS = re.compile(r"[0-9a-f]{32}")


def collect_clips(store: ProjectStore) -> None:
    """Remove the clips that no step of the history of `store` names.

    To be called when no job writes clips. Only files that bear a name of the program's making are removed, and none
    of a project that was rescued, or that lacks a clip: there the names are not to be trusted. What cannot be removed
    stays for the next time.
    """
    needed = clip_ids(step.project for step in store.history.steps)
    there = {path.stem for path in store.clips.folder.glob("*.wav")}
    if store.keeps_media or needed - there:
        return
    for clip in there - needed:
        if _OURS.fullmatch(clip):
            with suppress(UserError):
                store.clips.remove(clip)


def is_blank(history: History) -> bool:
    """Whether there never was anything in any of its documents."""
    return all(step.project == Project() for step in history.steps)


def remove_project(folder: Path) -> None:
    """Remove a project folder that nobody has open; a half-removed one is never taken for a project."""
    gone = folder.with_name(folder.name + REMOVED)
    with suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
