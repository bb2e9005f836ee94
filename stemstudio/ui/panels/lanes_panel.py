"""The lanes of the selected song, and the meter that says that the stems add up to it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from stemstudio.core.errors import UserError
from stemstudio.core.progress import Reporter
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.meters import SILENCE
from stemstudio.operations.envelope import Drawable, clip_envelope
from stemstudio.operations.repair_actions import REPAIR
from stemstudio.project.document import Strip
from stemstudio.ui.desk import Desk
from stemstudio.ui.lanes import MIXTURE, StemLane
from stemstudio.ui.panels.lane import LaneWidget
from stemstudio.ui.player import Player
from stemstudio.ui.studio import Studio
from stemstudio.ui.theme import Theme

EXACT_DB = -120.0
ROUNDING_DB = -200.0


class LanesPanel(QWidget):
    """Left side of the window."""

    seek_requested = Signal("qlonglong")  # type: ignore[arg-type]  # the stubs know no names of C++ types

    def __init__(self, studio: Studio, desk: Desk, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._studio, self._desk, self._player, self._theme = studio, desk, player, theme
        self._widgets: list[LaneWidget] = []
        self._drawn_frames = -1
        self._gain = 1.0
        self._shown_tracks: tuple[tuple[str, str], ...] = ()
        self._tracks = QComboBox(self)
        self._tracks.setAccessibleName("Song")
        self._tracks.setToolTip("The songs of this project.")
        self._tracks.hide()
        self._heading = QLabel("STEMS", self)
        self._heading.setProperty("role", "heading")
        self._null = QLabel(self)
        self._null.setProperty("role", "secondary")
        self._empty = QLabel("Stems will appear here.\n\nDrop a song on the window, or press Ctrl+O.", self)
        self._empty.setProperty("role", "secondary")
        self._empty.setWordWrap(True)
        self._lay_out()
        self._tracks.activated.connect(self._on_track_chosen)
        studio.changed.connect(self._on_changed)
        studio.lane_selected.connect(self._on_lane_selected)
        studio.tasks.ticked.connect(self._on_tick)
        player.metered.connect(self._on_metered)
        desk.automation_switched.connect(self._on_automation_switched)
        self._on_changed()

    def set_theme(self, theme: Theme) -> None:
        """Recolour the lanes."""
        self._theme = theme
        for widget in self._widgets:
            widget.set_theme(theme)

    def set_playhead(self, frame: int) -> None:
        """Move the playhead in every lane."""
        for widget in self._widgets:
            widget.waveform.set_playhead(frame)
            widget.automation.set_playhead(frame)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.addWidget(self._heading)
        header.addStretch()
        header.addWidget(self._null)
        pane = QWidget(self)
        pane.setObjectName("pane")
        self._column = QVBoxLayout(pane)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self._empty)
        self._column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setWidget(pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._tracks)
        layout.addLayout(header)
        layout.addWidget(scroll, 1)

    @Slot()
    def _on_changed(self) -> None:
        lanes = self._studio.lanes()
        if [lane.key for lane in lanes] != [widget.lane.key for widget in self._widgets]:
            self._rebuild(lanes)
        for widget, lane in zip(self._widgets, lanes, strict=True):
            if widget.lane.sound_key != lane.sound_key or widget.lane.live != lane.live:
                self._show_sound(widget, lane)
            widget.show_lane(lane)
        self._on_automation_switched()
        self._empty.setVisible(not lanes)
        self._show_tracks()
        self._show_null()
        self._on_lane_selected()

    def _rebuild(self, lanes: tuple[StemLane, ...]) -> None:
        for widget in self._widgets:
            widget.blockSignals(True)  # a field that loses the focus here would speak for a lane that is gone
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._widgets = []
        for index, lane in enumerate(lanes):
            widget = LaneWidget(lane, self._theme, self)
            widget.selected.connect(self._studio.select_lane)
            widget.strip_changed.connect(self._on_strip_changed)
            widget.automation_changed.connect(self._desk.set_automation)
            widget.seek_requested.connect(self.seek_requested)
            self._column.insertWidget(index, widget)
            self._widgets.append(widget)
            self._show_sound(widget, lane)

    def _show_sound(self, widget: LaneWidget, lane: StemLane) -> None:
        try:
            peaks = lane.envelope()
        except UserError:  # its file is missing, which was told when the project was opened
            return
        if peaks is None:
            self._build_peaks(lane)
            return
        if lane.key == MIXTURE:
            self._gain = _filling_gain(peaks, lane.clip.frames)
        widget.set_envelope(peaks, lane.clip.frames, self._gain)

    def _build_peaks(self, lane: StemLane) -> None:
        """Draw the lane once its peaks, which a copied project may lack, are there again."""

        def work(_reporter: Reporter) -> None:
            clip_envelope(lane.clip, lane.clips)

        def done(_session: object, _result: None) -> None:
            for widget in self._widgets:
                if widget.lane.clip == lane.clip:
                    self._show_sound(widget, widget.lane)

        self._studio.run(Job(f"Measuring {lane.kind.title.lower()}", Lane.CPU, work), done)

    def _show_tracks(self) -> None:
        session, track = self._studio.session, self._studio.track
        tracks = tuple((each.title, each.id) for each in session.project.tracks) if session else ()
        if tracks != self._shown_tracks:
            self._shown_tracks = tracks
            self._tracks.setVisible(len(tracks) > 1)
            self._tracks.clear()
            for title, track_id in tracks:
                self._tracks.addItem(title, track_id)
        if track is not None:
            self._tracks.setCurrentIndex(self._tracks.findData(track.id))

    def _show_null(self) -> None:
        track = self._studio.track
        if track is None or track.receipt is None or self._studio.running is not None:
            self._null.setText("")
            return
        if any(repair.action == REPAIR and not repair.other for repair in track.repairs):
            self._null.setText("sum ≠ mix")
            self._null.setToolTip("Repairs took sound out of the song, as was asked; undo them to have it all.")
            return
        level = track.receipt.null_db
        sign = "=" if level is None or level <= EXACT_DB else "≠"
        shown = "exactly" if level is None or level <= ROUNDING_DB else f"{level:.0f} dB".replace("-", "−")
        self._null.setText(f"sum {sign} mix {shown}")
        self._null.setToolTip(
            "How far the sum of all stems, at 0 dB, is from the song: the quieter the better. "
            "Nothing is lost and nothing is rescaled."
        )

    @Slot()
    def _on_lane_selected(self) -> None:
        lane = self._studio.lane
        focus_is_here = any(widget.hasFocus() for widget in self._widgets)
        for widget in self._widgets:
            selected = lane is not None and widget.lane.key == lane.key
            widget.set_selected(selected)
            if selected and focus_is_here:
                widget.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_automation_switched(self) -> None:
        for widget in self._widgets:
            widget.automation.setVisible(self._desk.is_automated(widget.lane.key))

    @Slot()
    def _on_metered(self) -> None:
        stems = self._player.meters.reading.stems
        for widget in self._widgets:
            levels = stems.get(widget.lane.key, SILENCE)
            widget.meter.set_levels(levels.peak, levels.rms)

    @Slot(str, object, str)
    def _on_strip_changed(self, key: str, strip: Strip, gesture: str) -> None:
        self._studio.set_strip(key, strip, gesture)

    @Slot(int)
    def _on_track_chosen(self, index: int) -> None:
        self._studio.select_track(str(self._tracks.itemData(index)))

    @Slot()
    def _on_tick(self) -> None:
        """Let the waveforms of a running separation grow."""
        running, track = self._studio.running, self._studio.track
        if running is None or track is None:
            self._drawn_frames = -1
            return
        if running.live.clip_ids and not any(widget.lane.live for widget in self._widgets):
            self._studio.changed.emit()
        if running.live.written_frames - self._drawn_frames > track.mixture.frames // 100:
            self._drawn_frames = running.live.written_frames
            for widget in self._widgets:
                if widget.lane.live:
                    widget.waveform.refresh()


def _filling_gain(peaks: Drawable, frames: int) -> float:
    """How many times higher to draw so that the song fills its lane; its stems are drawn on the same scale."""
    low, high = peaks.draw(0, frames, 256)
    loudest = max(float(np.max(high, initial=0)), -float(np.min(low, initial=0)))
    return 1.0 / loudest if loudest > 1e-4 else 1.0
