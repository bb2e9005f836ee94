"""Writing a project to another folder, with its whole history and every clip that the history names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.durable import sync_folder
from stemstudio.core.errors import NoRoom, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.project.database import as_user_errors
from stemstudio.project.history import History
from stemstudio.project.references import clip_ids
from stemstudio.project.storage import MEDIA, SUFFIX, ProjectStore

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
    if not folder.parent.is_dir():
        raise NoRoom(f"The folder {folder.parent} does not exist.", "Choose another folder.")
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


def fetching(wanted: Iterable[str], stores: Iterable[ClipStore], media: Path) -> Callable[[Reporter], None] | None:
    """Link those of the `wanted` clips that are in `stores` into the folder `media`.

    Returns work for a job that copies those for which links would not do; None if there are none.
    """
    wanted = set(wanted)
    far = [
        (clips, lacking)
        for clips in stores
        if (lacking := {clip for clip in wanted if clips.path(clip).exists() and not _link_clip(clip, clips, media)})
    ]

    def work(reporter: Reporter) -> None:
        for number, (clips, lacking) in enumerate(far):
            _bring_all(lacking, clips, media, reporter.part(number / len(far), (number + 1) / len(far)))

    return work if far else None


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
    for source in _files(clip, clips):
        if not _link(source, media):
            _copy(source, media / source.name, None if source.suffix in SIDECARS else reporter)


def _link_clip(clip: str, clips: ClipStore, media: Path) -> bool:
    return all(_link(source, media) for source in _files(clip, clips))


def _files(clip: str, clips: ClipStore) -> list[Path]:
    """Files of a clip, its samples last: once they are there, everything is."""
    source = clips.path(clip)
    return [path for suffix in SIDECARS if (path := source.with_suffix(suffix)).exists()] + [source]


def _link(source: Path, media: Path) -> bool:
    """Whether `source` is in `media` now without copying it."""
    target = media / source.name
    try:
        if not target.exists():  # asked first: which error comes for another disk depends on the system
            os.link(source, target)
    except OSError:  # another disk, or one without links
        return False
    return True


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
