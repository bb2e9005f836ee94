"""One stem on the Mix page: width, polarity, pan law, automation."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemstudio.project.document import Strip
from stemstudio.ui.lanes import StemLane
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.value_slider import ValueSlider

_PAN_LAWS = (("balance", "Balance"), ("power", "Constant power"))


class MixRow(QWidget):
    """Shows a stem's place in the mix; says what a person changes.

    Signals
    -------
    strip_changed(str, Strip, str)
        Name of the stem, its new place, the gesture.
    automation_switched(str, bool), automation_cleared(str)
    """

    strip_changed = Signal(str, object, str)
    automation_switched = Signal(str, bool)
    automation_cleared = Signal(str)

    def __init__(self, lane: StemLane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        title = lane.kind.title
        name = QLabel(f'<span style="color: {lane.kind.colour}">●</span> {title}', self)
        self.width_slider = ValueSlider("Width", 0.0, 200.0, 100.0, 1.0, "%", self)
        self.width_slider.setToolTip("0 % is mono, 100 % as it is, more is wider and loses more in mono.")
        self.invert = self._button("Ø", "Polarity", "Turn the wave upside down.", checkable=True)
        self.invert.setProperty("letter", True)
        self.pan_law = QComboBox(self)
        self.pan_law.setAccessibleName(f"Pan law of {title}")
        self.pan_law.setToolTip("Balance: the middle is as loud as it is. Constant power: the sides are no louder.")
        self.pan_law.setMinimumContentsLength(6)
        self.pan_law.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for law, words in _PAN_LAWS:
            self.pan_law.addItem(words, law)
        self.automation = self._button("Automation", "Automation", "Gain by points on the lane.", checkable=True)
        self.clear = self._button("×", "Clear the automation", "Remove all points.", checkable=False)
        self.clear.setProperty("letter", True)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(name, 1)
        top.addWidget(self.invert)
        bottom.setSpacing(6)
        bottom.addWidget(self.pan_law, 1)
        bottom.addWidget(self.automation)
        bottom.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.width_slider)
        column.addLayout(bottom)
        self.width_slider.changed.connect(self._on_width)
        self.invert.clicked.connect(self._on_invert)
        self.pan_law.activated.connect(self._on_pan_law)
        self.automation.clicked.connect(self._on_automation)
        self.clear.clicked.connect(self._on_clear)

    @property
    def key(self) -> str:
        """Name of the stem."""
        return self._lane.key

    def show_lane(self, lane: StemLane, *, automated: bool) -> None:
        """Show the same stem as it is now."""
        self._lane = lane
        strip = lane.strip or Strip()
        self.width_slider.set_value(100.0 * strip.width)
        self.invert.setChecked(strip.invert)
        self.pan_law.setCurrentIndex(self.pan_law.findData(strip.pan_law))
        self.automation.setChecked(automated)
        self.clear.setEnabled(bool(strip.automation))
        count = len(strip.automation)
        self.clear.setToolTip(f"Remove all points ({count}).")

    def _button(self, text: str, name: str, tip: str, *, checkable: bool) -> QPushButton:
        button = QPushButton(text, self)
        button.setCheckable(checkable)
        button.setAccessibleName(f"{name} of {self._lane.kind.title}")
        button.setToolTip(f"{name}: {tip[0].lower()}{tip[1:]}")
        keep_space(button)
        return button

    def _change(self, gesture: str, **fields: object) -> None:
        strip = replace(self._lane.strip or Strip(), **fields)  # type: ignore[arg-type]  # of the fields' own types
        self.strip_changed.emit(self.key, strip, gesture)

    @Slot(float)
    def _on_width(self, percent: float) -> None:
        self._change("width", width=percent / 100)

    @Slot(bool)
    def _on_invert(self, invert: bool) -> None:
        self._change("", invert=invert)

    @Slot()
    def _on_pan_law(self) -> None:
        self._change("", pan_law=str(self.pan_law.currentData()))

    @Slot(bool)
    def _on_automation(self, on: bool) -> None:
        self.automation_switched.emit(self.key, on)

    @Slot()
    def _on_clear(self) -> None:
        self.automation_cleared.emit(self.key)
