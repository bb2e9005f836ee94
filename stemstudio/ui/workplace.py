"""What the pages of the inspector are made with."""

from __future__ import annotations

from dataclasses import dataclass

from stemstudio.ui.desk import Desk
from stemstudio.ui.editor import Editor
from stemstudio.ui.mending import Mending
from stemstudio.ui.player import Player
from stemstudio.ui.selecting import Selecting
from stemstudio.ui.selection_edits import SelectionEdits
from stemstudio.ui.studio import Studio


@dataclass(frozen=True)
class Workplace:
    """Everything that a page may show and ask for; one line for each."""

    studio: Studio
    player: Player
    editor: Editor
    desk: Desk
    selecting: Selecting
    edits: SelectionEdits
    mending: Mending
