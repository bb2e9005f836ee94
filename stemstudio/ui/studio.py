"""The open project and what a person may do with it; panels show parts of it and call its methods.

Every change of the document goes through `Session.edit`; after it `changed` is sent and every panel reads anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from stemstudio.core.errors import StemStudioError, UserError
from stemstudio.core.params import Values
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.exporting import Exported, export_track
from stemstudio.operations.exporting_choice import ExportChoice
from stemstudio.operations.importing import Imported, import_song
from stemstudio.operations.operation import Operation
from stemstudio.operations.separating import Separated, separate_track
from stemstudio.project.copying import SavedCopy
from stemstudio.project.document import Edit, Project, Strip, Track, with_stem
from stemstudio.project.recovery import new_unsaved_folder
from stemstudio.project.references import clip_ids
from stemstudio.project.session import Session
from stemstudio.ui.lanes import MIXTURE, RunningSeparation, StemLane, lanes_of
from stemstudio.ui.sessions import Sessions
from stemstudio.ui.settings import Settings, load_settings, save_settings, with_recent
from stemstudio.ui.tasks import Tasks

T = TypeVar("T")


class Studio(QObject):
    """The state of the window, without widgets.

    Signals
    -------
    changed
        The document, the stems being made or the selected track changed.
    lane_selected
        Another lane is looked at.
    settings_changed
        A setting changed.
    told(str, str)
        Something a person should read: what happened, what to do.
    """

    changed = Signal()
    lane_selected = Signal()
    settings_changed = Signal()
    told = Signal(str, str)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tasks = tasks
        self.settings: Settings = load_settings()
        self._sessions = Sessions(tasks, self.changed.emit)
        self._track_id = ""
        self._lane_key = MIXTURE
        self._running: dict[str, RunningSeparation] = {}
        self._waiting_for_tracks = 0

    # What is there

    @property
    def session(self) -> Session | None:
        """The open project."""
        return self._sessions.current

    @property
    def track(self) -> Track | None:
        """The selected track."""
        if self.session is None:
            return None
        tracks = self.session.project.tracks
        for track in tracks:
            if track.id == self._track_id:
                return track
        return tracks[-1] if tracks else None

    @property
    def running(self) -> RunningSeparation | None:
        """The separation of the selected track that is at work."""
        return self._running.get(self.track.id) if self.track else None

    @property
    def opening(self) -> bool:
        """Whether a song is being read."""
        return self._waiting_for_tracks > 0

    def lanes(self) -> tuple[StemLane, ...]:
        """Return the lanes of the selected track."""
        if self.session is None or self.track is None:
            return ()
        return lanes_of(self.track, self.session.clips, self.running)

    @property
    def lane(self) -> StemLane | None:
        """The lane that is looked at."""
        lanes = self.lanes()
        for lane in lanes:
            if lane.key == self._lane_key:
                return lane
        return lanes[0] if lanes else None

    # Opening and keeping

    def import_song(self, path: Path) -> None:
        """Read the song at `path` and add it to the project."""
        try:
            clips = self._need_session().clips
            operation = import_song(path, clips)
        except StemStudioError as error:
            self.tell(error)
            return

        def done(session: Session, song: Imported) -> None:
            self._on_import_ended()
            if self._edit(session, operation.label, lambda project: operation.apply(project, song)):
                self._track_id, self._lane_key = session.project.tracks[-1].id, MIXTURE
                self.update_settings(with_recent(self.settings, path))
                self.changed.emit()

        self._waiting_for_tracks += 1
        self._sessions.start(operation.job, done, self._on_import_ended)
        self.changed.emit()

    def _on_import_ended(self) -> None:
        self._waiting_for_tracks -= 1
        self.changed.emit()

    def load_project(self, folder: Path) -> Session | None:
        """Open the project in `folder` beside the present one; None, and the person is told, if it cannot be."""
        try:
            return Session.open(folder)
        except StemStudioError as error:
            self.tell(error)
            return None

    def take_project(self, session: Session) -> None:
        """Leave the present project for `session`."""
        self._take_session(session)
        if not session.is_unsaved:
            self.update_settings(with_recent(self.settings, session.folder))
        missing = session.missing_clips
        if missing:
            self.told.emit(
                f"The sound of {len(missing)} clips of this project is missing; they are silent.",
                f"Bring the files back into {session.folder / 'media'}, or separate the song again.",
            )

    def new_project(self) -> None:
        """Close the open project; the next song begins another."""
        self._take_session(None)

    def save_as(self, folder: Path, then: Callable[[], object] | None = None) -> None:
        """Keep the project in `folder` from now on; `then` is called once it is there."""
        if self.session is None:
            return

        def done(session: Session, copy: SavedCopy) -> None:
            bring = session.catching_up(copy)
            if bring is not None:
                self._sessions.start(Job(f"Saving “{folder.stem}”", Lane.IO, bring), lambda *_: done(session, copy))
                return
            session.adopt(copy)
            self.update_settings(with_recent(self.settings, session.folder))
            if then is not None:
                then()

        self._sessions.start(Job(f"Saving “{folder.stem}”", Lane.IO, self.session.copying(folder)), done)

    def save(self) -> None:
        """Mark the project as saved where it is; every edit is on the disk already."""
        self._step(lambda session: session.mark_saved())
        self.changed.emit()

    @property
    def needs_a_place(self) -> bool:
        """Whether the project has never been saved anywhere."""
        return self.session is not None and self.session.is_unsaved

    @property
    def has_work(self) -> bool:
        """Whether anything was or is being made that cannot be had again by opening the song."""
        if self.session is None:
            return False
        steps = self.session.history.steps
        return bool(self._running) or any(track.stems for step in steps for track in step.project.tracks)

    @property
    def title(self) -> str:
        """Name of the project, or of its song while it has no place."""
        return self.session.title if self.session else ""

    def discard(self) -> None:
        """Throw the unsaved project away and begin with nothing."""
        self._forget()
        self._sessions.discard()
        self.changed.emit()

    def close(self) -> None:
        """Let go of the project; every job has ended."""
        self._running.clear()
        self._take_session(None)
        self._sessions.close()

    def _need_session(self) -> Session:
        if self.session is None:
            self._take_session(Session.create(new_unsaved_folder()))
        assert self.session is not None
        return self.session

    def _take_session(self, session: Session | None) -> None:
        if self.needs_a_place and not self.has_work:
            self._sessions.discard()
        self._forget()
        self._sessions.take(session)
        self.changed.emit()

    def _forget(self) -> None:
        for running in self._running.values():
            self.tasks.cancel(running.job_id)
        self._running.clear()
        self._track_id, self._lane_key = "", MIXTURE

    # Changing

    def select_track(self, track_id: str) -> None:
        """Look at another song of the project."""
        self._track_id, self._lane_key = track_id, MIXTURE
        self.changed.emit()

    def select_lane(self, key: str) -> None:
        """Look at another lane."""
        if key != self._lane_key:
            self._lane_key = key
            self.lane_selected.emit()

    def separate(self, backend_id: str, values: Values) -> None:
        """Separate the selected track in the background."""
        track, session = self.track, self.session
        if track is None or session is None or track.id in self._running:
            return
        operation, live = separate_track(track, session.clips, backend_id, values)
        running = RunningSeparation(live, operation.job.id)

        def apply(project: Project, result: Separated) -> Project:
            return _with_strips(operation.apply(project, result), track.id, running.strips)

        def done(session: Session, result: Separated) -> None:
            bring = session.bringing(clip.id for _, clip in result.clips)
            if bring is not None:  # the project has moved to another disk meanwhile
                self._sessions.start(Job("Moving the stems", Lane.IO, bring), lambda *_: done(session, result), ended)
                return
            self._running.pop(track.id, None)
            mended = any(each.id == track.id and each.repairs for each in session.project.tracks)
            self._edit(session, operation.label, lambda project: apply(project, result))
            self.changed.emit()
            if mended:
                self.told.emit("What was mended before is not in the new stems: they are made of the song as it was.",
                               "Undo brings it back.")  # fmt: skip

        def ended() -> None:
            self._running.pop(track.id, None)
            self.changed.emit()

        self._running[track.id] = running
        self._sessions.start(operation.job, done, ended)
        self.changed.emit()

    def set_strip(self, key: str, strip: Strip, gesture: str = "") -> None:
        """Place a stem in the mix; steps of one `gesture` become one step of the history."""
        track, lane = self.track, next((lane for lane in self.lanes() if lane.key == key), None)
        if self.session is None or track is None or lane is None or lane.strip == strip:
            return
        if lane.stem is None:
            if self.running is not None:
                self.running.strips[key] = strip
                self.changed.emit()
            return
        label = _strip_label(lane.stem.strip, strip, lane.kind.title.lower())
        merge_key = f"{gesture}:{lane.stem.id}" if gesture else ""
        stem = replace(lane.stem, strip=strip)
        self._edit(self.session, label, lambda project: with_stem(project, track.id, stem), merge_key)

    def export(self, track: Track, folder: Path, choice: ExportChoice, on_done: Callable[[Exported], None]) -> None:
        """Write stems of `track` into `folder`."""
        if self.session is None:
            return
        try:
            job: Job[Exported] = export_track(track, self.session.clips, folder, choice)
        except StemStudioError as error:
            self.tell(error)
            return
        self._sessions.start(job, lambda _session, exported: on_done(exported))

    def run(
        self, job: Job[T], on_done: Callable[[Session, T], None], on_ended: Callable[[], None] | None = None
    ) -> None:
        """Run a job that reads the project's clips and changes nothing; `on_ended` if it fails or is cancelled."""
        self._sessions.start(job, on_done, on_ended)

    def perform(self, operation: Operation[T], on_ended: Callable[[], None]) -> None:
        """Run an operation and make its result a step of the history; `on_ended` is called however it ends."""

        def done(session: Session, result: T) -> None:
            bring = session.bringing(clip_ids([result]))
            if bring is not None:  # the project has moved to another disk meanwhile
                self._sessions.start(
                    Job("Moving the sound", Lane.IO, bring), lambda *_: done(session, result), on_ended
                )
                return
            self._edit(session, operation.label, lambda project: operation.apply(project, result))
            on_ended()

        self._sessions.start(operation.job, done, on_ended)

    def edit(self, label: str, edit: Edit, merge_key: str = "") -> None:
        """Change the document at once."""
        if self.session is not None:
            self._edit(self.session, label, edit, merge_key)

    def undo(self) -> None:
        """Step back in the history."""
        self._step(lambda session: session.undo())

    def redo(self) -> None:
        """Step forward in the history."""
        self._step(lambda session: session.redo())

    def jump(self, index: int) -> None:
        """Go to a step of the history."""
        self._step(lambda session: session.jump(index))

    def _step(self, move: Callable[[Session], object]) -> None:
        if self.session is None:
            return
        try:
            move(self.session)
        except StemStudioError as error:
            self.tell(error)
            return
        there = {track.id for track in self.session.project.tracks}
        for track_id, running in self._running.items():
            if track_id not in there:
                self.tasks.cancel(running.job_id)

    def _edit(self, session: Session, label: str, edit: Edit, merge_key: str = "") -> bool:
        """Change the document of `session`; False, and nothing happened, if it is not open or the disk is full."""
        if session is not self.session:
            return False
        try:
            session.edit(label, edit, merge_key or None)
        except StemStudioError as error:
            self.tell(error)
            return False
        return True

    # Telling and remembering

    def tell(self, error: Exception) -> None:
        """Tell a person of an error that was met on the main thread."""
        what, todo = (error.what, error.todo) if isinstance(error, UserError) else (str(error), "")
        self.told.emit(what, todo)

    def update_settings(self, settings: Settings) -> None:
        """Take and keep new settings."""
        if settings != self.settings:
            self.settings = settings
            save_settings(settings)
            self.settings_changed.emit()


def _strip_label(old: Strip, new: Strip, name: str) -> str:
    if old.mute != new.mute:
        return f"{'Mute' if new.mute else 'Unmute'} {name}"
    if old.solo != new.solo:
        return f"{'Solo' if new.solo else 'Unsolo'} {name}"
    if old.automation_off != new.automation_off:
        return f"Automation of {name} {'off' if new.automation_off else 'on'}"
    words = (("gain_db", "Gain"), ("pan", "Pan"), ("width", "Width"), ("invert", "Polarity"), ("pan_law", "Pan law"))
    what = next((word for field, word in words if getattr(old, field) != getattr(new, field)), "Automation")
    return f"{what} of {name}"


def _with_strips(project: Project, track_id: str, strips: Mapping[str, Strip]) -> Project:
    for track in project.tracks:
        for stem in track.stems if track.id == track_id else ():
            if stem.name in strips:
                project = with_stem(project, track_id, replace(stem, strip=strips[stem.name]))
    return project
