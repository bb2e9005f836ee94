"""Which passage is exported, and how loud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from stemstudio.operations.exporting_level import LevelChoice
from stemstudio.ui.panels.transport import clock
from stemstudio.ui.settings import Settings
from stemstudio.ui.typed_places import typed_seconds

_TYPED = "typed"


@dataclass(frozen=True)
class Passage:
    """A part of the song that may be exported, in seconds."""

    title: str
    start_s: float
    end_s: float


class PassageForm(QWidget):
    """The whole song, one of the passages there are, or one that is typed."""

    changed = Signal()

    def __init__(self, length_s: float, passages: Sequence[Passage], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._length_s = length_s
        self.which = QComboBox(self)
        self.which.setAccessibleName("Range")
        self.which.addItem("Whole song", Passage("", 0.0, length_s))
        for each in passages:
            self.which.addItem(f"{each.title}, {clock(each.start_s)} to {clock(each.end_s)}", each)
        self.which.addItem("From … to …", _TYPED)
        self.start, self.end = QLineEdit(clock(0), self), QLineEdit(clock(length_s), self)
        self.start.setAccessibleName("Start")
        self.end.setAccessibleName("End")
        for field in (self.start, self.end):
            field.setToolTip("Seconds, or minutes:seconds.")
            field.textChanged.connect(self._on_changed)
        self._to = QLabel("to", self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.which, 2)
        for widget, share in ((self.start, 1), (self._to, 0), (self.end, 1)):
            layout.addWidget(widget, share)
        self.which.currentIndexChanged.connect(self._on_changed)
        self._on_changed()

    def values(self) -> dict[str, Any]:
        """Return what was chosen, as fields of `ExportChoice`; the end of the song is None."""
        chosen = self._chosen()
        if chosen is None:
            return {"start_s": 0.0, "end_s": None}
        return {"start_s": chosen.start_s, "end_s": None if chosen.end_s >= self._length_s else chosen.end_s}

    @property
    def complete(self) -> bool:
        """Whether the passage is one."""
        chosen = self._chosen()
        return chosen is not None and 0 <= chosen.start_s < min(chosen.end_s, self._length_s)

    def _chosen(self) -> Passage | None:
        data = self.which.currentData()
        if data != _TYPED:
            assert isinstance(data, Passage)
            return data
        start_s, end_s = typed_seconds(self.start.text()), typed_seconds(self.end.text())
        return None if start_s is None or end_s is None else Passage("", start_s, end_s)

    @Slot()
    def _on_changed(self) -> None:
        typed = self.which.currentData() == _TYPED
        for widget in (self.start, self._to, self.end):
            widget.setVisible(typed)
        self.changed.emit()


class LevelForm(QWidget):
    """Loudness, ceiling and limiter; what is not ticked is left as it is."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.to_loudness = QCheckBox("Loudness", self)
        self.to_loudness.setToolTip("One gain for all files, so that stems keep their balance.")
        self.loudness = _number(-60.0, -5.0, settings.export_loudness_lufs, 0.5, " LUFS", self)
        self.loudness.setAccessibleName("Loudness of the mix in LUFS")
        self.loudness.setToolTip("−23 for broadcast (EBU R 128), −16 for podcasts, −14 for most streaming services.")
        self.to_ceiling = QCheckBox("True peak under", self)
        self.to_ceiling.setToolTip("The gain is lowered until nothing rises above it, even between the samples.")
        self.ceiling = _number(-24.0, 0.0, settings.export_ceiling_dbtp, 0.1, " dBTP", self)
        self.ceiling.setAccessibleName("Largest true peak in dBTP")
        self.ceiling.setToolTip("−1 leaves lossy formats and players room.")
        self.limit = QCheckBox("Limit the mix", self)
        self.limit.setToolTip("A limiter holds the peaks of mix, instrumental and a cappella; stems only get the gain.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.to_loudness, self.loudness, self.to_ceiling, self.ceiling, self.limit):
            layout.addWidget(widget)
        layout.addStretch()
        for box in (self.to_loudness, self.to_ceiling, self.limit):
            box.toggled.connect(self._on_changed)
        for number in (self.loudness, self.ceiling):
            number.valueChanged.connect(self._on_changed)
        self._on_changed()

    def values(self) -> dict[str, Any]:
        """Return what was chosen, as fields of `ExportChoice`."""
        ceiling = self.ceiling.value() if self.to_ceiling.isChecked() else None
        loudness = self.loudness.value() if self.to_loudness.isChecked() else None
        return {"level": LevelChoice(loudness, ceiling, ceiling is not None and self.limit.isChecked())}

    def remembered(self) -> dict[str, Any]:
        """Return what was chosen, as fields of `Settings`."""
        return {"export_loudness_lufs": self.loudness.value(), "export_ceiling_dbtp": self.ceiling.value()}

    @Slot()
    def _on_changed(self) -> None:
        self.loudness.setEnabled(self.to_loudness.isChecked())
        self.ceiling.setEnabled(self.to_ceiling.isChecked())
        self.limit.setEnabled(self.to_ceiling.isChecked())
        self.changed.emit()


def _number(low: float, high: float, value: float, step: float, unit: str, parent: QWidget) -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSingleStep(step)
    box.setSuffix(unit)
    box.setValue(value)
    field = box.findChild(QLineEdit)
    assert field is not None
    field.setTextMargins(8, 0, 0, 0)  # Qt drops the padding that the style asks for
    return box
