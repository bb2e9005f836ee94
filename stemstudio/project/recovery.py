"""Projects that were never saved: what the next start offers.

They live in `folders.unsaved_folder`, one project each. A crash leaves them there; so does a person who closes the
window without saving.
"""

from __future__ import annotations

import shutil
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stemstudio.core.errors import UserError
from stemstudio.project.collecting import REMOVED, is_blank, remove_project
from stemstudio.project.database import DATABASE, DamagedProject
from stemstudio.project.folders import unsaved_folder
from stemstudio.project.rescue import rescue
from stemstudio.project.session import title_of
from stemstudio.project.storage import MEDIA, SUFFIX, ProjectStore

FRESH_S = 3600.0
"""A folder without a database that is younger than this may be one that another program is just making."""


@dataclass(frozen=True, slots=True)
class Recoverable:
    """An unsaved project: `when_s` it was last changed (seconds since the epoch), `seconds` of audio, steps."""

    folder: Path
    title: str
    when_s: float
    seconds: float
    steps: int


def new_unsaved_folder() -> Path:
    """Where the next unsaved project goes; not made yet."""
    return unsaved_folder() / f"{uuid.uuid4().hex}{SUFFIX}"


def recoverable() -> tuple[Recoverable, ...]:
    """Unsaved projects that no program has open, newest first; what is left of nothing is cleared away."""
    for gone in unsaved_folder().glob(f"*{REMOVED}"):
        shutil.rmtree(gone, ignore_errors=True)
    found = (_look_into(folder) for folder in unsaved_folder().glob(f"*{SUFFIX}"))
    return tuple(sorted((each for each in found if each), key=lambda each: each.when_s, reverse=True))


def discard(folder: Path) -> None:
    """Remove an unsaved project that the person does not want back; `UserError` if another program has it open."""
    with suppress(DamagedProject):
        ProjectStore.open(folder).close()
    remove_project(folder)


def _look_into(folder: Path) -> Recoverable | None:
    try:
        store = _open_rescued(folder)
    except DamagedProject:
        return _wreck(folder)
    except UserError:
        return _wreck(folder) if not (folder / DATABASE).exists() else None
    history = store.history
    store.close()
    if is_blank(history):
        remove_project(folder)
        return None
    seconds = sum(track.mixture.frames / track.mixture.sample_rate for track in history.project.tracks)
    when_s = max(step.when_s for step in history.steps)
    return Recoverable(folder, title_of(folder, history.project), when_s, seconds, len(history.steps))


def _open_rescued(folder: Path) -> ProjectStore:
    try:
        return ProjectStore.open(folder)
    except DamagedProject:
        rescue(folder)
        return ProjectStore.open(folder)


def _wreck(folder: Path) -> Recoverable | None:
    """Decide about a folder that cannot be read: without a sound in it there is nothing to lose."""
    sounds = list((folder / MEDIA).glob("*.wav"))
    if not sounds:
        if time.time() - folder.stat().st_mtime > FRESH_S:
            remove_project(folder)
        return None
    return Recoverable(folder, "Damaged project", max(path.stat().st_mtime for path in sounds), 0.0, 0)
