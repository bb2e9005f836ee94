"""What is selected as numbers, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from stemstudio.repair.selection import Extent
from stemstudio.ui.editor import Editor
from stemstudio.ui.panels.transport import clock
from stemstudio.ui.selection_edits import SelectionEdits
from stemstudio.ui.studio import Studio
from stemstudio.ui.typed_places import hertz_text, typed_hertz, typed_seconds
from stemstudio.ui.widgets.flow_layout import FlowLayout
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.number_field import NumberField

_FIELDS = (
    ("first", "Start", "Time at which the selection starts, such as 1:02.5."),
    ("last", "End", "Time at which the selection ends."),
    ("low_hz", "Low", "Lowest frequency, such as 440, 2.4 kHz or A4."),
    ("high_hz", "High", "Highest frequency, such as 440, 2.4 kHz or A4."),
)


class SelectionFields(QWidget):
    """Part of the Repair page: four fields that show and set the extent, and buttons."""

    def __init__(self, studio: Studio, editor: Editor, edits: SelectionEdits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._editor, self._edits = studio, editor, edits
        self.fields: dict[str, QLineEdit] = {}
        self.buttons: dict[str, QPushButton] = {}
        self._hint = QLabel("Nothing is selected. Take a tool at the left of the picture and draw, or type here.", self)
        self._hint.setProperty("role", "secondary")
        self._hint.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._grid())
        column.addWidget(self._hint)
        column.addLayout(self._amounts())
        column.addWidget(self._operations())
        editor.selection_changed.connect(self._on_changed)
        studio.changed.connect(self._on_changed)
        self._on_changed()

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        for index, (name, title, tip) in enumerate(_FIELDS):
            field = QLineEdit(self)
            field.setAccessibleName(f"{title} of the selection")
            field.setToolTip(tip)
            field.setMinimumWidth(72)
            field.editingFinished.connect(self._on_typed)
            caption = QLabel(title, self)
            caption.setProperty("role", "secondary")
            caption.setBuddy(field)
            grid.addWidget(caption, index // 2, 2 * (index % 2))
            grid.addWidget(field, index // 2, 2 * (index % 2) + 1)
            self.fields[name] = field
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        return grid

    def _amounts(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        caption = QLabel("Move edges by", self)
        caption.setProperty("role", "secondary")
        row.addWidget(caption)
        self.time = NumberField("Edges, in time", 20.0, 500.0, "ms", 0, self)
        self.time.setToolTip("By how much Grow, Shrink and Feather move the edges in time.")
        self.pitch = NumberField("Edges, in frequency", 1.0, 24.0, "st", 1, self)
        self.pitch.setToolTip("By how many semitones Grow, Shrink and Feather move the edges in frequency.")
        for field in (self.time, self.pitch):
            field.changed.connect(self._on_amount)
            row.addWidget(field, 1)
        return row

    def _operations(self) -> QWidget:
        edits, pane = self._edits, QWidget(self)
        flow = FlowLayout(pane, 6)
        for name, title, tip, run in (
            ("grow", "Grow", "Take in what is next to the selection.", edits.grow),
            ("shrink", "Shrink", "Leave out what is at its edge.", edits.shrink),
            ("feather", "Feather", "Let its edges fade.", edits.feather),
            ("invert", "Invert", "Select all else of the time in sight (Ctrl+I).", edits.invert),
            ("zero", "Zero crossings", "Start and end where the sound crosses zero.", edits.snap_to_zero_crossings),
            ("beats", "Beats", "Start and end on a beat of the song.", edits.snap_to_beats),
            ("time", "All time", "Over the whole song.", edits.whole_time),
            ("band", "All frequencies", "Over the whole spectrum.", edits.whole_band),
            ("all", "All", "Select the whole song (Ctrl+A).", edits.select_all),
            ("none", "None", "Select nothing (Ctrl+Shift+A).", edits.select_none),
        ):
            self.buttons[name] = self._button(title, tip, run, pane)
            flow.addWidget(self.buttons[name])
        return pane

    def _button(self, title: str, tip: str, run: Callable[[], None], parent: QWidget) -> QPushButton:
        button = QPushButton(title, parent)
        button.setProperty("chip", True)
        button.setToolTip(tip)
        button.clicked.connect(run)
        keep_space(button)
        return button

    @Slot()
    def _on_changed(self) -> None:
        selection = self._editor.selection
        self._hint.setVisible(selection is None)
        self.setEnabled(self._studio.track is not None)
        for name, button in self.buttons.items():
            button.setEnabled(selection is not None or name == "all")
        texts = dict.fromkeys(self.fields, "") if selection is None else _texts(selection.extent, self._rate)
        for name, field in self.fields.items():
            if not (field.hasFocus() and field.isModified()):
                field.setText(texts[name])
                field.setCursorPosition(0)

    @Slot()
    def _on_typed(self) -> None:
        field = self.sender()
        name = next((name for name, each in self.fields.items() if each is field), "")
        extent = self._typed(name) if name and self.fields[name].isModified() else None
        for each in self.fields.values():
            each.setModified(False)
        if extent is not None:
            self._edits.set_extent(extent)
        self._on_changed()

    @Slot()
    def _on_amount(self) -> None:
        self._edits.seconds, self._edits.semitones = self.time.value / 1000, self.pitch.value

    def _typed(self, name: str) -> Extent | None:
        """The extent with what was typed into one field; None if that is no place in the song."""
        track, selection = self._studio.track, self._editor.selection
        if track is None:
            return None
        rate, frames = track.mixture.sample_rate, track.mixture.frames
        extent = Extent(0, frames, 0.0, rate / 2) if selection is None else selection.extent
        text = self.fields[name].text()
        number = typed_hertz(text) if name.endswith("hz") else typed_seconds(text)
        if number is None:
            return None
        changed = _with(extent, name, min(number, rate / 2) if name.endswith("hz") else min(number * rate, frames))
        changed = _moved(extent, changed, frames, rate / 2)
        return changed if changed.frames > 0 and changed.high_hz > changed.low_hz else None

    @property
    def _rate(self) -> int:
        return self._editor.selection.sample_rate if self._editor.selection else 1


def _with(extent: Extent, name: str, value: float) -> Extent:
    match name:
        case "first":
            return replace(extent, first=round(value))
        case "last":
            return replace(extent, last=round(value))
        case "low_hz":
            return replace(extent, low_hz=value)
    return replace(extent, high_hz=value)


def _moved(old: Extent, new: Extent, frames: int, top_hz: float) -> Extent:
    """`new`, in which a start that was typed beyond the end takes the end along, and so on for each of the four.

    In time the length is kept, in frequency the interval, as far as the song reaches.
    """
    if new.first >= new.last:
        if new.first != old.first:
            return replace(new, last=min(new.first + old.frames, frames))
        return replace(new, first=max(new.last - old.frames, 0))
    if new.low_hz >= new.high_hz:
        ratio = old.high_hz / max(old.low_hz, 1.0)
        if new.low_hz != old.low_hz:
            return replace(new, high_hz=min(new.low_hz * ratio, top_hz))
        return replace(new, low_hz=new.high_hz / ratio)
    return new


def _texts(extent: Extent, rate: int) -> dict[str, str]:
    return {
        "first": clock(extent.first / rate),
        "last": clock(extent.last / rate),
        "low_hz": hertz_text(extent.low_hz),
        "high_hz": hertz_text(extent.high_hz),
    }
