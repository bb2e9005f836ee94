"""The open project and what a person may do with it; panels show parts of it and call its methods.

Every change of the document goes through `Session.edit`; after it `changed` is sent and every panel reads anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from stemstudio.core.errors import StemStudioError, UserError
from stemstudio.core.params import Values
from stemstudio.core.source import Source
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.exporting import ExportChoice, Exported, export_track
from stemstudio.operations.importing import Imported, import_song
from stemstudio.operations.separating import LiveStems, Separated, separate_track
from stemstudio.project.copying import SavedCopy
from stemstudio.project.document import Edit, Project, Strip, Track, with_stem
from stemstudio.project.recovery import new_unsaved_folder
from stemstudio.project.session import Session
from stemstudio.ui.lanes import MIXTURE, StemLane, lane_source, lanes_of
from stemstudio.ui.sessions import Sessions
from stemstudio.ui.settings import Settings, load_settings, save_settings, with_recent
from stemstudio.ui.tasks import Tasks

PROJECT_SUFFIX = ".stemstudio"


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
        self._live: dict[str, tuple[LiveStems, str]] = {}
        self._live_strips: dict[str, Strip] = {}
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
    def live(self) -> LiveStems | None:
        """Stems of the selected track that are being made."""
        entry = self._live.get(self.track.id) if self.track else None
        return entry[0] if entry else None

    @property
    def live_strips(self) -> dict[str, Strip]:
        """Gain, pan, mute and solo of stems that are being made, by name."""
        return self._live_strips

    @property
    def separating_job(self) -> str:
        """Id of the job that separates the selected track, or an empty text."""
        entry = self._live.get(self.track.id) if self.track else None
        return entry[1] if entry else ""

    @property
    def opening(self) -> bool:
        """Whether a song is being read."""
        return self._waiting_for_tracks > 0

    def lanes(self) -> tuple[StemLane, ...]:
        """Return the lanes of the selected track."""
        return lanes_of(self.track, self.live, self._live_strips)

    @property
    def lane(self) -> StemLane | None:
        """The lane that is looked at."""
        lanes = self.lanes()
        for lane in lanes:
            if lane.key == self._lane_key:
                return lane
        return lanes[0] if lanes else None

    def source_of(self, lane: StemLane) -> Source:
        """Sound of `lane`, before gain and pan."""
        assert self.session is not None
        assert self.track is not None
        return lane_source(self.session, self.track, lane)

    # Opening and keeping

    def open_path(self, path: Path) -> None:
        """Open a project folder, or bring a song into the open project."""
        project = path.parent if path.name == "project.db" else path
        if project.suffix == PROJECT_SUFFIX and project.is_dir():
            self.open_project(project)
        else:
            self.import_song(path)

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

    def open_project(self, folder: Path) -> None:
        """Close the open project and open the one in `folder`."""
        try:
            session = Session.open(folder)
        except StemStudioError as error:
            self.tell(error)
            return
        self._take_session(session)
        if not session.is_unsaved:
            self.update_settings(with_recent(self.settings, folder))

    def new_project(self) -> None:
        """Close the open project; the next song begins another."""
        self._take_session(None)

    def save_as(self, folder: Path, then: Callable[[], object] | None = None) -> None:
        """Keep the project in `folder` from now on; `then` is called once it is there."""
        if self.session is None:
            return

        def done(session: Session, copy: SavedCopy) -> None:
            session.adopt(copy)
            self.update_settings(with_recent(self.settings, session.folder))
            if then is not None:
                then()

        self._sessions.start(Job(f"Saving “{folder.stem}”", Lane.IO, self.session.copying(folder)), done)

    def save(self) -> None:
        """Mark the project as saved where it is; every edit is on the disk already."""
        if self.session is not None:
            self.session.mark_saved()
            self.changed.emit()

    @property
    def needs_a_place(self) -> bool:
        """Whether the project has never been saved anywhere."""
        return self.session is not None and self.session.is_unsaved

    @property
    def has_work(self) -> bool:
        """Whether anything was made that cannot be had again by opening the song."""
        return self.session is not None and any(track.stems for track in self.session.project.tracks)

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
        self._sessions.close()

    def _need_session(self) -> Session:
        if self.session is None:
            self._take_session(Session.create(new_unsaved_folder()))
        assert self.session is not None
        return self.session

    def _take_session(self, session: Session | None) -> None:
        self._forget()
        self._sessions.take(session)
        self.changed.emit()

    def _forget(self) -> None:
        for _, job_id in self._live.values():
            self.tasks.cancel(job_id)
        self._live.clear()
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
        if track is None or session is None or track.id in self._live:
            return
        operation, live = separate_track(track, session.clips, backend_id, values)

        def done(session: Session, result: Separated) -> None:
            self._live.pop(track.id, None)
            looked_at = self._lane_key
            self._edit(
                session,
                operation.label,
                lambda project: self._with_live_strips(operation.apply(project, result), track.id),
            )
            for stem in self.track.stems if self.track else ():
                if stem.name == looked_at:
                    self._lane_key = stem.id
            self.changed.emit()

        def ended() -> None:
            self._live.pop(track.id, None)
            self._lane_key = MIXTURE
            self.changed.emit()

        self._live_strips = {stem.name: stem.strip for stem in track.stems}
        ticket = self._sessions.start(operation.job, done, ended)
        self._live[track.id] = (live, ticket.id)
        self.changed.emit()

    def _with_live_strips(self, project: Project, track_id: str) -> Project:
        for track in project.tracks:
            for stem in track.stems if track.id == track_id else ():
                if stem.name in self._live_strips:
                    project = with_stem(project, track_id, replace(stem, strip=self._live_strips[stem.name]))
        return project

    def set_strip(self, key: str, strip: Strip, gesture: str = "") -> None:
        """Place a stem in the mix; steps of one `gesture` become one step of the history."""
        track = self.track
        if track is None or self.session is None:
            return
        if self.live is not None and key in self.live.names:
            self._live_strips[key] = strip
            self.changed.emit()
            return
        stem = track.stem(key)
        if stem.strip == strip:
            return
        label = _strip_label(stem.strip, strip, stem.name)
        merge_key = f"{gesture}:{key}" if gesture else ""
        self._edit(
            self.session, label, lambda project: with_stem(project, track.id, replace(stem, strip=strip)), merge_key
        )

    def export(self, folder: Path, choice: ExportChoice, on_done: Callable[[Exported], None]) -> None:
        """Write stems of the selected track into `folder`."""
        if self.track is None or self.session is None:
            return
        try:
            job: Job[Exported] = export_track(self.track, self.session.clips, folder, choice)
        except StemStudioError as error:
            self.tell(error)
            return
        self._sessions.start(job, lambda _session, exported: on_done(exported))

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
    return f"{'Gain' if old.gain_db != new.gain_db else 'Pan'} of {name}"
