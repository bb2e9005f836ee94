"""Part of the Effects page: is the sound hollow in mono, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemstudio.ui.chain_work import ChainWork
from stemstudio.ui.player import Player
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.mono_picture import MonoPicture


class HollowSection(QWidget):
    """A button that checks, the advice, its picture, and a button that follows the advice."""

    def __init__(self, work: ChainWork, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._work, self._player = work, player
        heading = QLabel("IN MONO", self)
        heading.setProperty("role", "heading")
        self.check = QPushButton("Check for hollowness", self)
        self.check.setToolTip("Listen to the whole sound in mono, where a separated voice may lose its body.")
        self.plate = QPushButton("Add the plate", self)
        self.plate.setToolTip("Append a narrower middle, some warmth and a short plate reverb to the effects.")
        self.advice = QLabel(self)
        self.advice.setProperty("role", "secondary")
        self.advice.setWordWrap(True)
        self.picture = MonoPicture(self)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.check, self.plate):
            keep_space(button)
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (heading, self.advice, self.picture):
            column.addWidget(widget)
        column.addLayout(row)
        self.check.clicked.connect(work.check)
        self.plate.clicked.connect(work.add_plate)
        self.picture.time_chosen.connect(self._on_time_chosen)
        work.changed.connect(self.show_report)
        self.show_report()

    @Slot()
    def show_report(self) -> None:
        """Show what was found of the sound as it is."""
        report = self._work.report
        self.check.setEnabled(not self._work.busy)
        self.advice.setText("" if report is None else report.advice)
        self.advice.setVisible(bool(self.advice.text()))
        self.picture.show_report(report)
        self.plate.setVisible(report is not None and report.verdict in {"wide", "hollow"})

    @Slot(float)
    def _on_time_chosen(self, time_s: float) -> None:
        self._player.seek(round(time_s * self._player.sample_rate))
