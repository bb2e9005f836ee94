"""The small bar at a selection: the method in hand, Preview, Apply, so that the hand need not travel."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from stemstudio.ui.mending import Mending
from stemstudio.ui.spectrogram.view import SpectrogramView

_GAP = 8
_LOW_PX = 240


class SelectionChip(QFrame):
    """Floats over `ground`, which holds `view`, under the selection or, where there is no room, over it."""

    def __init__(self, view: SpectrogramView, mending: Mending, ground: QWidget) -> None:
        super().__init__(ground)
        self._view, self._mending, self._ground = view, mending, ground
        self.setObjectName("chip")
        self.setAccessibleName("Repair of the selection")
        self.method = QToolButton(self)
        self.method.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.method.setToolTip("Choose how to mend what is selected.")
        self.method.setMenu(self._menu())
        self.preview = QPushButton("Preview", self)
        self.preview.setToolTip("Hear the repair without applying it (P).")
        self.apply = QPushButton("Apply", self)
        self.apply.setToolTip("Mend what is selected (Enter).")
        self.apply.setProperty("primary", True)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.setSpacing(4)
        for button in (self.method, self.preview, self.apply):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.preview.clicked.connect(mending.preview)
        self.apply.clicked.connect(mending.apply)
        editor = mending.editor
        for signal in (mending.changed, editor.preview_changed, editor.working_changed):
            signal.connect(self._on_changed)
        view.selection_layer.changed.connect(self._on_moved)
        view.view_changed.connect(self._on_moved)
        view.installEventFilter(self)
        self._on_changed()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the selection while the view changes its place or size."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide}:
            self._on_moved()
        return super().eventFilter(watched, event)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for info in self._mending.infos.values():
            action = menu.addAction(info.title)
            action.setData(info.id)
            action.setToolTip(info.summary)
        menu.setToolTipsVisible(True)
        menu.triggered.connect(self._on_chosen)
        return menu

    @Slot()
    def refresh(self) -> None:
        """Look again whether there is something to mend: another lane, another song."""
        self._on_moved()

    @Slot(object)
    def _on_chosen(self, action: object) -> None:
        self._mending.set_method(str(action.data()))  # type: ignore[attr-defined]  # a QAction

    @Slot()
    def _on_changed(self) -> None:
        editor = self._mending.editor
        self.method.setText(f"{self._mending.info.title}  ▾")
        self.preview.setText("Stop" if editor.previewing else "Preview")
        self.apply.setEnabled(not editor.working)
        self._on_moved()

    @Slot()
    def _on_moved(self) -> None:
        layer = self._view.selection_layer
        bounds = layer.bounds()
        there = self._view.isVisible() and not bounds.isEmpty()
        shown = there and not layer.drafting and self._mending.possible
        self.setVisible(shown)
        if not shown:
            return
        self.adjustSize()
        room, bounds = self._room(), self._on_ground(bounds)
        x = min(max(bounds.left(), room.left() + _GAP), room.right() - self.width() - _GAP)
        y = bounds.bottom() + _GAP
        if y + self.height() > room.bottom() - _GAP:
            y = bounds.top() - self.height() - _GAP
        if y < room.top() + _GAP:
            y = min(bounds.bottom(), room.bottom()) - self.height() - 2 * _GAP
        self.move(round(x), round(y))
        self.raise_()

    def _room(self) -> QRectF:
        """Where it may be: in the picture or, where that is one of several low ones, anywhere in their height."""
        picture = self._on_ground(self._view.projection.picture)
        if picture.height() < _LOW_PX:
            picture.setTop(0)
            picture.setBottom(self._ground.height())
        return picture

    def _on_ground(self, area: QRectF) -> QRectF:
        return area.translated(QPointF(self._view.mapTo(self._ground, QPoint(0, 0))))
