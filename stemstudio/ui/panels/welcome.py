"""What to do when there is no song."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


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
