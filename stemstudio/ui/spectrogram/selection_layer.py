"""The selection as a view shows it: outline, shade, handles, and what the hand is drawing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QTransform
from PySide6.QtWidgets import QWidget

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.outline import Outline, extent_on, outline
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selecting import handles
from stemstudio.ui.spectrogram.selecting.nudging import nudged

# The picture is dark and bright in both themes: a light line on a dark one is seen everywhere.
_LINE = QColor("#FFFFFF")
_DRAFT = QColor("#9CC3FF")
_HALO = QColor(0, 0, 0, 170)
_AROUND = ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))
_TINT = QColor(255, 255, 255, 34)
_DASHES = (5.0, 3.0)

_COARSE_PX = 2.0
_REST_MS = 80
"""While hand or picture move, lines are drawn as they were or coarsely; after this rest they are computed finely."""


class SelectionLayer(QObject):
    """Belongs to one view; `made`, `picked` and `apply_requested` tell what a person asks for.

    Signals
    -------
    made(object)
        The `Selection`, or None, that a gesture ended with; it is shown when somebody calls `set_selection`.
    picked(object)
        A `Pick`: something is to be found around the place that was clicked.
    apply_requested, erase_requested
        Enter; Delete.
    changed
        Another selection or draft is shown.
    """

    made = Signal(object)
    picked = Signal(object)
    apply_requested = Signal()
    erase_requested = Signal()
    changed = Signal()

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._selection: Selection | None = None
        self._draft: Selection | None = None
        self._instead = False
        self._lines = _Lines(self)
        self._draft_lines = _Lines(self)
        self.shows_handles = False
        """Whether the tool in hand takes hold of the selection."""
        self.quick = False
        """Draw hard lines at a third of the cost: for pictures that only show what is selected in another."""

    @property
    def selection(self) -> Selection | None:
        """What is selected."""
        return self._selection

    @property
    def drafting(self) -> bool:
        """Whether the hand is drawing."""
        return self._draft is not None

    def set_selection(self, selection: Selection | None) -> None:
        """Show another selection."""
        if selection != self._selection:
            self._selection = selection
            self._lines.forget()
            self._update()

    def set_draft(self, draft: Selection | None, *, instead: bool = False) -> None:
        """Show what the hand is drawing, beside the selection or `instead` of it."""
        if draft is not None or self._draft is not None:
            self._draft, self._instead = draft, instead
            self._draft_lines.forget()
            self._update()

    def drop(self) -> bool:
        """Ask to select nothing; False if nothing is selected."""
        if self._selection is None:
            return False
        self.made.emit(None)
        return True

    def key(self, event: QKeyEvent) -> bool:
        """Act on a key: Alt and arrows move the selection, Shift and arrows resize it, Enter applies, Delete erases."""
        if self._selection is None:
            return False
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.apply_requested.emit()
            return True
        if event.key() == Qt.Key.Key_Delete:
            self.erase_requested.emit()
            return True
        moved = nudged(self._selection, event.key(), event.modifiers(), self._projection())
        if moved is not None:
            self.made.emit(moved)
        return moved is not None

    def contains(self, frame: float, hertz: float) -> bool:
        """Whether a place is selected."""
        if self._selection is None:
            return False
        return bool(self._selection.weights(np.array([frame]), np.array([hertz]))[0, 0] >= 0.5)

    def handle_at(self, position: QPointF) -> str:
        """Name of the handle under a pixel, empty where there is none."""
        if self._selection is None or not self.shows_handles:
            return ""
        return handles.handle_at(self._selection.extent, self._projection(), position)

    def bounds(self) -> QRectF:
        """Pixels that the selection may touch, cut to the picture; empty if it is out of sight."""
        if self._selection is None:
            return QRectF()
        at = self._projection()
        return handles.box(self._selection.extent, at).intersected(at.picture)

    def paint(self, painter: QPainter, at: Projection) -> None:
        """Draw over the picture; the painter is clipped to it."""
        painter.save()
        if self._selection is not None and not (self._instead and self._draft is not None):
            self._lines.paint(painter, at, self._selection, _LINE)
            if self.shows_handles and self._draft is None:
                handles.paint(painter, self._selection.extent, at)
        if self._draft is not None:
            self._draft_lines.paint(painter, at, self._draft, _DRAFT)
        painter.restore()

    def refresh(self) -> None:
        """Draw anew."""
        self._view.update()

    def _update(self) -> None:
        self.refresh()
        self.changed.emit()

    def _projection(self) -> Projection:
        projection = self._view.projection  # type: ignore[attr-defined]  # the view imports this module
        assert isinstance(projection, Projection)
        return projection


class _Lines(QObject):
    """Outline of one selection, kept as long as it serves."""

    def __init__(self, layer: SelectionLayer) -> None:
        super().__init__(layer)
        self._layer = layer
        self._outline: Outline | None = None
        self._rested = False
        self._last: Projection | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rest)

    def forget(self) -> None:
        """Compute anew at the next paint: at once as far as the eye follows, and finely when the hand rests."""
        self._outline, self._rested = None, False

    def paint(self, painter: QPainter, at: Projection, selection: Selection, colour: QColor) -> None:
        """Draw `selection`."""
        drawn = self._current(selection, at)
        onto = drawn.onto(at)
        painter.save()
        before = painter.transform()
        painter.setTransform(onto, True)
        if drawn.shade is None:
            painter.fillPath(drawn.path, _TINT)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
            painter.drawImage(drawn.area, drawn.shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._layer.quick)
        dashed = QPen(colour, 1)
        dashed.setDashPattern(list(_DASHES))
        around = ((1.0, 1.0),) if self._layer.quick else _AROUND
        for pen, places in ((QPen(_HALO, 1), around), (dashed, ((0.0, 0.0),))):
            pen.setCosmetic(True)  # and of one pixel: that costs a fiftieth of a wide one
            for dx, dy in places:
                painter.setTransform(onto * QTransform.fromTranslate(dx, dy) * before)
                painter.strokePath(drawn.path, pen)
        painter.restore()

    def _current(self, selection: Selection, at: Projection) -> Outline:
        kept = self._outline
        if kept is None or (kept.at.scale, kept.at.area) != (at.scale, at.area):
            kept = self._outline = outline(selection, at, 1.0 if self._rested else _COARSE_PX)
        elif not kept.serves(at, extent_on(at.scale, selection)):
            kept = self._outline = outline(selection, at, _COARSE_PX)
        stale = kept.step_px > 1 or not 0.99 < kept.onto(at).m11() < 1.01 or not 0.99 < kept.onto(at).m22() < 1.01
        if stale and (self._last != at or not self._rest.isActive()):
            self._rest.start()
        self._last = at
        return kept

    @Slot()
    def _on_rest(self) -> None:
        self._outline, self._rested = None, True
        self._layer.refresh()
