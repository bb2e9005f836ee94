"""What to export, how, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
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

from stemstudio.audio.tags import NO_TAGS, Tags
from stemstudio.core.errors import BadInput
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, FIELDS
from stemstudio.operations.exporting_choice import ExportChoice, names_of, titles_of
from stemstudio.project.document import Track
from stemstudio.ui.dialogs.export_format import FormatForm
from stemstudio.ui.dialogs.export_passage import LevelForm, Passage, PassageForm
from stemstudio.ui.dialogs.export_sounds import SoundsForm
from stemstudio.ui.settings import Settings


class ExportDialog(QDialog):
    """Asks for sounds, format, passage, loudness, names and folder.

    Parameters
    ----------
    track : Track
    settings : Settings
        What was chosen the last time.
    silent : frozenset of str
        Stems that are not ticked at first, since nothing is heard of them.
    passages : sequence of Passage
        Parts of the song that are offered: the loop, the selection.
    parent : QWidget, optional
    """

    def __init__(
        self,
        track: Track,
        settings: Settings,
        silent: frozenset[str] = frozenset(),
        passages: Sequence[Passage] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setMinimumWidth(760)
        self._track, self._tags = track, NO_TAGS
        self.sounds = SoundsForm(track, silent, self)
        self.format = FormatForm(settings, track.mixture.sample_rate, bool(track.stems), self)
        self.passage = PassageForm(track.mixture.frames / track.mixture.sample_rate, passages, self)
        self.level = LevelForm(settings, self)
        self.keep_tags = QCheckBox("Artist, album, cover and so on from the song's file", self)
        self.keep_tags.setChecked(True)
        self.template = QLineEdit(settings.export_template or DEFAULT_TEMPLATE, self)
        self.template.setToolTip("Fields: " + " ".join(f"{{{name}}}" for name in FIELDS))
        self.example = QLabel(self)
        self.example.setProperty("role", "secondary")
        self.example.setWordWrap(True)
        self.example.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.example.setMinimumHeight(2 * self.example.fontMetrics().lineSpacing())  # else a long one squeezes the rest
        self.folder_field = QLineEdit(settings.export_folder or str(Path.home() / "Music" / "StemStudio"), self)
        self._browse = QPushButton("Choose…", self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.export = QPushButton("Export", self)
        self.export.setProperty("primary", True)
        self.export.setDefault(True)
        self._buttons.addButton(self.export, QDialogButtonBox.ButtonRole.AcceptRole)
        self._lay_out()
        for form in (self.sounds, self.format, self.passage, self.level):
            form.changed.connect(self._on_changed)
        self.keep_tags.toggled.connect(self._on_changed)
        self.template.textChanged.connect(self._on_changed)
        self.folder_field.textChanged.connect(self._on_changed)
        self._browse.clicked.connect(self._on_browse)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._on_changed()

    def choice(self) -> ExportChoice:
        """What the person chose."""
        forms = (self.sounds, self.format, self.passage, self.level)
        fields = {name: value for form in forms for name, value in form.values().items()}
        return ExportChoice(**fields, template=self.template.text(), tags=self.keep_tags.isChecked())

    def folder(self) -> Path:
        """Where to."""
        return Path(self.folder_field.text()).expanduser()

    def remembered(self, settings: Settings) -> Settings:
        """`settings` with what is worth offering the next time."""
        template, folder = self.template.text(), str(self.folder())
        chosen = {**self.format.remembered(), **self.level.remembered()}
        return replace(settings, export_folder=folder, export_template=template, **chosen)

    def set_tags(self, tags: Tags) -> None:
        """Take the song's tags for the example; they are read while the dialog is open."""
        self._tags = tags
        self._on_changed()

    def _lay_out(self) -> None:
        folder = QHBoxLayout()
        folder.addWidget(self.folder_field, 1)
        folder.addWidget(self._browse)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        rows: list[tuple[str, QWidget]] = [
            ("&Sounds", self.sounds),
            ("&Format", self.format),
            ("&Range", self.passage),
            ("&Level", self.level),
            ("&Tags", self.keep_tags),
            ("&Names", self.template),
            ("", self.example),
        ]
        targets = {"&Format": self.format.kind, "&Range": self.passage.which, "&Level": self.level.to_loudness}
        targets["&Sounds"] = next(iter((*self.sounds.stems.values(), self.sounds.mix)))
        for row, (noun, widget) in enumerate(rows):
            label = QLabel(noun, self)
            label.setBuddy(targets.get(noun, widget))
            place = Qt.AlignmentFlag.AlignTop if widget is self.sounds else Qt.AlignmentFlag.AlignVCenter
            grid.addWidget(label, row, 0, place)
            grid.addWidget(widget, row, 1)
        label = QLabel("F&older", self)
        label.setBuddy(self.folder_field)
        grid.addWidget(label, len(rows), 0)
        grid.addLayout(folder, len(rows), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addStretch()
        layout.addWidget(self._buttons)

    @Slot()
    def _on_changed(self) -> None:
        choice = self.choice()
        self.sounds.setEnabled(not choice.container)
        try:
            names = names_of(self._track, titles_of(self._track, choice), choice, self._tags)
        except BadInput as error:
            self.example.setText(str(error))
            self.export.setEnabled(False)
            return
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        self.example.setText(f"{names[0]}.{choice.ending}{more}" if names else "Nothing is chosen yet.")
        complete = self.passage.complete and (bool(choice.container) or self.sounds.complete)
        self.export.setEnabled(complete and bool(self.folder_field.text().strip()))

    @Slot()
    def _on_browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder for the files", self.folder_field.text())
        if path:
            self.folder_field.setText(path)
