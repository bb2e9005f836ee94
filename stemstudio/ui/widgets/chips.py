"""A row of small round buttons, one for each stem or other name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from stemstudio.core.stems import stem_kind
from stemstudio.ui.widgets.flow_layout import FlowLayout
from stemstudio.ui.widgets.keys import keep_space


@dataclass(frozen=True)
class Chip:
    """One of them: its id, what it says, its colour as ``#RRGGBB``."""

    id: str
    title: str
    colour: str

    @classmethod
    def of_stem(cls, name: str) -> Chip:
        """The chip of a stem."""
        kind = stem_kind(name)
        return cls(name, kind.title, kind.colour)


class Chips(QWidget):
    """Sends `chosen` with the id of what was clicked; with `choice` one of them stays chosen."""

    chosen = Signal(str)

    def __init__(self, name: str, tip: str, *, choice: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._tip, self._choice = name, tip, choice
        self._shown: tuple[Chip, ...] = ()
        self.buttons: dict[str, QPushButton] = {}
        self._flow = FlowLayout(self, 6)
        self.setAccessibleName(name)

    def show_chips(self, chips: Sequence[Chip], chosen: str = "") -> None:
        """Show `chips`; the one with the id `chosen` is the chosen one."""
        if tuple(chips) != self._shown:
            self._shown = tuple(chips)
            self._make()
        for chip_id, button in self.buttons.items():
            button.setChecked(self._choice and chip_id == chosen)

    def _make(self) -> None:
        while self._flow.count():
            widget = self._flow.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = {}
        for chip in self._shown:
            button = QPushButton(chip.title, self)
            button.setCheckable(self._choice)
            button.setProperty("chip", True)
            button.setStyleSheet(f"QPushButton:checked, QPushButton:hover {{ border-color: {chip.colour}; }}")
            button.setAccessibleName(f"{self._name} {chip.title}")
            button.setToolTip(self._tip.format(chip.title.lower()))
            keep_space(button)
            button.clicked.connect(self._on_clicked)
            self._flow.addWidget(button)
            self.buttons[chip.id] = button

    @Slot()
    def _on_clicked(self) -> None:
        sender = self.sender()
        for chip_id, button in self.buttons.items():
            if button is sender:
                button.setChecked(self._choice)
                self.chosen.emit(chip_id)
                return
