"""Which sounds of a song are exported: stems, a group, versions of the mix."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from stemstudio.core.stems import stem_kind
from stemstudio.operations.exporting_items import Group, has_voice_and_more
from stemstudio.project.document import Strip, Track

_COLUMNS = 3


class SoundsForm(QWidget):
    """Boxes for the stems and the versions of the mix; stems that are `silent` are not ticked at first."""

    changed = Signal()

    def __init__(self, track: Track, silent: frozenset[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stems = {stem.name: QCheckBox(stem_kind(stem.name).title, self) for stem in track.stems}
        for name, box in self.stems.items():
            box.setChecked(name not in silent)
            if name in silent:
                box.setText(f"{box.text()} (silent)")
        self.together = QCheckBox("In one file called", self)
        self.together.setToolTip("The ticked stems together, such as a band without its singer.")
        self.group_name = QLineEdit("Group", self)
        self.group_name.setAccessibleName("Name of the group")
        self.as_mixed = QCheckBox("With effects, gain and pan", self)
        self.as_mixed.setToolTip("Without it the stems are as they were separated and add up to the song.")
        self.as_mixed.setChecked(any(stem.chain or stem.strip != Strip() for stem in track.stems))
        self.mix = QCheckBox("Mix", self)
        self.mix.setToolTip("The song as it is heard: all effects, gain, pan, mute and solo.")
        self.mix.setChecked(not track.stems)
        self.mix.setEnabled(bool(track.stems))
        self.instrumental = QCheckBox("Instrumental", self)
        self.instrumental.setToolTip("The mix as it is heard, without the voice.")
        self.acapella = QCheckBox("A cappella", self)
        self.acapella.setToolTip("The mix as it is heard, with nothing but the voice.")
        self._with_voice = has_voice_and_more(track)
        self._lay_out()
        for box in self.findChildren(QCheckBox):
            box.toggled.connect(self._on_changed)
        self.group_name.textChanged.connect(self._on_changed)
        self._on_changed()

    def values(self) -> dict[str, Any]:
        """Return what was chosen, as fields of `ExportChoice`."""
        ticked = tuple(name for name, box in self.stems.items() if box.isChecked())
        group = Group(self.group_name.text().strip(), ticked)
        together = self.together.isChecked() and bool(ticked)
        return {
            "stems": () if together else ticked,
            "groups": (group,) if together else (),
            "as_mixed": self.as_mixed.isChecked(),
            "mix": self.mix.isChecked(),
            "instrumental": self.instrumental.isChecked(),
            "acapella": self.acapella.isChecked(),
        }

    @property
    def complete(self) -> bool:
        """Whether anything is chosen, and named."""
        values = self.values()
        chosen = values["stems"] or values["groups"] or values["mix"] or values["instrumental"] or values["acapella"]
        return bool(chosen) and all(group.title for group in values["groups"])

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for index, box in enumerate(self.stems.values()):
            grid.addWidget(box, index // _COLUMNS, index % _COLUMNS)
        row = (len(self.stems) + _COLUMNS - 1) // _COLUMNS
        if self.stems:
            grid.addWidget(self.together, row, 0)
            grid.addWidget(self.group_name, row, 1)
            grid.addWidget(self.as_mixed, row, 2)
            grid.setRowMinimumHeight(row + 1, 4)
        else:
            for widget in (self.together, self.group_name, self.as_mixed):
                widget.hide()
        versions = [self.mix, self.instrumental, self.acapella]
        for column, box in enumerate(versions):
            grid.addWidget(box, row + 2, column)
            box.setVisible(box is self.mix or self._with_voice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)

    @Slot()
    def _on_changed(self) -> None:
        self.group_name.setEnabled(self.together.isChecked())
        self.changed.emit()
