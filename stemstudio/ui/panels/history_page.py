"""The page that lists what was done, a click goes to that moment; under it markers and regions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QSplitter, QVBoxLayout, QWidget

from stemstudio.ui.panels.markers_section import MarkersSection
from stemstudio.ui.workplace import Workplace


class HistoryPage(QWidget):
    """Last page of the inspector: newest step first."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = place.studio
        self._labels: tuple[str, ...] = ()
        self._present = -1
        hint = QLabel("Every step is kept on disk at once. Click one to go back to it.", self)
        hint.setProperty("role", "secondary")
        hint.setWordWrap(True)
        self._list = QListWidget(self)
        self._list.setAccessibleName("History")
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.markers = MarkersSection(place, self)
        steps = QWidget(self)
        column = QVBoxLayout(steps)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(hint)
        column.addWidget(self._list, 1)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(4)
        splitter.addWidget(steps)
        splitter.addWidget(self.markers)
        splitter.setSizes([400, 240])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 16, 0, 0)
        layout.addWidget(splitter)
        self._list.itemClicked.connect(self._on_chosen)
        self._list.itemActivated.connect(self._on_chosen)
        place.studio.changed.connect(self._on_changed)
        self._on_changed()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for index in range(self._present + 1, len(self._labels)):
                self._mark(index)

    @Slot()
    def _on_changed(self) -> None:
        session = self._studio.session
        labels = tuple(label or "New project" for label in session.history.labels) if session else ()
        present = session.history.index if session else -1
        if (self._labels, self._present) == (labels, present):
            return
        first = min(self._show_labels(labels), self._present + 1, present + 1)
        self._present = present
        for index in range(first, len(labels)):
            self._mark(index)
        self._list.setCurrentRow(len(labels) - 1 - present)

    def _show_labels(self, labels: tuple[str, ...]) -> int:
        """Take away and add only what is another: a history may be thousands of steps long; how many stayed."""
        same = next((at for at, pair in enumerate(zip(labels, self._labels, strict=False)) if pair[0] != pair[1]), None)
        kept = min(len(labels), len(self._labels)) if same is None else same
        for _ in range(len(self._labels) - kept):
            self._list.takeItem(0)
        self._labels = labels
        for index in range(kept, len(labels)):
            item = QListWidgetItem(labels[index])
            item.setToolTip(labels[index])
            item.setData(Qt.ItemDataRole.UserRole, index)
            self._list.insertItem(0, item)
        return kept

    def _mark(self, index: int) -> None:
        """Dim a step that was taken back; a colour in the style sheet would win over this."""
        item, undone = self._list.item(len(self._labels) - 1 - index), index > self._present
        item.setForeground(self.palette().placeholderText() if undone else QBrush())
        font = item.font()
        font.setItalic(undone)
        item.setFont(font)

    @Slot(QListWidgetItem)
    def _on_chosen(self, item: QListWidgetItem) -> None:
        self._studio.jump(int(item.data(Qt.ItemDataRole.UserRole)))
