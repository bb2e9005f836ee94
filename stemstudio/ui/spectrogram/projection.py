"""Where things are: from pixels of the view to sound and back, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF

from stemstudio.spectral.scales import FrequencyScale
from stemstudio.ui.spectrogram.viewport import Viewport

AXIS_WIDTH = 48
RULER_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Projection:
    """The rectangles of a view (in its own pixels) and what they show; `ruler_height` is 0 where another has it."""

    area: QRect
    viewport: Viewport
    scale: FrequencyScale
    ruler_height: int = RULER_HEIGHT

    @property
    def picture(self) -> QRectF:
        """The picture, without ruler and axis."""
        return QRectF(self.area).adjusted(AXIS_WIDTH, self.ruler_height, 0, 0)

    @property
    def ruler(self) -> QRectF:
        """The time ruler above the picture."""
        return QRectF(AXIS_WIDTH, 0, self.picture.width(), self.ruler_height)

    @property
    def axis(self) -> QRectF:
        """The frequency axis at the left of the picture."""
        return QRectF(0, self.ruler_height, AXIS_WIDTH, self.picture.height())

    def share(self, x: float, y: float) -> tuple[float, float]:
        """Place in the picture: 0 to 1 from left to right and from top to bottom, kept inside."""
        picture = self.picture
        across = (x - picture.left()) / max(picture.width(), 1)
        down = (y - picture.top()) / max(picture.height(), 1)
        return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)

    def frame(self, x: float) -> float:
        """Sample frame at a pixel, kept in sight and inside the sound."""
        return min(max(self.viewport.frame(self.share(x, 0)[0]), 0.0), float(self.viewport.frames))

    def x(self, frame: float) -> float:
        """Pixel of a sample frame; it may lie outside the picture."""
        return self.picture.left() + self.viewport.x(frame) * self.picture.width()

    def hertz(self, y: float) -> float:
        """Frequency at a pixel, kept in sight."""
        return self.scale.hertz(self.viewport.place(self.share(0, y)[1]))

    def y(self, hertz: float) -> float:
        """Pixel of a frequency; it may lie outside the picture."""
        return self.picture.top() + self.viewport.y(self.scale.place(hertz)) * self.picture.height()
