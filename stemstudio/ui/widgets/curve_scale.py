"""From numbers to places in the picture of an effect, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

Real = NDArray[np.float64]

LOW_HZ, HIGH_HZ = 20.0, 20000.0
FLOOR_DB = -80.0
"""Lowest level in the picture of a transfer curve, and of a spectrum."""


@dataclass(frozen=True)
class CurveScale:
    """`room` shows `x_range` from left to right and `y_range` in dB from bottom to top; frequencies by octaves."""

    room: QRectF
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    logarithmic: bool

    @classmethod
    def transfer(cls, room: QRectF) -> CurveScale:
        """Output level over input level."""
        return cls(room, (FLOOR_DB, 0.0), (FLOOR_DB, 6.0), logarithmic=False)

    @classmethod
    def response(cls, room: QRectF, reach_db: float) -> CurveScale:
        """Gain, up to `reach_db` both ways, over frequency."""
        return cls(room, (LOW_HZ, HIGH_HZ), (-reach_db, reach_db), logarithmic=True)

    def x(self, value: Real | float) -> Real:
        """Place of a level or a frequency."""
        low, high = self.x_range
        share = np.log(np.divide(value, low)) / np.log(high / low) if self.logarithmic else (value - low) / (high - low)
        return np.asarray(self.room.left() + share * self.room.width())

    def y(self, value_db: Real | float) -> Real:
        """Place of a gain or level."""
        low, high = self.y_range
        return np.asarray(self.room.bottom() - (value_db - low) / (high - low) * self.room.height())

    def point(self, x: float, y_db: float) -> QPointF:
        """Place of both."""
        return QPointF(float(self.x(x)), float(self.y(y_db)))

    def value_at(self, place: QPointF) -> tuple[float, float]:
        """What stands at a place of the picture, within its ranges."""
        share = min(max((place.x() - self.room.left()) / self.room.width(), 0.0), 1.0)
        low, high = self.x_range
        x = low * (high / low) ** share if self.logarithmic else low + share * (high - low)
        bottom, top = self.y_range
        y = bottom + (self.room.bottom() - place.y()) / self.room.height() * (top - bottom)
        return x, min(max(y, bottom), top)

    def grid(self) -> tuple[list[tuple[float, str]], list[float]]:
        """Lines of the grid: values along x with their captions, and values along y."""
        low, high = self.y_range
        step = 20.0 if not self.logarithmic else high / 2
        rows = [float(value) for value in np.arange(np.ceil(low / step) * step, high + 0.1, step)]
        if not self.logarithmic:
            return [(row, f"{row:.0f}".replace("-", "−")) for row in rows if self.x_range[0] < row < 0], rows
        return [(100.0, "100 Hz"), (1000.0, "1 kHz"), (10000.0, "10 kHz")], rows
