"""What a person has set for the tools, shared by the tools of every view."""

from __future__ import annotations

from dataclasses import dataclass, field

from stemstudio.core.params import ParamValue
from stemstudio.ui.spectrogram.selecting.mode import Mode


@dataclass
class ToolSettings:
    """Read by a tool when a gesture begins.

    Parameters
    ----------
    mode : Mode
        How what is drawn joins what is selected, unless Shift or Alt say otherwise.
    values : dict
        Values of each tool's parameters, by the tool's id.
    """

    mode: Mode = Mode.NEW
    values: dict[str, dict[str, ParamValue]] = field(default_factory=dict)

    def number(self, tool: str, name: str) -> float:
        """Value of a parameter that is a number."""
        return float(self.values[tool][name])
