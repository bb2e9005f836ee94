"""Play, stop, time, loop, level: the bottom of the window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemstudio.ui.icons import icon
from stemstudio.ui.player import Player
from stemstudio.ui.theme import Theme
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.level_meter import LevelMeter


class Transport(QWidget):
    """Shows and drives the player."""

    def __init__(self, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player, self._theme = player, theme
        self.play = self._button("Play or pause (Space)", "Play")
        self.stop = self._button("Stop and go to the start (Shift+Space)", "Stop")
        self.loop = self._button("Loop: drag in the time ruler to set it; L to switch it", "Loop")
        self.loop.setCheckable(True)
        self.original = QPushButton("Original", self)
        self.original.setCheckable(True)
        self.original.setToolTip("Hear the song as it was loaded instead of the mix of its stems (O).")
        keep_space(self.original)
        self._time = QLabel("0:00.000", self)
        self._time.setProperty("role", "title")
        self._time.setAccessibleName("Position")
        self._length = QLabel("/ 0:00.000", self)
        self._length.setProperty("role", "secondary")
        self._meter = LevelMeter(2, self)
        self._message = QLabel(self)
        self._message.setProperty("role", "notice")
        self._lay_out()
        self.play.clicked.connect(player.toggle)
        self.stop.clicked.connect(player.stop)
        self.loop.clicked.connect(player.set_looping)
        self.original.clicked.connect(player.set_original)
        player.changed.connect(self._on_changed)
        player.moved.connect(self._on_moved)
        player.metered.connect(self._on_metered)
        self.set_theme(theme)
        self._on_changed()
        self._on_moved()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.stop.setIcon(icon("stop", theme.text))
        self._meter.set_colours(QColor(theme.good), QColor(theme.danger))
        self._on_changed()

    def _button(self, tip: str, name: str) -> QPushButton:
        button = QPushButton(self)
        button.setToolTip(tip)
        button.setAccessibleName(name)
        button.setFixedSize(QSize(36, 32))
        button.setStyleSheet("padding: 0;")
        button.setIconSize(QSize(20, 20))
        keep_space(button)
        return button

    def _lay_out(self) -> None:
        self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance("00:00:00.000") + 24)
        meters = QVBoxLayout()
        meters.setSpacing(4)
        meters.addStretch()
        meters.addWidget(self._meter)
        meters.addWidget(self._message)
        meters.addStretch()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.play, self.stop, self._time, self._length, self.loop, self.original):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addLayout(meters, 1)

    @Slot()
    def _on_changed(self) -> None:
        theme, player = self._theme, self._player
        ready = player.frames > 0
        self.play.setIcon(icon("pause" if player.playing else "play", theme.text if ready else theme.text_secondary))
        self.loop.setIcon(icon("loop", theme.on_accent if player.looping else theme.text))
        self.loop.setChecked(player.looping)
        self.original.setChecked(player.original)
        for button in (self.play, self.stop, self.loop):
            button.setEnabled(ready)
        self.original.setEnabled(player.has_stems)
        self._message.setText("No sound is heard" if player.message else "")
        self._message.setToolTip(player.message)
        self._message.setVisible(bool(player.message))
        self._length.setText("/ " + clock(player.frames / player.sample_rate))

    @Slot()
    def _on_moved(self) -> None:
        self._time.setText(clock(self._player.position / self._player.sample_rate))

    @Slot()
    def _on_metered(self) -> None:
        levels = self._player.levels()
        self._meter.set_levels(levels.peak, levels.rms)


def clock(seconds: float) -> str:
    """Time as people read it: 1:02:03.456, with hours only where there are some."""
    milliseconds = round(max(seconds, 0.0) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    lead = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{lead}:{rest // 1000:02d}.{rest % 1000:03d}"
