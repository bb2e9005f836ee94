"""Part of the History page: markers and regions by name; a click goes there, a double click renames."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stemstudio.project.document import Marker
from stemstudio.ui.markers import add_marker, markers, remove_marker, rename_marker
from stemstudio.ui.panels.transport import clock
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.workplace import Workplace


class MarkersSection(QWidget):
    """Lists, adds, renames and removes; a region becomes the loop when it is clicked."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._player, self._editor = place.studio, place.player, place.editor
        self._shown: tuple[Marker, ...] | None = None
        heading = QLabel("MARKERS AND REGIONS", self)
        heading.setProperty("role", "heading")
        self.list = _MarkerList(self)
        self.list.setAccessibleName("Markers and regions")
        self.list.setToolTip("Click: go there. Double click or F2: rename. Delete: remove.")
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)  # names only: see `rename_chosen`
        self.marker = self._button("Add marker", "Mark the moment under the playhead (Ctrl+M).")
        self.region = self._button("Add region", "Name the time of the selection, or of the loop (Ctrl+Shift+M).")
        self.remove = self._button("Remove", "Take the chosen marker away (Delete).")
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.marker, self.region, self.remove):
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.list.itemClicked.connect(self._on_clicked)
        self.list.itemActivated.connect(self._on_clicked)
        self.list.itemDoubleClicked.connect(self.rename_chosen)
        self.list.itemChanged.connect(self._on_renamed)
        self.list.itemSelectionChanged.connect(self._on_state_changed)
        self.marker.clicked.connect(self._on_add_marker)
        self.region.clicked.connect(self._on_add_region)
        self.remove.clicked.connect(self.remove_chosen)
        place.studio.changed.connect(self._on_changed)
        place.player.changed.connect(self._on_state_changed)
        place.editor.selection_changed.connect(self._on_state_changed)
        self._on_changed()

    @Slot()
    def remove_chosen(self) -> None:
        """Take the chosen marker away."""
        marker = self._marker_of(self.list.currentItem())
        if marker is not None:
            remove_marker(self._studio, marker)

    @Slot()
    def rename_chosen(self) -> None:
        """Let a person type another name for the chosen marker."""
        item = self.list.currentItem()
        if item is not None:
            self.list.editItem(item, 0)

    def _button(self, title: str, tip: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setProperty("chip", True)
        button.setToolTip(tip)
        keep_space(button)
        return button

    def _marker_of(self, item: QTreeWidgetItem | None) -> Marker | None:
        row = -1 if item is None else self.list.indexOfTopLevelItem(item)
        shown = self._shown or ()
        return shown[row] if 0 <= row < len(shown) else None

    @Slot()
    def _on_changed(self) -> None:
        present = markers(self._studio)
        if present != self._shown:
            self._fill(present)
        self._on_state_changed()

    def _fill(self, present: tuple[Marker, ...]) -> None:
        old = self.list.currentItem()
        chosen = -1 if old is None else self.list.indexOfTopLevelItem(old)
        self._shown = present
        self.list.blockSignals(True)
        self.list.clear()
        for marker in present:
            place = _place(marker, self._player.sample_rate)
            item = QTreeWidgetItem([marker.name, place])
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setToolTip(0, f"{marker.name}\n{place}")
            self.list.addTopLevelItem(item)
        again = self.list.topLevelItem(chosen)
        if again is not None:
            self.list.setCurrentItem(again)
        self.list.blockSignals(False)

    @Slot()
    def _on_state_changed(self) -> None:
        self.marker.setEnabled(self._studio.track is not None)
        self.region.setEnabled(self._editor.selection is not None or self._player.loop is not None)
        self.remove.setEnabled(self._marker_of(self.list.currentItem()) is not None)

    @Slot(QTreeWidgetItem)
    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        marker = self._marker_of(item)
        if marker is None:
            return
        if marker.frames:
            self._player.set_loop(marker.frame, marker.frame + marker.frames)
        self._player.seek(marker.frame)

    @Slot(QTreeWidgetItem)
    def _on_renamed(self, item: QTreeWidgetItem) -> None:
        marker, name = self._marker_of(item), item.text(0)
        if marker is not None and name != marker.name:
            # The list is made anew after it; the editor that sends this signal must be gone by then.
            QTimer.singleShot(0, self, lambda: self._rename(marker, name))

    def _rename(self, marker: Marker, name: str) -> None:
        rename_marker(self._studio, marker, name)
        self._fill(markers(self._studio))

    @Slot()
    def _on_add_marker(self) -> None:
        add_marker(self._studio, self._player.position)

    @Slot()
    def _on_add_region(self) -> None:
        selection, loop = self._editor.selection, self._player.loop
        if selection is not None:
            add_marker(self._studio, max(selection.extent.first, 0), selection.extent.frames)
        elif loop is not None:
            add_marker(self._studio, loop[0], loop[1] - loop[0])


def _place(marker: Marker, sample_rate: int) -> str:
    start = clock(marker.frame / sample_rate)
    return f"{start} – {clock((marker.frame + marker.frames) / sample_rate)}" if marker.frames else start


class _MarkerList(QTreeWidget):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove with Delete, rename with F2."""
        section = self.parent()
        assert isinstance(section, MarkersSection)
        if event.key() == Qt.Key.Key_Delete:
            section.remove_chosen()
        elif event.key() == Qt.Key.Key_F2:
            section.rename_chosen()
        else:
            super().keyPressEvent(event)
