"""The selection as a view shows it: outline, shade, handles, and what the hand is drawing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.outline import Outline, extent_on, outline, path_on
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selecting import handles
from stemstudio.ui.spectrogram.selecting.nudging import nudged

# The picture is dark and bright in both themes: a light line on a dark one is seen everywhere.
_LINE = QColor("#FFFFFF")
_DRAFT = QColor("#9CC3FF")
_HALO = QColor(0, 0, 0, 190)
_TINT = QColor(255, 255, 255, 34)
_DASHES = (5.0, 3.0)

_COARSE_PX = 3.0
_REST_MS = 80
"""While the picture moves, lines are drawn as they were; after this rest they are computed for its zoom."""


class SelectionLayer(QObject):
    """Belongs to one view; `made`, `picked` and `apply_requested` tell what a person asks for.

    Signals
    -------
    made(object)
        The `Selection`, or None, that a gesture ended with; it is shown when somebody calls `set_selection`.
    picked(object)
        A `Pick`: something is to be found around the place that was clicked.
    apply_requested
        Enter.
    changed
        Another selection or draft is shown.
    """

    made = Signal(object)
    picked = Signal(object)
    apply_requested = Signal()
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
        """Act on a key: Alt and arrows move the selection, Shift and arrows resize it, Enter applies."""
        if self._selection is None:
            return False
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.apply_requested.emit()
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
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
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
    """Outline of one selection, kept as long as it serves; the path in pixels as long as nothing moves."""

    def __init__(self, layer: SelectionLayer) -> None:
        super().__init__(layer)
        self._layer = layer
        self._outline: Outline | None = None
        self._scale: object = None
        self._last: Projection | None = None
        self._path: tuple[Projection, QPainterPath] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rest)

    def forget(self) -> None:
        """Compute anew at the next paint."""
        self._outline = self._path = None

    def paint(self, painter: QPainter, at: Projection, selection: Selection, colour: QColor) -> None:
        """Draw `selection`."""
        drawn = self._current(selection, at)
        if self._path is None or self._path[0] != at:
            self._path = (at, path_on(drawn.lines, at))
        path = self._path[1]
        if drawn.shade is None:
            painter.fillPath(path, _TINT)
        else:
            _paint_shade(painter, drawn, at)
        painter.strokePath(path, _pen(_HALO, 3.0))
        dashed = _pen(colour, 1.25)
        dashed.setDashPattern(list(_DASHES))
        painter.strokePath(path, dashed)

    def _current(self, selection: Selection, at: Projection) -> Outline:
        step = at.viewport.span / max(at.picture.width(), 1)
        kept = self._outline
        if kept is None or self._scale != at.scale:
            kept = self._compute(selection, at, 1.0)
        elif not kept.serves(at, extent_on(at.scale, selection)):
            kept = self._compute(selection, at, _COARSE_PX)
            self._rest.start()
        elif not 0.99 < kept.step / step < 1.01 and (self._last != at or not self._rest.isActive()):
            self._rest.start()
        self._last = at
        return kept

    def _compute(self, selection: Selection, at: Projection, step_px: float) -> Outline:
        self._outline, self._scale, self._path = outline(selection, at, step_px), at.scale, None
        return self._outline

    @Slot()
    def _on_rest(self) -> None:
        self.forget()
        self._layer.refresh()


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    return pen


def _paint_shade(painter: QPainter, drawn: Outline, at: Projection) -> None:
    assert drawn.shade is not None
    view, area = at.viewport, at.picture
    across, down = area.width() / view.span, area.height() / (view.top - view.bottom)
    target = QRectF(
        area.left() + (drawn.left - view.start) * across,
        area.top() + (view.top - drawn.top) * down,
        (drawn.right - drawn.left) * across,
        (drawn.top - drawn.bottom) * down,
    )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(target, drawn.shade)
