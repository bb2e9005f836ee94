"""Every key at a glance, made from the actions themselves."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from stemstudio.ui.actions.spec import ActionSpec

_SPECTROGRAM = (
    ("Wheel", "Zoom in time around the pointer"),
    ("Ctrl+wheel", "Zoom in frequency"),
    ("Wheel sideways", "Move in time"),
    ("Shift+wheel", "Move in frequency"),
    ("Middle button, drag", "Move the picture"),
    ("Drag the frequency axis", "Move in frequency"),
    ("Click", "Go there (tool V)"),
    ("Drag in the time ruler", "Set the loop"),
    ("+  −  arrows", "Zoom and move"),
    ("Home  End  F", "Start, end, all of the song"),
    ("Drag with a tool", "Select; inside the selection: move it"),
    ("Shift / Alt / both", "Add / take away / keep what is common"),
    ("Alt+arrows", "Move the selection"),
    ("Shift+arrows", "Move its right or upper edge"),
    ("Enter", "Mend what is selected"),
    ("Delete", "Erase what is selected"),
    ("Escape", "Break off, then select nothing"),
)

_COLUMNS = 3


class ShortcutsDialog(QDialog):
    """Columns of keys and what they do."""

    def __init__(self, actions: Iterable[tuple[ActionSpec, QAction]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        rows = [
            (action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), spec.title.rstrip("…"))
            for spec, action in actions
            if not action.shortcut().isEmpty()
        ]
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        rows = [*rows, *_SPECTROGRAM]
        height = -(-len(rows) // _COLUMNS)
        for index, (keys, title) in enumerate(rows):
            self._add(grid, index % height, 3 * (index // height), keys, title)
        for column in range(1, _COLUMNS):
            grid.setColumnMinimumWidth(3 * column - 1, 8)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addWidget(buttons)

    def _add(self, grid: QGridLayout, row: int, column: int, keys: str, title: str) -> None:
        label = QLabel(keys, self)
        label.setProperty("role", "key")
        grid.addWidget(label, row, column)
        meaning = QLabel(title, self)
        meaning.setProperty("role", "secondary")
        grid.addWidget(meaning, row, column + 1)
