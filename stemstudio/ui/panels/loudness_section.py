"""Part of the Mix page: how loud it is, what is heard."""

from __future__ import annotations

import math

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemstudio.mixing.meters import decibels
from stemstudio.ui.player import Player
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.level_meter import LevelMeter

_ROWS = (
    ("momentary", "Momentary", "LUFS", "Loudness of the last 0.4 s (EBU Tech 3341)."),
    ("short_term", "Short-term", "LUFS", "Loudness of the last 3 s."),
    ("integrated", "Integrated", "LUFS", "Loudness of all that was heard since play was pressed."),
    ("true_peak", "True peak", "dBTP", "Highest true peak since play was pressed."),
    ("peak", "Peak", "dBFS", "Highest sample of the last moment."),
    ("rms", "RMS", "dBFS", "Root mean square of the last moment."),
)
_FLOOR_DB = -70.0


class LoudnessSection(QWidget):
    """Numbers and bars, and a button that begins anew."""

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        heading = QLabel("LOUDNESS", self)
        heading.setProperty("role", "heading")
        self.reset = QPushButton("Reset", self)
        self.reset.setProperty("flat", True)
        self.reset.setToolTip("Measure integrated loudness and true peak from now on.")
        keep_space(self.reset)
        self.meter = LevelMeter(2, self)
        self.values: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for index, (name, title, unit, tip) in enumerate(_ROWS):
            self._add_value(grid, index, name, title, f"{tip} In {unit}.")
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        head = QHBoxLayout()
        head.addWidget(heading, 1)
        head.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.meter)
        column.addLayout(grid)
        self.reset.clicked.connect(player.meters.reset_loudness)
        player.meters.measured.connect(self._on_measured)
        player.metered.connect(self._on_metered)
        self._on_measured()

    def _add_value(self, grid: QGridLayout, index: int, name: str, title: str, tip: str) -> None:
        row, column = index // 2, 2 * (index % 2)
        caption, value = QLabel(title, self), QLabel("–", self)
        caption.setProperty("role", "secondary")
        value.setMinimumWidth(value.fontMetrics().horizontalAdvance("−00.0"))
        value.setAccessibleName(title)
        for label in (caption, value):
            label.setToolTip(tip)
        grid.addWidget(caption, row, column)
        grid.addWidget(value, row, column + 1)
        self.values[name] = value

    @Slot()
    def _on_measured(self) -> None:
        if self.isVisible():
            loudness = self._player.meters.loudness
            for name in ("momentary", "short_term", "integrated", "true_peak"):
                self._show(name, getattr(loudness, name))
            warns = loudness.true_peak > 0.0
            self.values["true_peak"].setProperty("role", "notice" if warns else "")

    @Slot()
    def _on_metered(self) -> None:
        if self.isVisible():
            levels = self._player.levels()
            self.meter.set_levels(levels.peak, levels.rms)
            self._show("peak", decibels(max(levels.peak)))
            self._show("rms", decibels(max(levels.rms)))

    def _show(self, name: str, value: float) -> None:
        text = f"{value:.1f}".replace("-", "−") if math.isfinite(value) and value > _FLOOR_DB else "–"
        if self.values[name].text() != text:
            self.values[name].setText(text)
