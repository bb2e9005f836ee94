"""Asks for another key and tempo."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from stemstudio.project.document import Track
from stemstudio.ui.desk import Desk
from stemstudio.ui.panels.transport import clock
from stemstudio.ui.studio import Studio
from stemstudio.ui.widgets.value_slider import ValueSlider


class KeyTempoDialog(QDialog):
    """Semitones, cents and tempo, and what comes of them."""

    def __init__(self, track: Track, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change key and tempo")
        self.setMinimumWidth(400)
        self._track = track
        self.semitones_slider = ValueSlider("Key", -12.0, 12.0, 0.0, 1.0, "semitones", self)
        self.cents_slider = ValueSlider("Fine", -50.0, 50.0, 0.0, 1.0, "cents", self)
        self.tempo_slider = ValueSlider("Tempo", 50.0, 200.0, 100.0, 0.5, "%", self)
        self.semitones_slider.setToolTip("Higher raises the key; 12 semitones are an octave.")
        self.cents_slider.setToolTip("A hundredth of a semitone each, to meet an instrument that is out of tune.")
        self.tempo_slider.setToolTip("Higher is faster; the key stays.")
        self._message = QLabel(self)
        self._message.setProperty("role", "secondary")
        self._message.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.make = self.buttons.addButton("Make the song", QDialogButtonBox.ButtonRole.AcceptRole)
        self.make.setProperty("primary", True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        for slider in (self.semitones_slider, self.cents_slider, self.tempo_slider):
            layout.addWidget(slider)
            slider.changed.connect(self._on_changed)
        layout.addWidget(self._message)
        layout.addWidget(self.buttons)
        self._on_changed()

    @property
    def semitones(self) -> float:
        """How much higher."""
        return self.semitones_slider.value + self.cents_slider.value / 100

    @property
    def tempo(self) -> float:
        """How many times as fast."""
        return self.tempo_slider.value / 100

    @Slot()
    def _on_changed(self) -> None:
        seconds = self._track.mixture.frames / self._track.mixture.sample_rate / self.tempo
        told = f"A new song of {clock(seconds)}"
        if self._track.tempo is not None:
            told += f" at {self._track.tempo.bpm * self.tempo:.1f} beats per minute"
        self._message.setText(f"{told}; this one stays. All stems are changed alike and stay in time with each other.")
        self.make.setEnabled(self.semitones != 0 or self.tempo != 1)


def change_key_and_tempo(studio: Studio, desk: Desk, parent: QWidget) -> None:
    """Ask, then make the new song."""
    if studio.track is None:
        return
    dialog = KeyTempoDialog(studio.track, parent)
    if dialog.exec() == QDialog.DialogCode.Accepted:
        desk.change_key_and_tempo(dialog.semitones, dialog.tempo)
    dialog.deleteLater()
