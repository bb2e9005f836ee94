"""The page that lists what was done, a click goes to that moment; under it markers and regions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QSplitter, QVBoxLayout, QWidget

from stemstudio.ui.panels.markers_section import MarkersSection
from stemstudio.ui.workplace import Workplace


class HistoryPage(QWidget):
    """Last page of the inspector: newest step first."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = place.studio
        self._shown: tuple[object, ...] = ()
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

    @Slot()
    def _on_changed(self) -> None:
        session = self._studio.session
        labels = tuple(label or "New project" for label in session.history.labels) if session else ()
        cursor = session.history.index if session else -1
        if self._shown == (labels, cursor):
            return
        self._shown = (labels, cursor)
        self._list.clear()
        for index in range(len(labels) - 1, -1, -1):
            item = QListWidgetItem(labels[index])
            item.setToolTip(labels[index])
            item.setData(Qt.ItemDataRole.UserRole, index)
            if index > cursor:
                item.setForeground(self.palette().mid())
            self._list.addItem(item)
            if index == cursor:
                self._list.setCurrentItem(item)

    @Slot(QListWidgetItem)
    def _on_chosen(self, item: QListWidgetItem) -> None:
        self._studio.jump(int(item.data(Qt.ItemDataRole.UserRole)))
