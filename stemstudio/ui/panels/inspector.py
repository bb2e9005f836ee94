"""The right side: one page for each kind of work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QApplication, QTabWidget, QVBoxLayout, QWidget

from stemstudio.ui.panels.effects_page import EffectsPage
from stemstudio.ui.panels.history_page import HistoryPage
from stemstudio.ui.panels.mix_page import MixPage
from stemstudio.ui.panels.repair_page import RepairPage
from stemstudio.ui.panels.separate_page import SeparatePage
from stemstudio.ui.panels.song_page import SongPage
from stemstudio.ui.panels.upmix_page import UpmixPage
from stemstudio.ui.workplace import Workplace

PAGES: tuple[tuple[str, Callable[[Workplace], QWidget]], ...] = (
    ("Separate", lambda place: SeparatePage(place.studio)),
    ("Repair", RepairPage),
    ("Effects", EffectsPage),
    ("Mix", MixPage),
    ("Upmix", UpmixPage),
    ("Song", lambda place: SongPage(place.studio)),
    ("History", HistoryPage),
)


class Inspector(QWidget):
    """The pages, by title."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._tabs = QTabWidget(self)
        self._tabs.setDocumentMode(True)
        self._pages = {title: make(place) for title, make in PAGES}
        for title, page in self._pages.items():
            self._tabs.addTab(page, title)
        self._tabs.tabBarClicked.connect(self._on_tab_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 12)
        layout.addWidget(self._tabs)

    @Slot()
    def _on_tab_clicked(self) -> None:
        """Take the focus from the page that goes away: Qt would hand it to whatever comes next, and Space with it."""
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            focused.clearFocus()

    def page(self, title: str) -> QWidget:
        """Return a page by its title."""
        return self._pages[title]

    def show_page(self, title: str) -> None:
        """Bring a page to the front."""
        self._tabs.setCurrentWidget(self._pages[title])
