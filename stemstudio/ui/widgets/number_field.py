"""A number with its unit, typed; arrows up and down step it."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class NumberField(QLineEdit):
    """Shows `value` with `decimals` and a `unit`; `changed` is sent when a person has set another."""

    changed = Signal(float)

    def __init__(
        self, name: str, value: float, high: float, unit: str, decimals: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._value, self._high, self._unit, self._decimals = value, high, unit, decimals
        self.setAccessibleName(name)
        self.setMinimumWidth(56)
        self.editingFinished.connect(self._on_typed)
        self._show()

    @property
    def value(self) -> float:
        """The number, 0 to `high`."""
        return self._value

    def set_value(self, value: float) -> None:
        """Take another number, kept in its range."""
        value = min(max(round(value, self._decimals), 0.0), self._high)
        if value != self._value:
            self._value = value
            self.changed.emit(value)
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrows."""
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.set_value(self._value + step * 10**-self._decimals)

    @Slot()
    def _on_typed(self) -> None:
        try:
            number = float(self.text().removesuffix(self._unit).replace(",", ".").strip())
        except ValueError:
            number = math.nan
        self.set_value(number if math.isfinite(number) else self._value)

    def _show(self) -> None:
        self.setText(f"{self._value:.{self._decimals}f} {self._unit}")
