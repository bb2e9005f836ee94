"""A slider with a label, a typed number and a unit; double click resets it."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSlider, QWidget

_STEPS = 1000


class ResetSlider(QSlider):
    """A horizontal slider that says when it was double-clicked, and that a click moves to where it was clicked."""

    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for the default value."""
        event.accept()
        self.reset_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page unless the slider has the focus: scrolling must not change values."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ValueSlider(QWidget):
    """One number: noun and value above, slider below.

    `changed` is sent at every move of the hand, `released` when a gesture ends. Setting `value` sends neither.
    """

    changed = Signal(float)
    released = Signal()

    def __init__(
        self,
        label: str,
        low: float,
        high: float,
        default: float,
        step: float = 0.0,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._high, self._default, self._unit = low, high, default, unit
        self._step = step or (high - low) / _STEPS
        self._value = default
        self._steps = max(1, round((high - low) / self._step))
        self._slider = ResetSlider(self)
        self._slider.setRange(0, self._steps)
        self._slider.setPageStep(max(1, self._steps // 10))
        self._slider.setAccessibleName(label)
        self._edit = QLineEdit(self)
        self._edit.setProperty("quiet", True)
        self._edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._edit.setFixedWidth(96)
        self._edit.setAccessibleName(f"{label}, typed")
        self._edit.installEventFilter(self)
        caption = QLabel(label, self)
        caption.setBuddy(self._slider)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.addWidget(caption, 0, 0)
        layout.addWidget(self._edit, 0, 1)
        layout.addWidget(self._slider, 1, 0, 1, 2)
        layout.setColumnStretch(0, 1)
        self._slider.valueChanged.connect(self._on_slider_moved)
        self._slider.sliderReleased.connect(self.released)
        self._slider.reset_requested.connect(self._on_reset)
        self._edit.editingFinished.connect(self._on_typed)
        self._show()

    @property
    def value(self) -> float:
        """The value, in the unit given."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show `value` without sending a signal."""
        self._value = min(max(value, self._low), self._high)
        self._show()

    def setToolTip(self, text: str) -> None:
        """Give the tip to the slider too, and mention the reset."""
        super().setToolTip(text)
        self._slider.setToolTip(f"{text}\nDouble click: back to {self._text(self._default)}.".strip())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Select the number on focus, so that typing replaces it."""
        if watched is self._edit and event.type() == QEvent.Type.FocusIn:
            self._edit.selectAll()
        return super().eventFilter(watched, event)

    @Slot(int)
    def _on_slider_moved(self, position: int) -> None:
        self._take(min(self._low + position * self._step, self._high))

    @Slot()
    def _on_reset(self) -> None:
        self._take(self._default)
        self._show()
        self.released.emit()

    @Slot()
    def _on_typed(self) -> None:
        text = self._edit.text().replace(self._unit, "").replace("−", "-").replace(",", ".").strip()
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            self._take(min(max(number, self._low), self._high))
            self.released.emit()
        self._show()

    def _take(self, value: float) -> None:
        if value != self._value:
            self._value = value
            self._show()
            self.changed.emit(value)

    def _show(self) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(round((self._value - self._low) / self._step))
        self._slider.blockSignals(False)
        self._edit.setText(self._text(self._value))

    def _text(self, value: float) -> str:
        decimals = max(0, -math.floor(math.log10(self._step) + 1e-9)) if self._step < 1 else 0
        return f"{value:.{min(decimals, 4)}f} {self._unit}".replace("-", "−").strip()
