"""The tempo of the song and its first beat, for the ruler in bars."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from stemstudio.core.tempo import Tempo
from stemstudio.operations.tempo import tempo_job, with_tempo
from stemstudio.spectral.beats import LEAST_BPM, MOST_BPM
from stemstudio.ui.player import Player
from stemstudio.ui.studio import Studio


class TempoDialog(QDialog):
    """Fields for tempo, first beat and beats in a bar; what is accepted is a step of the history."""

    def __init__(self, studio: Studio, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert studio.track is not None
        self.setWindowTitle("Tempo")
        self.setMinimumWidth(360)
        self._studio, self._player, self._track = studio, player, studio.track
        tempo = studio.track.tempo or Tempo(120.0)
        self.bpm = QDoubleSpinBox(self)
        self.bpm.setRange(LEAST_BPM / 2, MOST_BPM * 2)
        self.bpm.setDecimals(2)
        self.bpm.setSuffix(" beats per minute")
        self.bpm.setValue(tempo.bpm)
        self.first = QDoubleSpinBox(self)
        self.first.setRange(0.0, studio.track.mixture.frames / studio.track.mixture.sample_rate)
        self.first.setDecimals(3)
        self.first.setSingleStep(0.01)
        self.first.setSuffix(" s")
        self.first.setValue(tempo.first_beat_s)
        self.beats = QSpinBox(self)
        self.beats.setRange(1, 16)
        self.beats.setValue(tempo.beats_per_bar)
        for field in (self.bpm, self.first, self.beats):
            field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.estimate = QPushButton("Estimate", self)
        self.estimate.setToolTip("Listen to the song for a steady beat; which beat begins a bar is for you to say.")
        self.here = QPushButton("First beat at the playhead", self)
        self.here.setToolTip("Let bar 1 begin where the playhead is.")
        self._message = QLabel(self)
        self._message.setProperty("role", "secondary")
        self._message.setWordWrap(True)
        self._lay_out()
        self.estimate.clicked.connect(self._on_estimate)
        self.here.clicked.connect(self._on_here)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow("Tempo", self.bpm)
        form.addRow("First beat", self.first)
        form.addRow("Beats in a bar", self.beats)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(form)
        for widget in (self.estimate, self.here, self._message, buttons):
            layout.addWidget(widget)

    @property
    def tempo(self) -> Tempo:
        """What the fields say."""
        return Tempo(self.bpm.value(), self.first.value(), self.beats.value())

    def accept(self) -> None:
        """Keep the tempo."""
        track_id, tempo = self._track.id, self.tempo
        self._studio.edit("Set tempo", lambda project: with_tempo(project, track_id, tempo))
        self._studio.update_settings(replace(self._studio.settings, ruler="bars"))
        super().accept()

    @Slot()
    def _on_estimate(self) -> None:
        session = self._studio.session
        if session is None:
            return
        self.estimate.setEnabled(False)
        self._message.setText("Listening…")
        job = tempo_job(self._track, session.clips, self.beats.value())
        self._studio.run(job, lambda _session, tempo: self._take(tempo), self._on_ended)

    def _take(self, tempo: Tempo | None) -> None:
        if tempo is None:
            self._message.setText("No steady beat was heard.")
        else:
            self.bpm.setValue(tempo.bpm)
            self.first.setValue(tempo.first_beat_s)
            self._message.setText("If the bars begin on another beat, put the first beat at the playhead.")
        self.estimate.setEnabled(True)

    def _on_ended(self) -> None:
        self.estimate.setEnabled(True)
        self._message.setText("")

    @Slot()
    def _on_here(self) -> None:
        self.first.setValue(self._player.position / self._player.sample_rate)
