"""What is set of one effect: its picture, its side-chain, its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from stemstudio.core.params import ParamValue
from stemstudio.core.stems import stem_kind
from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.effect import Effect
from stemstudio.ui.chain_work import ChainWork
from stemstudio.ui.desk import Desk
from stemstudio.ui.meters import Reading
from stemstudio.ui.panels.effect_card import reduces
from stemstudio.ui.plug_ins import PlugIns
from stemstudio.ui.widgets.curve_picture import CurvePicture
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.param_form import ParamForm
from stemstudio.ui.widgets.reduction_meter import ReductionMeter


class EffectForm(QWidget):
    """Shows and changes one effect of a chain."""

    def __init__(self, desk: Desk, work: ChainWork, plug_ins: PlugIns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._work, self._plug_ins = desk, work, plug_ins
        self._place, self._index = "", 0
        self._slot: ChainSlot | None = None
        self._kind: Effect | None = None
        self._stems: tuple[str, ...] = ()
        self._title = QLabel(self)
        self._title.setProperty("role", "strong")
        self._summary = _secondary(self)
        self.picture = CurvePicture(self)
        self.reduction = ReductionMeter(self, numbers=True)
        self.fit = self._button("Measure", "Set the threshold by measuring the sound that comes to this effect.")
        self.reset = self._button("Reset", "All parameters of this effect back to their defaults.")
        self._caption = QLabel("Side-chain", self)
        self.sidechain = QComboBox(self)
        self.sidechain.setAccessibleName("Side-chain")
        self.sidechain.setToolTip("Which sound tells this effect what to do.")
        self._caption.setBuddy(self.sidechain)
        self.form = ParamForm(self)
        self._reference = _secondary(self)
        self._lay_out()
        self.form.changed.connect(self._on_values_changed)
        self.picture.moved.connect(self._on_band_moved)
        self.sidechain.activated.connect(self._on_sidechain_chosen)
        self.fit.clicked.connect(self._on_fit)
        self.reset.clicked.connect(self._on_reset)

    def show_slot(
        self, place: str, index: int, slot: ChainSlot, stems: Sequence[str], colour: QColor, sample_rate: int
    ) -> None:
        """Show an effect; `stems` are those that could control it."""
        another = self._slot is None or (place, index, slot.effect) != (self._place, self._index, self._slot.effect)
        self._place, self._index, self._slot = place, index, slot
        before, self._kind = self._kind, self._plug_ins.kind(slot.effect)
        info = self._plug_ins.info(slot.effect)
        values = slot.resolved() if self._kind else {}
        if another or before is not self._kind:
            self._title.setText(info.title)
            self._summary.setText(info.summary)
            self._reference.setText(info.reference)
            self.form.set_specs(info.params, values)
            self.reduction.setVisible(reduces(info))
            self.fit.setVisible(self._kind is not None and type(self._kind).fitted is not Effect.fitted)
            self.picture.setVisible(self._kind is not None)
        else:
            self.form.set_values(values)
        self._show_sidechain(slot, tuple(stems))
        self.fit.setEnabled(not self._work.busy)
        self.reset.setEnabled(bool(slot.values))
        if self._kind is not None:
            self.picture.show_curve(self._kind.curve(values, sample_rate), info.params, values, colour)

    def show_reading(self, reading: Reading) -> None:
        """Show what sounds."""
        reductions_db = reading.reductions_db
        self.reduction.set_reduction(reductions_db[self._index] if self._index < len(reductions_db) else 0.0)
        self.picture.show_sound(reading.input_db, reading.spectrum_db, reading.sample_rate)

    def _show_sidechain(self, slot: ChainSlot, stems: tuple[str, ...]) -> None:
        there = self._kind is not None and self._kind.info.sidechain and bool(stems)
        self._caption.setVisible(there)
        self.sidechain.setVisible(there)
        if stems != self._stems or self.sidechain.findData(slot.sidechain) < 0:
            self._stems = stems
            self.sidechain.clear()
            self.sidechain.addItem("The sound itself", "")
            gone = (slot.sidechain,) if slot.sidechain and slot.sidechain not in stems else ()
            for name in stems:
                self.sidechain.addItem(stem_kind(name).title, name)
            for name in gone:
                self.sidechain.addItem(f"{stem_kind(name).title} (not in this song)", name)
        self.sidechain.setCurrentIndex(self.sidechain.findData(slot.sidechain))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._title, 1)
        head.addWidget(self.fit)
        head.addWidget(self.reset)
        chain = QHBoxLayout()
        chain.setSpacing(8)
        chain.addWidget(self._caption)
        chain.addWidget(self.sidechain, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        for widget in (self._summary, self.picture, self.reduction):
            column.addWidget(widget)
        column.addLayout(chain)
        column.addWidget(self.form)
        column.addWidget(self._reference)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("flat", True)
        button.setToolTip(tip)
        keep_space(button)
        return button

    @Slot()
    def _on_values_changed(self) -> None:
        if self._slot is None or self._kind is None:
            return
        before, after = self._slot.resolved(), self.form.values()
        for spec in self._kind.info.params:
            if before[spec.name] != after[spec.name]:
                label = f"{spec.label} of {self._kind.info.title.lower()}"
                self._desk.set_effect_value(self._place, self._index, spec.name, after[spec.name], label)

    @Slot(object)
    def _on_band_moved(self, values: dict[str, ParamValue]) -> None:
        if self._kind is not None:
            self._desk.set_effect_values(self._place, self._index, values, f"Band of {self._kind.info.title.lower()}")

    @Slot()
    def _on_sidechain_chosen(self) -> None:
        self._desk.set_sidechain(self._place, self._index, str(self.sidechain.currentData()))

    @Slot()
    def _on_fit(self) -> None:
        self._work.fit(self._index)

    @Slot()
    def _on_reset(self) -> None:
        if self._kind is not None:
            values = {spec.name: spec.default for spec in self._kind.info.params}
            self._desk.set_effect_values(self._place, self._index, values, f"Reset {self._kind.info.title.lower()}")


def _secondary(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", "secondary")
    label.setWordWrap(True)
    return label
