"""The selection and what a person does with it: repairs, moves between stems, and listening before they count."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from stemstudio.core.errors import BadInput, StemStudioError
from stemstudio.core.params import Values
from stemstudio.core.stems import RESIDUAL
from stemstudio.jobs.job import Job
from stemstudio.operations.repair_actions import REPAIR, RESEPARATE, SEND, SPLIT, SWAP, Passages
from stemstudio.operations.repairing import EDITED_SONG, preview_task, repair_track
from stemstudio.project.document import Repair, Stem, Track
from stemstudio.repair.selection import Selection
from stemstudio.ui.lanes import MIXTURE
from stemstudio.ui.player import Player
from stemstudio.ui.studio import Studio

PREVIEW_MARGIN_S = 0.3
"""Sound before and after the selection that a preview plays too: a repair is judged by how it joins."""


@dataclass(frozen=True)
class _Previewed:
    """A repair that was computed for the ear, and the stems that it was computed from."""

    task: Repair
    stems: tuple[Stem, ...]
    passages: Passages


class Editor(QObject):
    """Holds the selection of the selected song and applies repairs to the selected lane.

    Signals
    -------
    selection_changed
        Another selection, or none.
    preview_changed
        A preview began, switched between old and new, or ended.
    working_changed
        A repair began or ended.
    """

    selection_changed = Signal()
    preview_changed = Signal()
    working_changed = Signal()

    def __init__(self, studio: Studio, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._player = studio, player
        self.selection: Selection | None = None
        self._track_id = ""
        self._previewed: _Previewed | None = None
        self._wanted: Job[Passages] | None = None
        self._stems: tuple[Stem, ...] = ()
        self.old_is_heard = False
        self._working = 0
        studio.changed.connect(self._on_studio_changed)

    # The selection

    def set_selection(self, selection: Selection | None) -> None:
        """Select; an empty selection is none."""
        selection = None if selection is None or selection.is_empty else selection
        if selection != self.selection:
            self.selection = selection
            self.stop_preview()
            self.selection_changed.emit()

    # What is there

    @property
    def stem(self) -> str:
        """Name of the stem that a repair would touch; empty if there is none."""
        track, lane = self._studio.track, self._studio.lane
        if track is None or lane is None or any(each.live for each in self._studio.lanes()):
            return ""
        if not track.stems:
            return EDITED_SONG
        return "" if lane.key == MIXTURE else lane.key

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the other stems, to which sound can go."""
        track = self._studio.track
        if track is None:
            return ()
        return tuple(stem.name for stem in track.stems if stem.name != self.stem) if track.stems else (RESIDUAL,)

    @property
    def working(self) -> bool:
        """Whether a repair is being computed."""
        return self._working > 0

    @property
    def previewing(self) -> bool:
        """Whether a preview is heard or on its way."""
        return self._wanted is not None or self._previewed is not None

    # What a person does

    def repair(self, method_id: str, values: Values, taken_to: str = RESIDUAL) -> None:
        """Mend the selection; what that takes out goes to the stem `taken_to`, or nowhere if it is empty."""
        self._do(self._task(REPAIR, taken_to, method_id, values))

    def send_selection(self, to: str) -> None:
        """Move the selected sound to the stem `to`."""
        self._do(self._task(SEND, to))

    def swap_selection(self, with_stem: str) -> None:
        """Exchange what two stems have in the selection."""
        self._do(self._task(SWAP, with_stem))

    def copy_selection_as_stem(self, name: str) -> None:
        """Move the selected sound to a new stem called `name`, so that the sum stays the mix."""
        self._do(self._task(SPLIT, name.strip().lower()))

    def reseparate_selection(self, backend_id: str, values: Values) -> None:
        """Separate the selection of the song again and put what comes out in place, the rest into the residual."""
        self._do(self._task(RESEPARATE, "", backend_id, values))

    def preview(self, method_id: str, values: Values, taken_to: str = RESIDUAL) -> None:
        """Loop the selection with the repair in it; nothing is changed."""
        task = self._task(REPAIR, taken_to, method_id, values)
        track, session = self._studio.track, self._studio.session
        if task is None or track is None or session is None:
            return
        if self._is_ready(task, track):
            self._wanted = None
            self._listen()
            return
        stems = track.stems

        def done(_session: object, passages: Passages) -> None:
            if self._wanted is job:
                self._wanted, self._previewed = None, _Previewed(task, stems, passages)
                self.old_is_heard = False
                self._listen()

        def ended() -> None:
            # A preview that had to make room for a newer one ends too.
            if self._wanted is job:
                self._wanted = None
                self.preview_changed.emit()

        try:
            job = preview_task(track, session.clips, task)
        except StemStudioError as error:
            self._wanted = None
            self._studio.tell(error)
            return
        self._wanted, self._stems = job, stems
        self._studio.run(job, done, ended)
        self.preview_changed.emit()

    def hear_old(self, old: bool) -> None:
        """Hear the passage as it was, or as it would be, in place."""
        if self._previewed is not None and old != self.old_is_heard:
            self.old_is_heard = old
            self._player.set_overlay({} if old else self._previewed.passages)
            self.preview_changed.emit()

    @Slot()
    def stop_preview(self) -> None:
        """End the preview; the loop that was set before is back."""
        if self.previewing:
            self._wanted = self._previewed = None
            self._player.end_audition()
            self.preview_changed.emit()

    # How it is done

    def _listen(self) -> None:
        assert self._previewed is not None
        passages = self._previewed.passages
        first = next(iter(passages.values()))
        margin = round(PREVIEW_MARGIN_S * self._player.sample_rate)
        start, end = first.start - margin, first.start + first.samples.shape[1] + margin
        self._player.audition({} if self.old_is_heard else passages, max(start, 0), min(end, self._player.frames))
        self.preview_changed.emit()

    def _task(self, action: str, other: str, method_id: str = "", values: Values | None = None) -> Repair | None:
        """What is to be done; None, and the person is told, if there is nothing that it could be done to."""
        if self.selection is None:
            self._studio.tell(BadInput("Nothing is selected.", "Draw around the sound with one of the tools."))
            return None
        if not self.stem:
            self._studio.tell(BadInput("The song itself stays as it is.", "Choose a stem at the left."))
            return None
        return Repair(
            action, self.stem, self.selection.to_text(), other, method_id, tuple(sorted((values or {}).items()))
        )

    def _do(self, task: Repair | None) -> None:
        track, session = self._studio.track, self._studio.session
        if task is None or track is None or session is None:
            return
        previewed = self._previewed
        ready = previewed.passages if previewed is not None and self._is_ready(task, track) else None
        try:
            operation = repair_track(track, session.clips, task, ready)
        except StemStudioError as error:
            self._studio.tell(error)
            return
        self._working += 1
        self.working_changed.emit()
        self._studio.perform(operation, self._on_ended if track.stems else self._on_song_mended)

    @Slot()
    def _on_ended(self) -> None:
        self._working -= 1
        self.working_changed.emit()

    @Slot()
    def _on_song_mended(self) -> None:
        """Look at the stem that a mended song without stems becomes: the lane of the song itself shows no change."""
        self._on_ended()
        track, lane = self._studio.track, self._studio.lane
        if track and lane and lane.key == MIXTURE and any(stem.name == EDITED_SONG for stem in track.stems):
            self._studio.select_lane(EDITED_SONG)

    def _is_ready(self, task: Repair, track: Track) -> bool:
        previewed = self._previewed
        return previewed is not None and previewed.task == task and _same_sound(previewed.stems, track.stems)

    @Slot()
    def _on_studio_changed(self) -> None:
        track = self._studio.track
        track_id = track.id if track else ""
        if track_id != self._track_id:
            self._track_id = track_id
            self.set_selection(None)
        elif self.previewing and (track is None or not _same_sound(self._stems, track.stems)):
            self.stop_preview()


def _same_sound(some: tuple[Stem, ...], others: tuple[Stem, ...]) -> bool:
    """Whether two sets of stems differ in their places in the mix at most."""
    return [replace(stem, strip=each.strip) for stem, each in zip(some, others, strict=False)] == list(others) and len(
        some
    ) == len(others)
