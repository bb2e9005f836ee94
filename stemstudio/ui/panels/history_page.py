"""The page that lists what was done; a click goes to that moment."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from stemstudio.ui.studio import Studio


class HistoryPage(QWidget):
    """Third page of the inspector: newest step first."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._shown: tuple[object, ...] = ()
        hint = QLabel("Every step is kept on disk at once. Click one to go back to it.", self)
        hint.setProperty("role", "secondary")
        hint.setWordWrap(True)
        self._list = QListWidget(self)
        self._list.setAccessibleName("History")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 16, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(hint)
        layout.addWidget(self._list, 1)
        self._list.itemClicked.connect(self._on_chosen)
        self._list.itemActivated.connect(self._on_chosen)
        studio.changed.connect(self._on_changed)
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
            item.setData(Qt.ItemDataRole.UserRole, index)
            if index > cursor:
                item.setForeground(self.palette().mid())
            self._list.addItem(item)
            if index == cursor:
                self._list.setCurrentItem(item)

    @Slot(QListWidgetItem)
    def _on_chosen(self, item: QListWidgetItem) -> None:
        self._studio.jump(int(item.data(Qt.ItemDataRole.UserRole)))
