"""One effect of a chain as a card: grip, name, gain reduction, switch, remove."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.effect import EffectInfo
from stemstudio.ui.widgets.elided_label import ElidedLabel
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.reduction_meter import ReductionMeter

_REDUCING = {"threshold_db", "ceiling_db"}
"""An effect with one of these parameters turns down what is above or below it."""

_KEYS = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter}


def reduces(info: EffectInfo) -> bool:
    """Whether an effect turns down, so that a meter has something to show."""
    return any(spec.name in _REDUCING for spec in info.params)


class EffectCard(QFrame):
    """Says what a person does to the effect.

    Signals
    -------
    chosen, removed
    switched(bool)
        Whether the effect is to be at work.
    stepped(int, bool)
        Up or down by key; with True the card itself is to move.
    dragged(QPoint), dropped
        A drag of the card, in the coordinates of its parent, and its end.
    """

    chosen = Signal()
    removed = Signal()
    switched = Signal(bool)
    stepped = Signal(int, bool)
    dragged = Signal(QPoint)
    dropped = Signal()

    def __init__(self, info: EffectInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.info = info
        self._pressed: QPoint | None = None
        self._dragging = False
        self.setObjectName("lane")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(38)
        self._name = ElidedLabel(self)
        self._name.setText(info.title)
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.meter = ReductionMeter(self)
        self.meter.setFixedSize(44, 6)
        self.meter.setVisible(reduces(info))
        self.switch = QCheckBox(self)
        self.switch.setAccessibleName(f"Use {info.title}")
        self.switch.setToolTip("Switched off, the sound passes this effect by.")
        keep_space(self.switch)
        self.remove = QPushButton("×", self)
        self.remove.setProperty("letter", True)
        self.remove.setAccessibleName(f"Remove {info.title}")
        self.remove.setToolTip("Take this effect away (Delete).")
        keep_space(self.remove)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 4, 6, 4)
        row.setSpacing(8)
        row.addWidget(self._name, 1)
        for widget in (self.meter, self.switch, self.remove):
            row.addWidget(widget)
        self.switch.clicked.connect(self.switched)
        self.remove.clicked.connect(self.removed)

    def show_slot(self, slot: ChainSlot, number: int, count: int, *, selected: bool) -> None:
        """Show what the chain says of it, and its place in it."""
        self.switch.setChecked(not slot.bypass)
        self._name.setEnabled(not slot.bypass)
        self.meter.setEnabled(not slot.bypass)
        state = ", off" if slot.bypass else ""
        self.setAccessibleName(f"{self.info.title}, effect {number} of {count}{state}")
        self.setToolTip(f"{self.info.summary}\nDrag to reorder, or Alt+Up and Alt+Down; Delete removes it.")
        if bool(self.property("selected")) != selected:
            self.setProperty("selected", selected)
            self.style().unpolish(self)
            self.style().polish(self)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that act on the card from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down choose another, with Alt they move this one; Delete removes."""
        key, alt = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.stepped.emit(-1 if key == Qt.Key.Key_Up else 1, alt)
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.removed.emit()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose the card that is reached by Tab."""
        super().focusInEvent(event)
        if event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}:
            self.chosen.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose it; a drag may follow."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            self.chosen.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it among the others."""
        if self._pressed is None:
            return
        far = (event.position().toPoint() - self._pressed).manhattanLength()
        if self._dragging or far >= QApplication.startDragDistance():
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(self.mapToParent(event.position().toPoint()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let it go where it is."""
        dragging, self._dragging, self._pressed = self._dragging, False, None
        self.unsetCursor()
        if dragging:
            self.dropped.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame and the grip."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().placeholderText())
        for column in (9, 14):
            for row in (-5, 0, 5):
                painter.drawEllipse(QPoint(column, self.height() // 2 + row), 1, 1)

    @Slot()
    def focus(self) -> None:
        """Take the focus, as after a key."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
