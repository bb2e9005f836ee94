"""The page of the mix: loudness, versions in one click, snapshots, key and tempo, and each stem's place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from stemstudio.project.document import Strip
from stemstudio.ui.dialogs.key_tempo import change_key_and_tempo
from stemstudio.ui.lanes import StemLane
from stemstudio.ui.panels.loudness_section import LoudnessSection
from stemstudio.ui.panels.mix_row import MixRow
from stemstudio.ui.panels.snapshot_section import SnapshotSection
from stemstudio.ui.widgets.chips import Chip, Chips
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.workplace import Workplace


class MixPage(QWidget):
    """Everything about the mix that the lanes have no room for."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._desk = place.studio, place.desk
        self.loudness = LoudnessSection(place.player, self)
        self.minus = Chips("Without", "Mute {0} and nothing else: to play or sing it yourself.", parent=self)
        self.only = Chips("Only", "Mute everything but {0}.", parent=self)
        self.reset = QPushButton("Reset the mix", self)
        self.reset.setToolTip("Every fader to zero, nothing muted, no effects: the song again.")
        self.stretch = QPushButton("Change key and tempo…", self)
        self.stretch.setToolTip("Make a new song of this one in another key or tempo; all stems stay in time.")
        for button in (self.reset, self.stretch):
            keep_space(button)
        self.snapshots = SnapshotSection(place.desk, self)
        self._remix = QWidget(self)
        self._stems = QWidget(self)
        self._hint = QLabel("Separate the song first: then its stems can be mixed here.", self)
        self._hint.setProperty("role", "secondary")
        self._hint.setWordWrap(True)
        self.rows: list[MixRow] = []
        self._lay_out()
        self.minus.chosen.connect(self._on_minus)
        self.only.chosen.connect(self._on_only)
        self.reset.clicked.connect(place.desk.reset)
        self.stretch.clicked.connect(self._on_stretch)
        place.studio.changed.connect(self._on_changed)
        place.desk.automation_switched.connect(self._on_changed)
        self._on_changed()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        self._on_changed()

    def _lay_out(self) -> None:
        remix = QVBoxLayout(self._remix)
        remix.setContentsMargins(0, 0, 0, 0)
        remix.setSpacing(8)
        parts: tuple[QWidget, ...] = (_heading("WITHOUT", self), self.minus, _heading("ONLY", self), self.only)
        for part in (*parts, self.reset, self.stretch, self.snapshots):
            remix.addWidget(part)
        self._column = QVBoxLayout(self._stems)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(_heading("STEMS", self))
        pane = QWidget(self)
        pane.setObjectName("pane")
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 8, 8, 8)
        column.setSpacing(16)
        column.addWidget(self.loudness)
        column.addWidget(self._hint)
        column.addWidget(self._remix)
        column.addWidget(self._stems)
        column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    @Slot(str)
    def _on_minus(self, name: str) -> None:
        self._desk.minus_one([name])

    @Slot(str)
    def _on_only(self, name: str) -> None:
        self._desk.only([name])

    @Slot()
    def _on_stretch(self) -> None:
        change_key_and_tempo(self._studio, self._desk, self.window())

    @Slot()
    def _on_changed(self) -> None:
        if not self.isVisible():
            return
        track = self._studio.track
        lanes = [lane for lane in self._studio.lanes() if lane.strip is not None]
        if [lane.key for lane in lanes] != [row.key for row in self.rows]:
            self._rebuild(lanes)
        for row, lane in zip(self.rows, lanes, strict=True):
            row.show_lane(lane, automated=self._desk.is_automated(lane.key))
        stems = track.stems if track is not None else ()
        chips = [Chip.of_stem(stem.name) for stem in stems]
        self.minus.show_chips(chips)
        self.only.show_chips(chips)
        self.snapshots.show_snapshots()
        self._hint.setVisible(not lanes)
        self._remix.setVisible(bool(stems))
        self._stems.setVisible(bool(lanes))

    def _rebuild(self, lanes: list[StemLane]) -> None:
        for row in self.rows:
            row.blockSignals(True)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for lane in lanes:
            row = MixRow(lane, self)
            row.strip_changed.connect(self._on_strip_changed)
            row.automation_switched.connect(self._desk.switch_automation)
            row.automation_cleared.connect(self._on_cleared)
            self._column.addWidget(row)
            self.rows.append(row)

    @Slot(str, object, str)
    def _on_strip_changed(self, key: str, strip: Strip, gesture: str) -> None:
        self._studio.set_strip(key, strip, gesture)

    @Slot(str)
    def _on_cleared(self, key: str) -> None:
        self._desk.set_automation(key, ())


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label
