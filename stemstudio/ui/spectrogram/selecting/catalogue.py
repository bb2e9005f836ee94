"""The tools of the spectrogram as a table: strip, menu and keys are made from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stemstudio.core.params import ParamSpec
from stemstudio.ui.spectrogram.selecting.brush import BrushTool
from stemstudio.ui.spectrogram.selecting.drawing import DrawingTool
from stemstudio.ui.spectrogram.selecting.freehand import LassoTool, PolygonTool
from stemstudio.ui.spectrogram.selecting.picking import PickTool
from stemstudio.ui.spectrogram.selecting.settings import ToolSettings
from stemstudio.ui.spectrogram.selecting.shapes import FrequencyTool, RectangleTool, TimeTool
from stemstudio.ui.spectrogram.tools import HandTool, SeekTool, Tool
from stemstudio.ui.spectrogram.view import SpectrogramView


@dataclass(frozen=True)
class ToolSpec:
    """One tool.

    Parameters
    ----------
    id : str
        Also the name of its icon.
    title, key, tip : str
        For people; `tip` says in one sentence what the mouse does.
    make : callable
        Tool of a view.
    params : tuple of ParamSpec
        What can be set.
    """

    id: str
    title: str
    key: str
    tip: str
    make: Callable[[SpectrogramView, ToolSettings], Tool]
    params: tuple[ParamSpec, ...] = ()

    @property
    def selects(self) -> bool:
        """Whether it makes selections."""
        return isinstance(self.make, type) and issubclass(self.make, DrawingTool)

    @property
    def finds(self) -> bool:
        """Whether it looks for its selection in the sound."""
        return self.make is PickTool


def _seek(view: SpectrogramView, _settings: ToolSettings) -> Tool:
    return SeekTool(view)


def _hand(view: SpectrogramView, _settings: ToolSettings) -> Tool:
    return HandTool(view)


_SIZE = ParamSpec("size", "float", 32.0, "Size", "Width on the screen.", 4.0, 200.0, 1.0, "px")
_SOFTNESS = ParamSpec("softness", "float", 30.0, "Softness", "Share of it that fades out.", 0.0, 100.0, 5.0, "%")
_TOLERANCE = ParamSpec(
    "tolerance_db", "float", 12.0, "Tolerance", "More takes quieter sound in as well.", 1.0, 40.0, 1.0, "dB"
)
_CONTIGUOUS = ParamSpec(
    "contiguous", "bool", True, "Joined only", "Off takes everything of that level in sight or in the selection."
)
_PARTIALS = ParamSpec("partials", "int", 24, "Partials", "How many partials of the note.", 1, 64, 1)
_WIDTH = ParamSpec("width_semitones", "float", 1.0, "Width", "Around each partial.", 0.2, 4.0, 0.1, "st")

TOOLS = (
    ToolSpec("seek", "Play from here", "V", "Click to play from there.", _seek),
    ToolSpec("hand", "Hand", "H", "Drag the picture; the middle button does it with every tool.", _hand),
    ToolSpec("rectangle", "Rectangle", "R", "Drag a box over time and frequency.", RectangleTool),
    ToolSpec("time", "Time range", "T", "Drag a range of time, all frequencies.", TimeTool),
    ToolSpec("frequency", "Frequency range", "Y", "Drag a band of frequencies, the whole song.", FrequencyTool),
    ToolSpec("lasso", "Lasso", "A", "Draw around the sound.", LassoTool),
    ToolSpec("polygon", "Polygon", "G", "Click corners; a double click or Enter closes.", PolygonTool),
    ToolSpec("brush", "Brush", "B", "Paint over the sound.", BrushTool, (_SIZE, _SOFTNESS)),
    ToolSpec(
        "wand", "Magic wand", "W", "Click sound: takes what is about as loud.", PickTool, (_TOLERANCE, _CONTIGUOUS)
    ),
    ToolSpec("harmonics", "Harmonics", "N", "Click a note: takes its partials.", PickTool, (_PARTIALS, _WIDTH)),
    ToolSpec("transient", "Transient", "K", "Click an attack: takes it from onset to decay.", PickTool),
)


def tool(tool_id: str) -> ToolSpec:
    """Return a tool by its id; `KeyError` if there is none."""
    return {each.id: each for each in TOOLS}[tool_id]
