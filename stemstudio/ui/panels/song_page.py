"""The page that tells of the song: what the file is, how the stems were made."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from stemstudio.core.stems import stem_kind
from stemstudio.project.document import Receipt
from stemstudio.separation.registry import backend, backend_ids
from stemstudio.ui.panels.transport import clock
from stemstudio.ui.studio import Studio


class SongPage(QWidget):
    """Second page of the inspector."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._told: object = ()
        self._form = QFormLayout()
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setHorizontalSpacing(16)
        self._notices = QLabel(self)
        self._notices.setProperty("role", "notice")
        self._notices.setWordWrap(True)
        self._empty = QLabel("Open a song to read about it here.", self)
        self._empty.setProperty("role", "secondary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 16, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self._empty)
        layout.addLayout(self._form)
        layout.addWidget(self._notices)
        layout.addStretch()
        studio.changed.connect(self._on_changed)
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        track = self._studio.track
        told = (track.title, track.receipt, track.notices, track.mixture) if track else None
        if told == self._told:
            return
        self._told = told
        while self._form.rowCount():
            self._form.removeRow(0)
        self._empty.setVisible(track is None)
        self._notices.setVisible(bool(track and track.notices))
        if track is None:
            return
        clip = track.mixture
        self._row("Title", track.title)
        self._row("File", track.source_path)
        self._row("Length", clock(clip.frames / clip.sample_rate))
        self._row("Rate", f"{clip.sample_rate / 1000:g} kHz")
        self._row("Channels", {1: "Mono", 2: "Stereo"}.get(clip.channels, str(clip.channels)))
        if track.receipt is not None:
            self._row("Stems", ", ".join(stem_kind(stem.name).title for stem in track.stems))
            title, values = _told(track.receipt)
            self._row("Made by", title)
            self._row("In", f"{track.receipt.seconds:.1f} s")
            if values:
                self._row("With", values)
        self._notices.setText("\n\n".join(track.notices))

    def _row(self, noun: str, text: str) -> None:
        label = QLabel(noun)
        label.setProperty("role", "secondary")
        value = QLabel(text)
        value.setWordWrap(True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._form.addRow(label, value)


def _told(receipt: Receipt) -> tuple[str, str]:
    """Title of the method and its values in words; plain ids for a method that this version does not know."""
    if receipt.backend not in backend_ids():
        return receipt.backend, ", ".join(f"{name} {value}" for name, value in receipt.values)
    info = backend(receipt.backend).info
    specs = {spec.name: spec for spec in info.params}
    words = []
    for name, value in receipt.values:
        spec = specs.get(name)
        chosen = dict(spec.choices).get(str(value), value) if spec else value
        words.append(f"{spec.label.lower() if spec else name} {chosen}{' ' + spec.unit if spec and spec.unit else ''}")
    return info.title, ", ".join(words)
