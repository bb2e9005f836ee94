"""A stem's waveform in its lane, with the playhead and the part that the spectrogram shows."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class Envelope(Protocol):
    """What is drawn: lowest and highest sample of each of `columns` equal parts of the frames from `start` to `end`."""

    def draw(self, start: int, end: int, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (low, high)."""
        ...


class Waveform(QWidget):
    """Draws an `Envelope` over the whole song; the drawing is kept until the sound or the size changes."""

    seek_requested = Signal("qlonglong")  # type: ignore[arg-type]  # the stubs know no names of C++ types

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._envelope: Envelope | None = None
        self._frames = 1
        self._gain = 1.0
        self._colour = QColor("#98A1B2")
        self._playhead = -1
        self._drawing: QPixmap | None = None
        self.setMinimumHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Waveform")

    def set_envelope(self, envelope: Envelope | None, frames: int, gain: float = 1.0) -> None:
        """Show `envelope` of `frames` frames, drawn `gain` times as high."""
        self._envelope, self._frames, self._gain = envelope, max(frames, 1), gain
        self.refresh()

    def set_colour(self, colour: QColor) -> None:
        """Colour of the wave."""
        self._colour = colour
        self.refresh()

    def set_playhead(self, frame: int) -> None:
        """Move the playhead; only the strip between its old and new place is painted again."""
        old, new = self._x(self._playhead), self._x(frame)
        self._playhead = frame
        if round(old) != round(new):
            self.update(round(old) - 2, 0, 4, self.height())
            self.update(round(new) - 2, 0, 4, self.height())

    def refresh(self) -> None:
        """Draw the sound again."""
        self._drawing = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek to where it was clicked; the lane is selected too."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.seek_requested.emit(round(event.position().x() / max(self.width(), 1) * self._frames))
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw again at the new size."""
        self._drawing = None
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Copy the kept drawing and put the playhead over it."""
        painter = QPainter(self)
        if self._drawing is None:
            self._drawing = self._draw()
        painter.drawPixmap(0, 0, self._drawing)
        if self._playhead >= 0:
            painter.fillRect(QRectF(round(self._x(self._playhead)), 0, 1, self.height()), self.palette().text())

    def _x(self, frame: int) -> float:
        return frame / self._frames * self.width()

    def _draw(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        columns = max(1, round(self.width() * ratio))
        pixmap = QPixmap(columns, max(1, round(self.height() * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        middle = self.height() / 2
        painter.setPen(self.palette().mid().color())
        painter.drawLine(QLineF(0, middle, self.width(), middle))
        if self._envelope is not None:
            low, high = self._envelope.draw(0, self._frames, columns)
            painter.setPen(self._colour)
            x = np.arange(columns) / ratio
            top = middle - np.clip(high * self._gain, -1, 1) * middle
            bottom = middle - np.clip(low * self._gain, -1, 1) * middle
            shown = bottom - top > 0.2
            painter.drawLines([QLineF(*line) for line in np.stack([x, top, x, bottom], 1)[shown].tolist()])
        painter.end()
        return pixmap
