"""Which lanes stand in the stack: entries of its menu, one for each lane that there is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from stemstudio.ui.studio import Studio


class LaneChoices(QObject):
    """Keeps the entries up to date; choosing one shows or hides a lane in the stack."""

    def __init__(self, menu: QMenu, studio: Studio) -> None:
        super().__init__(menu)
        self._menu, self._studio = menu, studio
        self._entries: list[QAction] = []
        menu.addSeparator()
        menu.aboutToShow.connect(self._fill)

    @Slot()
    def _fill(self) -> None:
        for entry in self._entries:
            self._menu.removeAction(entry)
            entry.deleteLater()
        self._entries = []
        hidden = self._studio.settings.unstacked
        for lane in self._studio.lanes():
            entry = QAction(lane.kind.title, self._menu)
            entry.setCheckable(True)
            entry.setChecked(lane.key not in hidden)
            entry.setData(lane.key)
            entry.triggered.connect(self._on_triggered)
            self._menu.addAction(entry)
            self._entries.append(entry)

    @Slot()
    def _on_triggered(self) -> None:
        hidden = set(self._studio.settings.unstacked)
        for entry in self._entries:
            (hidden.discard if entry.isChecked() else hidden.add)(entry.data())
        settings = replace(self._studio.settings, unstacked=tuple(sorted(hidden)), stacked=True)
        self._studio.update_settings(settings)
