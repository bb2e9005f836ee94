"""How much an effect turns down at the moment."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

FULL_DB = 24.0
_FALL = 0.85
"""What remains of the bar from one picture to the next when less is turned down."""


class ReductionMeter(QWidget):
    """A bar that grows from the right; with `numbers` the decibels stand beside it."""

    def __init__(self, parent: QWidget | None = None, *, numbers: bool = False) -> None:
        super().__init__(parent)
        self._reduction_db, self._numbers = 0.0, numbers
        self.setMinimumSize(40, 18 if numbers else 6)
        self.setAccessibleName("Gain reduction")
        self.setToolTip("Gain reduction: how much the effect turns down, 24 dB from right to left.")

    @property
    def reduction_db(self) -> float:
        """What is shown."""
        return self._reduction_db

    def set_reduction(self, reduction_db: float) -> None:
        """Show a reduction, at least 0 dB; it rises at once and falls softly."""
        fallen = self._reduction_db * _FALL
        shown = max(reduction_db, fallen if fallen > 0.05 else 0.0)
        if shown != self._reduction_db:
            self._reduction_db = shown
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        room = QRectF(self.rect())
        if self._numbers:
            text = room.adjusted(room.width() - 56, 0, 0, 0)
            shown = f"−{self._reduction_db:.1f} dB" if self._reduction_db >= 0.05 else "0.0 dB"
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            room = QRectF(0, (room.height() - 6) / 2, room.width() - 64, 6)
        painter.fillRect(room, self.palette().mid())
        part = room.width() * min(self._reduction_db / FULL_DB, 1.0)
        painter.fillRect(QRectF(room.right() - part, room.top(), part, room.height()), self.palette().highlight())
