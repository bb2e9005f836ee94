"""Writing a project to another folder, with its whole history and every clip that the history names."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.core.errors import NoRoom, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.project.database import as_user_errors
from stemstudio.project.history import History
from stemstudio.project.references import clip_ids
from stemstudio.project.storage import MEDIA, SUFFIX, ProjectStore, sync_folder

BLOCK_BYTES = 1 << 22
SIDECARS = (".peaks",)


@dataclass(frozen=True)
class SavedCopy:
    """A project folder that was written, and the history in it."""

    folder: Path
    history: History


def project_folder(folder: Path) -> Path:
    """`folder` with the suffix that project folders have."""
    return folder if folder.suffix == SUFFIX else folder.with_name(folder.name + SUFFIX)


def write_copy(history: History, clips: ClipStore, folder: Path, reporter: Reporter) -> SavedCopy:
    """Write `history`, its present marked as saved, and its clips to the new project `folder`.

    Everything goes to a temporary folder beside it, which takes its name when it is complete. Touches no session, so
    a job may do it. Clips never change, so where the disk allows it they are linked instead of copied.

    Raises
    ------
    UserError
        If `folder` exists or cannot be written; nothing is left there then.
    """
    if folder.exists():
        raise NoRoom(f"{folder} exists already.", "Choose another name.")
    history = history.mark_saved()
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of an attempt that a crash ended
    try:
        ProjectStore.create(part, history).close()
        with as_user_errors(folder):
            _bring_all(clip_ids(step.project for step in history.steps), clips, part / MEDIA, reporter)
            sync_folder(part / MEDIA)
            part.rename(folder)
            sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return SavedCopy(folder, history)


def _bring_all(wanted: set[str], clips: ClipStore, media: Path, reporter: Reporter) -> None:
    sizes = {clip: path.stat().st_size for clip in sorted(wanted) if (path := clips.path(clip)).exists()}
    total, done = sum(sizes.values()), 0
    for clip, size in sizes.items():
        span = reporter.part(done / max(total, 1), (done + size) / max(total, 1))
        bring_clip(clip, clips, media, span)
        done += size
        span.update(1.0, "Saving")


def bring_clip(clip: str, clips: ClipStore, media: Path, reporter: Reporter | None = None) -> None:
    """Link or copy a clip of `clips` and what lies beside it into the folder `media`."""
    source = clips.path(clip)
    for suffix in SIDECARS:
        if source.with_suffix(suffix).exists():
            _bring(source.with_suffix(suffix), media, None)
    _bring(source, media, reporter)


def _bring(source: Path, media: Path, reporter: Reporter | None) -> None:
    try:
        os.link(source, media / source.name)
    except FileExistsError:
        return
    except OSError:  # another disk, or one without links
        _copy(source, media / source.name, reporter)


def _copy(source: Path, target: Path, reporter: Reporter | None) -> None:
    part = target.with_name(f".{target.name}.part")
    try:
        size, done = source.stat().st_size, 0
        with source.open("rb") as reading, part.open("wb") as writing:
            while block := reading.read(BLOCK_BYTES):
                writing.write(block)
                done += len(block)
                if reporter is not None:
                    reporter.update(done / max(size, 1), "Copying")
            writing.flush()
            os.fsync(writing.fileno())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise from_os_error(error, target) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
