"""Rectangle, time range and frequency range."""

from __future__ import annotations

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.selecting.drawing import DrawingTool
from stemstudio.ui.spectrogram.tools import Pointer


class RectangleTool(DrawingTool):
    """Drags a box; a subclass keeps one of its two ranges whole."""

    wholly_in_time = False
    wholly_in_frequency = False

    _from: Pointer | None = None
    _to: Pointer | None = None

    def begin(self, at: Pointer) -> None:
        """See `DrawingTool.begin`."""
        self._from = self._to = at

    def extend(self, at: Pointer) -> None:
        """See `DrawingTool.extend`."""
        self._to = at

    def drawn(self) -> Selection | None:
        """See `DrawingTool.drawn`."""
        if self._from is None or self._to is None:
            return None
        view = self.view.viewport
        first, last = sorted((round(self._from.frame), round(self._to.frame)))
        low, high = sorted((self.hertz(self._from), self.hertz(self._to)))
        if self.wholly_in_time:
            first, last = 0, view.frames
        if self.wholly_in_frequency:
            low, high = 0.0, view.sample_rate / 2
        if last <= first or high <= low:
            return None
        return Selection.box(view.sample_rate, first, last, low, high)


class TimeTool(RectangleTool):
    """Drags a range of time over the whole spectrum."""

    wholly_in_frequency = True


class FrequencyTool(RectangleTool):
    """Drags a band of frequencies over the whole song."""

    wholly_in_time = True
