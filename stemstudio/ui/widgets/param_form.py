"""A form made from `ParamSpec`: every method's page is this one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QVBoxLayout, QWidget

from stemstudio.core.params import ParamSpec, ParamValue, Values, resolve
from stemstudio.ui.widgets.value_slider import ValueSlider


class ParamForm(QWidget):
    """Shows a control for each parameter; `values()` gives what is set, `changed` is sent after each change."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._specs: tuple[ParamSpec, ...] = ()
        self._controls: dict[str, QWidget] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(12)

    def set_specs(self, specs: Sequence[ParamSpec], values: Values) -> None:
        """Show the controls of `specs` with `values` (defaults for the rest)."""
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._specs, self._controls = tuple(specs), {}
        filled = resolve(specs, values)
        group = ""
        for spec in specs:
            if spec.group != group:
                group = spec.group
                heading = QLabel(group, self)
                heading.setProperty("role", "heading")
                self._layout.addWidget(heading)
            control = self._control(spec, filled[spec.name])
            control.setToolTip(spec.help)
            self._controls[spec.name] = control
            self._layout.addWidget(_row(spec, control, self))

    def values(self) -> dict[str, ParamValue]:
        """Return the value of each parameter."""
        return {spec.name: spec.check(_read(self._controls[spec.name])) for spec in self._specs}

    def set_values(self, values: Values) -> None:
        """Show other values in the same controls, without a signal."""
        for name, control in self._controls.items():
            control.blockSignals(True)
            _show(control, values[name])
            control.blockSignals(False)

    def _control(self, spec: ParamSpec, value: ParamValue) -> QWidget:
        match spec.kind:
            case "bool":
                box = QCheckBox(spec.label, self)
                box.setChecked(bool(value))
                box.toggled.connect(self._on_changed)
                return box
            case "choice":
                combo = QComboBox(self)
                combo.setAccessibleName(spec.label)
                for choice, title in spec.choices:
                    combo.addItem(title, choice)
                combo.setCurrentIndex(combo.findData(value))
                combo.currentIndexChanged.connect(self._on_changed)
                return combo
        step = spec.step or (1.0 if spec.kind == "int" else 0.0)
        slider = ValueSlider(
            spec.label,
            float(spec.low or 0),
            float(spec.high or 1),
            float(spec.default),
            step,
            spec.unit,
            self,
        )
        slider.set_value(float(value))
        slider.changed.connect(self._on_changed)
        return slider

    @Slot()
    def _on_changed(self) -> None:
        self.changed.emit()


def _row(spec: ParamSpec, control: QWidget, parent: QWidget) -> QWidget:
    if spec.kind != "choice":
        return control
    row = QWidget(parent)
    layout = QVBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    caption = QLabel(spec.label, row)
    caption.setBuddy(control)
    layout.addWidget(caption)
    layout.addWidget(control)
    return row


def _show(control: QWidget, value: ParamValue) -> None:
    if isinstance(control, QCheckBox):
        control.setChecked(bool(value))
    elif isinstance(control, QComboBox):
        control.setCurrentIndex(control.findData(value))
    elif isinstance(control, ValueSlider) and control.value != value:
        control.set_value(float(value))


def _read(control: QWidget) -> ParamValue:
    if isinstance(control, QCheckBox):
        return control.isChecked()
    if isinstance(control, QComboBox):
        return str(control.currentData())
    assert isinstance(control, ValueSlider)
    return control.value
