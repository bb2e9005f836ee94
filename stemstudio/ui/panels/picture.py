"""The centre: the spectrogram of the selected lane with the overview under it, or what to do first."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from stemstudio.ui.player import Player
from stemstudio.ui.spectrogram.overview import Overview
from stemstudio.ui.spectrogram.view import SpectrogramView
from stemstudio.ui.studio import Studio
from stemstudio.ui.theme import Theme


class Picture(QWidget):
    """Shows the sound of the selected lane."""

    def __init__(self, studio: Studio, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ground")
        self._studio, self._player = studio, player
        self._shown = ""
        self._drawn_frames = 0
        self.spectrogram = SpectrogramView(theme, self)
        self.overview = Overview(self.spectrogram, self)
        self.welcome = Welcome(self)
        sound = QWidget(self)
        column = QVBoxLayout(sound)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.spectrogram, 1)
        column.addWidget(self.overview)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(sound)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._stack)
        self.spectrogram.seek_requested.connect(player.seek)
        self.overview.seek_requested.connect(player.seek)
        self.spectrogram.loop_changed.connect(player.set_loop)
        player.changed.connect(self._on_player_changed)
        studio.changed.connect(self._on_changed)
        studio.lane_selected.connect(self._on_changed)
        studio.settings_changed.connect(self._on_settings_changed)
        studio.tasks.ticked.connect(self._on_tick)
        self.set_theme(theme)
        self._on_settings_changed()
        self._on_changed()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.spectrogram.set_theme(theme)
        self.overview.update()

    def set_playhead(self, frame: int) -> None:
        """Move the playhead."""
        self.spectrogram.set_playhead(frame)

    def close_worker(self) -> None:
        """End the thread that computes the picture."""
        self.spectrogram.shutdown()

    @Slot()
    def _on_changed(self) -> None:
        lane = self._studio.lane
        self._stack.setCurrentIndex(0 if lane is None else 1)
        self.welcome.show_opening(self._studio.opening)
        key = lane.sound_key if lane else ""
        if key == self._shown:
            return
        self._shown = key
        self._drawn_frames = 0
        self.spectrogram.set_source(lane.source() if lane else None, key)
        if lane is not None and lane.live:
            self.spectrogram.invalidate(0, lane.clip.frames)  # it has grown since it was last looked at

    @Slot()
    def _on_player_changed(self) -> None:
        self.spectrogram.set_loop(self._player.loop if self._player.looping else None)

    @Slot()
    def _on_settings_changed(self) -> None:
        settings = self._studio.settings
        look = self.spectrogram.look
        self.spectrogram.set_look(
            replace(
                look,
                scale=settings.frequency_scale,
                colour_map=settings.colour_map,
                range_db=settings.range_db,
            )
        )
        self.spectrogram.set_follow(settings.follow_playhead)

    @Slot()
    def _on_tick(self) -> None:
        """Show what a running separation has written since."""
        running, lane = self._studio.running, self._studio.lane
        if running is None or lane is None or not lane.live:
            return
        written = running.live.written_frames
        if written - self._drawn_frames > lane.clip.sample_rate:
            self.spectrogram.invalidate(self._drawn_frames, written)
            self._drawn_frames = written


class Welcome(QWidget):
    """What to do when there is no song."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._headline = QLabel("Drop a song here", self)
        self._headline.setProperty("role", "title")
        self._text = QLabel(
            "WAV, FLAC, MP3, Ogg, Opus, AIFF, M4A, and the sound of MP4, MKV and WebM.\n"
            "It is separated on this computer; nothing is sent anywhere.",
            self,
        )
        self._text.setProperty("role", "secondary")
        self.open = QPushButton("Open song…", self)
        self.open.setProperty("primary", True)
        self.demo = QPushButton("Try the demo song", self)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch()
        buttons.addWidget(self.open)
        buttons.addWidget(self.demo)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addStretch()
        for label in (self._headline, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addLayout(buttons)
        layout.addStretch()

    def show_opening(self, opening: bool) -> None:
        """Say that a song is being read."""
        self._headline.setText("Reading the song…" if opening else "Drop a song here")
        self.open.setVisible(not opening)
        self.demo.setVisible(not opening)
