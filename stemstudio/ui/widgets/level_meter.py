"""Peak and RMS bars with a falling peak mark."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

FLOOR_DB = -60.0
_FALL_DB_PER_S = 24.0
_HOLD_S = 1.2


class LevelMeter(QWidget):
    """One bar per channel: RMS solid, peak lighter, and a mark that holds the highest peak a moment."""

    def __init__(self, channels: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._peak_db = [FLOOR_DB] * channels
        self._rms_db = [FLOOR_DB] * channels
        self._hold = [(FLOOR_DB, 0.0)] * channels
        self._then = time.monotonic()
        self._good, self._over = QColor("#2BB673"), QColor("#FF7B72")
        self.setMinimumHeight(4 * channels + 2 * (channels - 1))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Level")
        self.setToolTip("Level: RMS solid, peak light; red above full scale.")

    def set_colours(self, good: QColor, over: QColor) -> None:
        """Colour of the bars, and of what is above full scale."""
        self._good, self._over = good, over
        self.update()

    def set_levels(self, peaks: tuple[float, ...], rms: tuple[float, ...]) -> None:
        """Show linear levels, one per channel; bars rise at once and fall at 24 dB a second."""
        now = time.monotonic()
        fall = _FALL_DB_PER_S * (now - self._then)
        self._then = now
        before = (self._peak_db[:], self._rms_db[:], self._hold[:])
        for channel, (peak, mean) in enumerate(zip(peaks, rms, strict=True)):
            peak_db = max(_decibel(peak), self._peak_db[channel] - fall, FLOOR_DB)
            self._peak_db[channel] = peak_db
            self._rms_db[channel] = max(_decibel(mean), self._rms_db[channel] - fall, FLOOR_DB)
            held, since = self._hold[channel]
            if peak_db > held or (peak_db < held and now - since > _HOLD_S):
                self._hold[channel] = (peak_db, now)
        if before != (self._peak_db, self._rms_db, self._hold):
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        count = len(self._peak_db)
        height = (self.height() - 2 * (count - 1)) / count
        light = QColor(self._good)
        light.setAlpha(110)
        for channel in range(count):
            top = channel * (height + 2)
            painter.fillRect(QRectF(0, top, self.width(), height), self.palette().mid())
            painter.fillRect(QRectF(0, top, self._x(self._peak_db[channel]), height), light)
            painter.fillRect(QRectF(0, top, self._x(self._rms_db[channel]), height), self._good)
            held = self._hold[channel][0]
            if held > FLOOR_DB:
                colour = self._over if held > 0 else self._good
                painter.fillRect(QRectF(min(self._x(held), self.width() - 2), top, 2, height), colour)

    def _x(self, level_db: float) -> float:
        return self.width() * min(max((level_db - FLOOR_DB) / (6.0 - FLOOR_DB), 0.0), 1.0)


def _decibel(linear: float) -> float:
    return 20.0 * math.log10(linear) if linear > 1e-6 else FLOOR_DB
