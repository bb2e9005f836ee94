"""The menus of the picture above it: what is shown, and how."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget


class ViewBar(QWidget):
    """One button for each submenu of the View menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QToolButton] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 4)
        self._row.setSpacing(0)
        self._row.addStretch()

    def set_menus(self, menus: Mapping[str, QMenu]) -> None:
        """Give each of `menus` a button of its name."""
        for title, menu in menus.items():
            button = QToolButton(self)
            button.setText(title)
            button.setProperty("view", True)
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip(menu.toolTip())
            button.setAccessibleName(f"{title} of the spectrogram")
            self.buttons[title] = button
            self._row.insertWidget(self._row.count() - 1, button)
