"""The Repair menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow


def _possible(window: MainWindow) -> bool:
    return window.workplace.mending.possible


def _send_to_residual(window: MainWindow) -> None:
    others = window.editor.others
    if others:
        window.editor.send_selection(others[-1])


ACTIONS = (
    ActionSpec(
        "preview_repair",
        "Preview repair",
        lambda window: window.workplace.mending.preview(),
        ("P",),
        "Loop the selection with the repair in it; nothing is changed.",
        _possible,
        lambda window: window.editor.previewing,
    ),
    ActionSpec(
        "hear_old",
        "Hear old",
        lambda window: window.editor.hear_old(not window.editor.old_is_heard),
        ("X",),
        "Switch between old and new while the preview plays.",
        lambda window: window.editor.previewing,
        lambda window: window.editor.previewing and window.editor.old_is_heard,
    ),
    # Enter is a key of the picture alone: in a field it ends typing, on a button it presses.
    ActionSpec(
        "apply_repair",
        "Apply repair\tEnter",
        lambda window: window.workplace.mending.apply(),
        (),
        "Mend the selection.",
        _possible,
    ),
    ActionSpec(
        "erase",
        "Erase\tDelete",
        lambda window: window.workplace.mending.erase(),
        (),
        "Take out what is selected.",
        _possible,
    ),
    SEPARATOR,
    ActionSpec(
        "send_residual",
        "Send selection to the residual",
        _send_to_residual,
        ("Ctrl+Backspace",),
        "Take the selected sound out of this stem; the sum stays the mix.",
        _possible,
    ),
    SEPARATOR,
    ActionSpec(
        "repair_page",
        "Methods and parameters",
        lambda window: window.inspector.show_page("Repair"),
        ("Ctrl+R",),
        "Show the Repair page.",
    ),
)
