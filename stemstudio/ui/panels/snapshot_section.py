"""Part of the Mix page: mixes that were kept."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from stemstudio.project.document import Snapshot
from stemstudio.ui.desk import Desk
from stemstudio.ui.widgets.elided_label import ElidedLabel
from stemstudio.ui.widgets.keys import keep_space


class SnapshotSection(QWidget):
    """Keeps, recalls and forgets; each is a step of the history."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._shown: tuple[Snapshot, ...] | None = None
        heading = QLabel("SNAPSHOTS", self)
        heading.setProperty("role", "heading")
        self.name = QLineEdit(self)
        self.name.setPlaceholderText("Name")
        self.name.setAccessibleName("Name of the snapshot")
        self.name.setToolTip("What the present mix is to be called.")
        self.keep = QPushButton("Keep the mix", self)
        self.keep.setToolTip("Keep faders, effects and automation of all stems under this name.")
        keep_space(self.keep)
        self.rows: dict[str, tuple[QPushButton, QPushButton]] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.name, 1)
        below.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addLayout(self._list)
        column.addLayout(below)
        self.keep.clicked.connect(self._on_keep)
        self.name.returnPressed.connect(self._on_keep)

    def show_snapshots(self) -> None:
        """Show those of the selected song."""
        snapshots = self._desk.snapshots
        if snapshots == self._shown:
            return
        self._shown = snapshots
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = {}
        for snapshot in snapshots:
            self._list.addWidget(self._row(snapshot))

    def _row(self, snapshot: Snapshot) -> QWidget:
        row = QWidget(self)
        name = ElidedLabel(row)
        name.setText(snapshot.name)
        recall, forget = QPushButton("Recall", row), QPushButton("×", row)
        recall.setToolTip(f"Mix as it was kept under “{snapshot.name}”.")
        recall.setAccessibleName(f"Recall {snapshot.name}")
        forget.setToolTip(f"Forget the mix “{snapshot.name}”.")
        forget.setAccessibleName(f"Forget {snapshot.name}")
        forget.setProperty("letter", True)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(name)
        layout.addStretch()
        for button in (recall, forget):
            keep_space(button)
            layout.addWidget(button)
        recall.clicked.connect(partial(self._recall, snapshot))
        forget.clicked.connect(partial(self._forget, snapshot))
        self.rows[snapshot.name] = recall, forget
        return row

    def _recall(self, snapshot: Snapshot) -> None:
        self._desk.recall_snapshot(snapshot)

    def _forget(self, snapshot: Snapshot) -> None:
        self._desk.remove_snapshot(snapshot.name)

    @Slot()
    def _on_keep(self) -> None:
        self._desk.keep_snapshot(self.name.text())
        self.name.clear()
