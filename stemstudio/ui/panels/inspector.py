"""The right side: one page for each kind of work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QApplication, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from stemstudio.ui.panels.effects_page import EffectsPage
from stemstudio.ui.panels.history_page import HistoryPage
from stemstudio.ui.panels.mix_page import MixPage
from stemstudio.ui.panels.repair_page import RepairPage
from stemstudio.ui.panels.separate_page import SeparatePage
from stemstudio.ui.panels.song_page import SongPage
from stemstudio.ui.panels.upmix_page import UpmixPage
from stemstudio.ui.widgets.flow_layout import FlowLayout
from stemstudio.ui.widgets.keys import keep_space
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
    """The pages, by title; their tabs go on in a second row where one is too short."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._stack = QStackedWidget(self)
        self._pages = {title: make(place) for title, make in PAGES}
        tabs = QWidget(self)
        flow = FlowLayout(tabs, 6)
        self.tabs = {title: self._tab(title, tabs) for title in self._pages}
        for title, page in self._pages.items():
            self._stack.addWidget(page)
            flow.addWidget(self.tabs[title])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 12)
        layout.setSpacing(4)
        layout.addWidget(tabs)
        layout.addWidget(self._stack, 1)
        self.show_page(PAGES[0][0])

    def _tab(self, title: str, parent: QWidget) -> QPushButton:
        tab = QPushButton(title, parent)
        tab.setProperty("tab", True)
        tab.setCheckable(True)
        tab.setAutoExclusive(True)  # and the arrow keys go from one to the next
        tab.setAccessibleName(f"{title} page")
        keep_space(tab)
        tab.clicked.connect(partial(self._choose, title))
        return tab

    def _choose(self, title: str) -> None:
        """Take the focus from the page that goes away: Qt would hand it to whatever comes next, and Space with it."""
        focused = QApplication.focusWidget()
        if focused is not None and self._stack.isAncestorOf(focused):
            focused.clearFocus()
        self.show_page(title)

    def page(self, title: str) -> QWidget:
        """Return a page by its title."""
        return self._pages[title]

    def show_page(self, title: str) -> None:
        """Bring a page to the front."""
        self.tabs[title].setChecked(True)
        self._stack.setCurrentWidget(self._pages[title])
