"""Part of the Repair page: what is selected goes to another stem, or is separated again."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from stemstudio.separation.backend import Missing
from stemstudio.separation.registry import backend, backend_ids
from stemstudio.ui.editor import Editor
from stemstudio.ui.studio import Studio
from stemstudio.ui.widgets.chips import Chip, Chips
from stemstudio.ui.widgets.flow_layout import FlowLayout
from stemstudio.ui.widgets.keys import keep_space


class MovingSection(QWidget):
    """Chips that send, a menu that swaps, a new stem, a menu that separates again."""

    def __init__(self, studio: Studio, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._editor = studio, editor
        heading = QLabel("SEND SELECTION TO", self)
        heading.setProperty("role", "heading")
        self.send = Chips("Send selection to", "Move the selected sound to {0}; the sum stays the mix.", parent=self)
        self.swap = self._button("Swap with  ▾", "Exchange what two stems have in the selection.")
        self.swap_menu = QMenu(self.swap)
        self.swap.setMenu(self.swap_menu)
        self.new_stem = self._button("New stem…", "Move the selected sound to a stem of its own.")
        self.again = self._button("Separate again  ▾", "Separate the selection of the song again with another method.")
        self.again_menu = QMenu(self.again)
        self.again_menu.setToolTipsVisible(True)
        self.again.setMenu(self.again_menu)
        row = QWidget(self)
        flow = FlowLayout(row, 6)
        for button in (self.swap, self.new_stem, self.again):
            flow.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (heading, self.send, row):
            column.addWidget(widget)
        self.send.chosen.connect(self._on_send)
        self.swap_menu.triggered.connect(self._on_swap)
        self.again_menu.triggered.connect(self._on_again)
        self.again_menu.aboutToShow.connect(self._fill_methods)
        self.new_stem.clicked.connect(self._on_new_stem)
        for signal in (studio.changed, studio.lane_selected, editor.selection_changed, editor.working_changed):
            signal.connect(self._on_changed)
        self._on_changed()

    def _button(self, title: str, tip: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setProperty("chip", True)
        button.setToolTip(tip)
        keep_space(button)
        return button

    @Slot()
    def _fill_methods(self) -> None:
        self.again_menu.clear()
        for name in backend_ids():
            method = backend(name)
            action = self.again_menu.addAction(method.info.title)
            action.setData(name)
            action.setToolTip(method.info.summary)
            action.setEnabled(not isinstance(method.availability(), Missing))

    @Slot()
    def _on_changed(self) -> None:
        others, editor = self._editor.others, self._editor
        self.send.show_chips([Chip.of_stem(name) for name in others])
        if [action.data() for action in self.swap_menu.actions()] != list(others):
            self.swap_menu.clear()
            for name in others:
                self.swap_menu.addAction(Chip.of_stem(name).title).setData(name)
        self.setEnabled(editor.selection is not None and bool(editor.stem) and not editor.working)

    @Slot(str)
    def _on_send(self, name: str) -> None:
        self._editor.send_selection(name)

    @Slot(QAction)
    def _on_swap(self, action: QAction) -> None:
        self._editor.swap_selection(str(action.data()))

    @Slot(QAction)
    def _on_again(self, action: QAction) -> None:
        self._editor.reseparate_selection(str(action.data()), {})

    @Slot()
    def _on_new_stem(self) -> None:
        name, agreed = QInputDialog.getText(self, "New stem", "Name of the new stem:")
        if agreed and name.strip():
            self._editor.copy_selection_as_stem(name)
