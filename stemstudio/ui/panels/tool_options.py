"""The line above the spectrogram: what the tool in hand does, and what can be set for it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from stemstudio.core.params import ParamSpec, ParamValue
from stemstudio.ui.selecting import Selecting
from stemstudio.ui.widgets.elided_label import ElidedLabel
from stemstudio.ui.widgets.value_slider import ValueSlider

HEIGHT = 36
_SLIDER_WIDTH = 176


class ToolOptions(QWidget):
    """Made anew from the tool's parameters when another tool is taken in hand."""

    def __init__(self, selecting: Selecting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selecting = selecting
        self._shown = ""
        self._controls: dict[str, ValueSlider | QCheckBox] = {}
        self.setFixedHeight(HEIGHT)
        self._name = QLabel(self)
        self._name.setProperty("role", "strong")
        self._tip = ElidedLabel(self)
        self._tip.setProperty("role", "secondary")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 16, 0)
        self._row.setSpacing(16)
        self._row.addWidget(self._name)
        self._row.addWidget(self._tip)
        self._row.addStretch()
        selecting.changed.connect(self._on_changed)
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        tool = self._selecting.tool
        self._tip.setText("Looking…" if self._selecting.looking else tool.tip)
        values = self._selecting.settings.values[tool.id]
        if tool.id == self._shown:
            self._show(values)
            return
        self._shown = tool.id
        self._name.setText(tool.title)
        for control in self._controls.values():
            control.hide()
            control.deleteLater()
        self._controls = {spec.name: self._control(spec, values[spec.name]) for spec in tool.params}
        for control in self._controls.values():
            self._row.addWidget(control)

    def _show(self, values: dict[str, ParamValue]) -> None:
        for name, control in self._controls.items():
            if isinstance(control, QCheckBox):
                control.setChecked(bool(values[name]))
            else:
                control.set_value(float(values[name]))

    def _control(self, spec: ParamSpec, value: ParamValue) -> ValueSlider | QCheckBox:
        if spec.kind == "bool":
            box = QCheckBox(spec.label, self)
            box.setChecked(bool(value))
            box.setToolTip(spec.help)
            box.toggled.connect(self._on_set)
            return box
        low, high, step = float(spec.low or 0), float(spec.high or 1), float(spec.step or 0)
        slider = ValueSlider(spec.label, low, high, float(spec.default), step, spec.unit, self)
        slider.setFixedWidth(_SLIDER_WIDTH)
        slider.set_value(float(value))
        slider.setToolTip(spec.help)
        slider.changed.connect(self._on_set)
        return slider

    @Slot()
    def _on_set(self) -> None:
        self._selecting.set_values(
            {
                name: control.isChecked() if isinstance(control, QCheckBox) else control.value
                for name, control in self._controls.items()
            }
        )
