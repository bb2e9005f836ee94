"""What a sound loses in mono, and how alike its sides are, over time."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from stemstudio.effects.hollow import HollowReport

_MOST_DB = 12.0
_HOLLOW_DB = 3.0


class MonoPicture(QWidget):
    """Bars: loss in mono up to 12 dB, those above 3 dB in the colour of danger; line: correlation from -1 to 1.

    `time_chosen` is sent with the seconds at which it was clicked.
    """

    time_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: HollowReport | None = None
        self.setFixedHeight(64)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Loss in mono over time")
        self.setToolTip("Bars: loss in mono, up to 12 dB. Line: correlation of left and right. Click: go there.")

    def show_report(self, report: HollowReport | None) -> None:
        """Show what was found."""
        self._report = report
        self.setVisible(report is not None and report.verdict != "silent")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the time under the pointer."""
        if self._report is not None and event.button() == Qt.MouseButton.LeftButton:
            end_s = float(self._report.times_s[-1])
            self.time_chosen.emit(min(max(event.position().x() / self.width(), 0.0), 1.0) * end_s)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw."""
        if self._report is None or not len(self._report.times_s):
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        count, width, height = len(self._report.times_s), self.width(), self.height()
        columns = min(count, width // 2)
        edges = np.linspace(0, count, columns + 1).astype(int)
        loss = np.nan_to_num(self._report.loss_db)
        worst = np.maximum.reduceat(loss, edges[:-1])
        for column, loss_db in enumerate(worst.tolist()):
            tall = height * min(loss_db / _MOST_DB, 1.0)
            brush = self.palette().brightText() if loss_db > _HOLLOW_DB else self.palette().placeholderText()
            left, right = column * width / columns, (column + 1) * width / columns
            painter.fillRect(QRectF(left, height - tall, max(right - left - 1, 1), tall), brush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().highlight().color(), 1.5))
        middles = (edges[:-1] + edges[1:]) // 2
        alike = self._report.correlation[np.minimum(middles, count - 1)]
        known = np.isfinite(alike)
        x = (np.arange(columns) + 0.5) * width / columns
        y = height / 2 * (1 - alike)
        points = np.stack([x, y], 1)[known]
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in points.tolist()]))
