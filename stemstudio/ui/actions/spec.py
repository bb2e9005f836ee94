"""The shape of an action, and how a table of them becomes a menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


@dataclass(frozen=True)
class ActionSpec:
    """One menu entry.

    `run` is called with the window; `enabled`, `checked` and `touches`, which names what it would change, are asked
    whenever something changed. A title of ``-`` is a separator. Entries with the same `submenu` stand together in it.
    """

    id: str
    title: str
    run: Callable[[MainWindow], object]
    keys: tuple[str, ...] = ()
    tip: str = ""
    enabled: Callable[[MainWindow], bool] | None = None
    checked: Callable[[MainWindow], bool] | None = None
    submenu: str = ""
    touches: Callable[[MainWindow], str] | None = None

    def refresh(self, action: QAction, window: MainWindow) -> None:
        """Let `action` show what is possible now."""
        if self.enabled is not None:
            action.setEnabled(self.enabled(window))
        if self.checked is not None:
            action.setChecked(self.checked(window))
        if self.touches is not None:
            what = self.touches(window)
            action.setText(f"{self.title} “{what}”" if what else self.title)
            action.setToolTip(f"{self.tip[:-1]}: {what}." if what else self.tip)


SEPARATOR = ActionSpec("", "-", lambda _window: None)


def add_actions(
    menu: QMenu, specs: tuple[ActionSpec, ...], window: MainWindow
) -> dict[str, tuple[ActionSpec, QAction]]:
    """Fill `menu`; return each action by its id."""
    made = {}
    submenus: dict[str, QMenu] = {}
    for spec in specs:
        if spec.submenu and spec.submenu not in submenus:
            submenus[spec.submenu] = menu.addMenu(spec.submenu)
            submenus[spec.submenu].setToolTipsVisible(True)
        place = submenus.get(spec.submenu, menu)
        if spec.title == "-":
            place.addSeparator()
            continue
        action = QAction(spec.title, window)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setStatusTip(spec.tip)
        action.setToolTip(spec.tip)
        action.setCheckable(spec.checked is not None)
        action.triggered.connect(_Run(spec, window))
        place.addAction(action)
        made[spec.id] = (spec, action)
    return made


class _Run:
    """Calls an action's function on the main thread, where menus live."""

    def __init__(self, spec: ActionSpec, window: MainWindow) -> None:
        self._spec, self._window = spec, window

    def __call__(self) -> None:
        self._spec.run(self._window)
