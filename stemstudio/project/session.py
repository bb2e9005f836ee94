"""The open project: the present document, what was before, and its clips, changed only through `edit` and its kin.

Everything here belongs to the main thread, but for `copying`, `bringing` and `catching_up`, whose results
are work for a job.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.durable import sync_folder
from stemstudio.core.errors import NoRoom, UserError
from stemstudio.core.progress import Progress, Reporter
from stemstudio.project.collecting import collect_clips, is_blank, remove_project
from stemstudio.project.copying import SavedCopy, bring_clip, fetching, project_folder, write_copy
from stemstudio.project.database import DATABASE, DamagedProject
from stemstudio.project.document import Edit, Project
from stemstudio.project.folders import unsaved_folder
from stemstudio.project.history import History
from stemstudio.project.references import clip_ids
from stemstudio.project.rescue import rescue
from stemstudio.project.storage import MEDIA, ProjectStore


class Session:
    """A project that is open in this program; made by `create` or `open`.

    A change that the disk does not take raises a `UserError` and has not happened: memory and disk agree.

    Attributes
    ----------
    listeners : list of callable
        Called without arguments after each change of the history, the title or the folder.
    """

    def __init__(self, store: ProjectStore) -> None:
        self._store = store
        self._former: list[ProjectStore] = []
        self._closed = False
        self.listeners: list[Callable[[], None]] = []

    @classmethod
    def create(cls, folder: Path) -> Session:
        """Make an empty project; ``.stemstudio`` is appended to the name if it is missing."""
        folder = project_folder(folder).absolute()
        if (folder / DATABASE).exists():
            raise NoRoom(f"There is a project {folder} already.", "Open it, or choose another name.")
        return cls(ProjectStore.create(folder, History.beginning(Project(), time.time())))

    @classmethod
    def open(cls, folder: Path) -> Session:
        """Open a project where it was left; clips that no step names are removed.

        Raises
        ------
        UserError
            If it cannot be opened. A `DamagedProject` has been rescued as far as possible and says so.
        """
        try:
            store = ProjectStore.open(folder.absolute())
        except DamagedProject as error:
            raise rescue(folder.absolute()) from error
        collect_clips(store)
        return cls(store)

    @property
    def history(self) -> History:
        """Every document that there was."""
        return self._store.history

    @property
    def project(self) -> Project:
        """The present document."""
        return self.history.project

    @property
    def clips(self) -> ClipStore:
        """Samples of the project."""
        return self._store.clips

    @property
    def folder(self) -> Path:
        """Where the project is."""
        return self._store.folder

    @property
    def is_unsaved(self) -> bool:
        """Whether the project has no place of its own yet."""
        return _is_unsaved(self._store)

    @property
    def title(self) -> str:
        """Name of the project for people."""
        return title_of(self.folder, self.project)

    @property
    def is_dirty(self) -> bool:
        """Whether the present document is another than the one that was saved."""
        return self.history.saved != self.history.index

    @property
    def missing_clips(self) -> frozenset[str]:
        """Ids of the clips that the present document names and the folder lacks."""
        return frozenset(clip for clip in clip_ids([self.project]) if not self.clips.path(clip).exists())

    def edit(self, label: str, edit: Edit, merge_key: str | None = None) -> None:
        """Change the document to ``edit(document)``; durable when the call returns.

        Parameters
        ----------
        label : str
            What the person did, as the menu's Undo says it.
        edit : callable
            Document before to document after; the same or an equal one means that nothing happened.
        merge_key : str, optional
            Names the gesture: changes with the same key that follow each other within seconds are one step.
        """
        project = edit(self.project)
        if project is self.project or project == self.project:
            return
        self._bring_clips(project)
        self._store.push(self.history.push(label, project, merge_key, time.time()))
        self._changed()

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        self._move(self.history.undo())

    def redo(self) -> None:
        """Do again what was taken back last, if anything was."""
        self._move(self.history.redo())

    def jump(self, index: int) -> None:
        """Go to a step of the history; `IndexError` if there is none."""
        self._move(self.history.jump(index))

    def mark_saved(self) -> None:
        """Say that the person is content with the document as it is."""
        self._move(self.history.mark_saved())

    def save_as(self, folder: Path, reporter: Reporter | None = None) -> None:
        """Save to `folder` and go on there; the present folder keeps what it has.

        Links or copies the clips; a copy to another disk takes its time, so a window uses `copying` and `adopt`.
        """
        if project_folder(folder).absolute() == self.folder.absolute():
            self.mark_saved()
            return
        self.adopt(self.copying(folder)(Progress() if reporter is None else reporter))

    def copying(self, folder: Path) -> Callable[[Reporter], SavedCopy]:
        """Work for a job that writes the project as it is now to `folder`; `adopt` takes its result."""
        history, clips, target = self.history, self.clips, project_folder(folder).absolute()
        return lambda reporter: write_copy(history, clips, target, reporter)

    def adopt(self, copy: SavedCopy) -> None:
        """Go on in the folder of `copy`; what has changed since it was written is brought along (see `catching_up`)."""
        store = ProjectStore.open(copy.folder)
        try:
            if self.history.steps is not copy.history.steps:
                for clip in clip_ids(step.project for step in self.history.steps):
                    self._bring(clip, self._store, store)
                store.replace(self.history)
            elif self.history.index != copy.history.index:
                store.move(store.history.jump(self.history.index))
        except BaseException:
            store.close()
            raise
        # Jobs may still write to the old folder's clips and listeners read them, so it is left at the end.
        former, self._store = self._store, store
        self._former.append(former)
        if _is_unsaved(former):
            with suppress(UserError):  # the worst is that it is offered at the next start
                former.replace(History.beginning(Project()))
        self._changed()

    def bringing(self, wanted: Iterable[str]) -> Callable[[Reporter], None] | None:
        """Work for a job that fetches the `wanted` clips from folders that were left; None if there is nothing to copy.

        `edit` fetches what it names by itself: at once where a link will do, but between two disks that takes as long
        as copying gigabytes does. So a window asks here before an edit that names new clips, and again after the job.
        """
        return fetching(wanted, [former.clips for former in self._former], self.clips.folder)

    def catching_up(self, copy: SavedCopy) -> Callable[[Reporter], None] | None:
        """Work for a job that brings clips to `copy` that came since it was written; as `bringing`, before `adopt`."""
        return fetching(clip_ids(step.project for step in self.history.steps), [self.clips], copy.folder / MEDIA)

    def close(self) -> None:
        """Let go of the project; no job may use its clips any more.

        An unsaved project that was never touched, or that was saved elsewhere, is removed; any other stays and is
        offered at the next start.
        """
        if self._closed:
            return
        self._closed = True
        for store in (*self._former, self._store):
            leave(store)

    def discard(self) -> None:
        """Close an unsaved project and remove it: the person does not want it."""
        assert self.is_unsaved, "only unsaved projects are discarded"
        folder = self.folder
        self.close()
        if folder.exists():
            remove_project(folder)

    def _move(self, history: History) -> None:
        if history != self.history:
            self._store.move(history)
            self._changed()

    def _changed(self) -> None:
        for listener in list(self.listeners):
            listener()

    def _bring_clips(self, project: Project) -> None:
        """Fetch clips that jobs finished in a folder that was left in the meantime."""
        named = clip_ids([project], self._store.is_stored) if self._former else set()
        for former in self._former:
            for clip in named:
                self._bring(clip, former, self._store)
        if named:
            sync_folder(self.clips.folder)

    @staticmethod
    def _bring(clip: str, source: ProjectStore, target: ProjectStore) -> None:
        if source.clips.path(clip).exists() and not target.clips.path(clip).exists():
            bring_clip(clip, source.clips, target.clips.folder)


def title_of(folder: Path, project: Project) -> str:
    """Name of the project in `folder`: that of the folder, or of its first song while it has no place of its own."""
    if folder.parent != unsaved_folder():
        return folder.stem
    return project.tracks[0].title if project.tracks else "Untitled"


def _is_unsaved(store: ProjectStore) -> bool:
    return store.folder.parent == unsaved_folder()


def leave(store: ProjectStore) -> None:
    """Close a project: an unsaved one in which nothing ever was goes, and so do clips that nothing names."""
    blank = _is_unsaved(store) and is_blank(store.history)
    if not blank:
        collect_clips(store)
    store.close()
    if blank:
        remove_project(store.folder)
