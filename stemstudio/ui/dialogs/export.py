"""What to export, how, and where to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from stemstudio.core.errors import BadInput
from stemstudio.core.stems import RESIDUAL, stem_kind
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, FIELDS, file_stem
from stemstudio.operations.exporting import ExportChoice
from stemstudio.project.document import Track
from stemstudio.ui.settings import Settings

_FORMATS = (
    ("WAV, 24 bit", "wav", 24),
    ("WAV, 16 bit", "wav", 16),
    ("WAV, 32 bit float (adds up exactly)", "wav", 32),
    ("FLAC, 24 bit", "flac", 24),
    ("FLAC, 16 bit", "flac", 16),
)


class ExportDialog(QDialog):
    """Asks for stems, format, names and folder; stems that are `silent` are not ticked."""

    def __init__(
        self, track: Track, settings: Settings, silent: frozenset[str] = frozenset(), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export stems")
        self.setMinimumWidth(520)
        self._track = track
        self._boxes = {stem.name: QCheckBox(stem_kind(stem.name).title, self) for stem in track.stems}
        for name, box in self._boxes.items():
            box.setChecked(name not in silent)
            if name in silent:
                box.setText(f"{box.text()} (silent)")
        self._mix = QCheckBox("Mix", self)
        self._mix.setToolTip("All stems with their gain, pan, mute and solo, in one file.")
        self._mix.setChecked(not track.stems)
        self._mix.setEnabled(bool(track.stems))
        self._as_mixed = QCheckBox("Stems with their gain and pan", self)
        self._as_mixed.setToolTip("Without it the stems are as they were separated and add up to the song.")
        self._format = QComboBox(self)
        for title, container, bits in _FORMATS:
            self._format.addItem(title, (container, bits))
        wanted = [(container, bits) for _, container, bits in _FORMATS]
        if (settings.export_format, settings.export_bits) in wanted:
            self._format.setCurrentIndex(wanted.index((settings.export_format, settings.export_bits)))
        self._template = QLineEdit(settings.export_template or DEFAULT_TEMPLATE, self)
        self._template.setToolTip("Fields: " + " ".join(f"{{{name}}}" for name in FIELDS))
        self._example = QLabel(self)
        self._example.setProperty("role", "secondary")
        self._folder = QLineEdit(settings.export_folder or str(Path.home() / "Music" / "StemStudio"), self)
        self._browse = QPushButton("Choose…", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._export = QPushButton("Export", self)
        self._export.setProperty("primary", True)
        self._export.setDefault(True)
        self._buttons.addButton(self._export, QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out()
        for box in (*self._boxes.values(), self._mix):
            box.toggled.connect(self._on_changed)
        self._format.currentIndexChanged.connect(self._on_changed)
        self._template.textChanged.connect(self._on_changed)
        self._folder.textChanged.connect(self._on_changed)
        self._browse.clicked.connect(self._on_browse)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._on_changed()

    def choice(self) -> ExportChoice:
        """What the person chose."""
        container, bits = self._format.currentData()
        return ExportChoice(
            stems=tuple(name for name, box in self._boxes.items() if box.isChecked()),
            mix=self._mix.isChecked(),
            format=container,
            bits=bits,
            template=self._template.text(),
            as_mixed=self._as_mixed.isChecked(),
        )

    def folder(self) -> Path:
        """Where to."""
        return Path(self._folder.text()).expanduser()

    def _lay_out(self) -> None:
        stems = QVBoxLayout()
        stems.setSpacing(6)
        for box in (*self._boxes.values(), self._mix):
            stems.addWidget(box)
        if not self._boxes:
            self._as_mixed.hide()
        stems.addSpacing(8)
        stems.addWidget(self._as_mixed)
        folder = QHBoxLayout()
        folder.addWidget(self._folder, 1)
        folder.addWidget(self._browse)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        for row, noun in enumerate(("Stems", "Format", "Names", "", "Folder")):
            grid.addWidget(QLabel(noun, self), row, 0)
        grid.addLayout(stems, 0, 1)
        grid.addWidget(self._format, 1, 1)
        grid.addWidget(self._template, 2, 1)
        grid.addWidget(self._example, 3, 1)
        grid.addLayout(folder, 4, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addWidget(self._buttons)

    @Slot()
    def _on_changed(self) -> None:
        choice = self.choice()
        nothing = not choice.stems and not choice.mix
        name = next((each for each in choice.stems if each != RESIDUAL), None)
        title = stem_kind(name).title if name else "Mix"
        backend = self._track.receipt.backend if self._track.receipt else ""
        try:
            example = file_stem(
                choice.template, {"track": self._track.title, "stem": title, "backend": backend, "index": 1}
            )
        except BadInput as error:
            self._example.setText(str(error))
            self._export.setEnabled(False)
            return
        self._example.setText(f"{example}.{choice.format}")
        self._export.setEnabled(not nothing and bool(self._folder.text().strip()))

    @Slot()
    def _on_browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder for the files", self._folder.text())
        if path:
            self._folder.setText(path)
