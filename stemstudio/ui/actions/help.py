"""The Help menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from stemstudio import __version__
from stemstudio.ui.actions.spec import ActionSpec
from stemstudio.ui.dialogs.shortcuts import ShortcutsDialog

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow

ABOUT = f"""<h3>StemStudio {__version__}</h3>
<p>Separate a song into stems, see them, mend them, mix them and take them home.</p>
<p>Free software under the GNU General Public License, version 3 or later. It works without a network and sends
nothing anywhere.</p>"""


def shortcuts(window: MainWindow) -> None:
    """Show every key."""
    dialog = ShortcutsDialog(window.actions_by_id.values(), window)
    dialog.exec()
    dialog.deleteLater()


ACTIONS = (
    ActionSpec("shortcuts", "Keyboard shortcuts", shortcuts, ("F1",), "Every key at a glance."),
    ActionSpec("about", "About StemStudio", lambda window: QMessageBox.about(window, "About StemStudio", ABOUT)),
)
