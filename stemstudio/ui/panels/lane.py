"""One lane: name, waveform, mute, solo, gain, pan."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from stemstudio.mixing.automation import Points
from stemstudio.project.document import Strip
from stemstudio.ui.lanes import StemLane
from stemstudio.ui.theme import Theme
from stemstudio.ui.widgets.automation_line import AutomationLine
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.level_meter import LevelMeter
from stemstudio.ui.widgets.pan_knob import PanKnob
from stemstudio.ui.widgets.value_slider import ResetSlider
from stemstudio.ui.widgets.waveform import Envelope, Waveform

GAIN_LOW_DB, GAIN_HIGH_DB = -60.0, 12.0
_STEPS_PER_DB = 10
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class LaneWidget(QFrame):
    """Shows one `StemLane`; says when a person selects it or changes its place in the mix."""

    selected = Signal(str)
    strip_changed = Signal(str, object, str)
    automation_changed = Signal(str, object, str)
    seek_requested = Signal("qlonglong")  # type: ignore[arg-type]  # the stubs know no names of C++ types

    def __init__(self, lane: StemLane, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lane = lane
        self.setObjectName("lane")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{lane.kind.title} lane")
        self.setToolTip(f"Click: show the spectrogram of {lane.kind.title.lower()}.")
        self._colour = QColor(lane.kind.colour)
        self._name = QLabel(lane.kind.title, self)
        self._name.setProperty("role", "strong")
        self.waveform = Waveform(self)
        self.waveform.seek_requested.connect(self.seek_requested)
        self.automation = AutomationLine(self.waveform)
        self.automation.pressed.connect(self._on_automation_pressed)
        self.automation.changed.connect(self._on_automation)
        self.meter = LevelMeter(2, self)
        self.meter.setFixedWidth(48)
        self.meter.setAccessibleName(f"Level of {lane.kind.title}")
        self._mute = self._letter_button("M", "Mute", "Silence this stem.")
        self._solo = self._letter_button("S", "Solo", "Hear this stem alone, or with others that are soloed.")
        self._gain = ResetSlider(self)
        self._gain.setRange(round(GAIN_LOW_DB * _STEPS_PER_DB), round(GAIN_HIGH_DB * _STEPS_PER_DB))
        self._gain.setPageStep(30)
        self._gain.setAccessibleName(f"Gain of {lane.kind.title}")
        self._gain.setToolTip("Gain. Double click: 0 dB.")
        self._gain_text = QLineEdit(self)
        self._gain_text.setProperty("quiet", True)
        self._gain_text.setFixedWidth(62)
        self._gain_text.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._gain_text.setAccessibleName(f"Gain of {lane.kind.title}, typed, in decibels")
        self._pan = PanKnob(self)
        self._lay_out()
        self._mute.clicked.connect(self._on_mute)
        self._solo.clicked.connect(self._on_solo)
        self._gain.valueChanged.connect(self._on_gain)
        self._gain.reset_requested.connect(self._on_gain_reset)
        self._gain_text.editingFinished.connect(self._on_gain_typed)
        self._pan.changed.connect(self._on_pan)
        self.set_theme(theme)
        self.show_lane(lane)

    def show_lane(self, lane: StemLane) -> None:
        """Show `lane`, of the same key, as it is now."""
        self.lane = lane
        strip = lane.strip
        if strip is None:
            return
        self._mute.setChecked(strip.mute)
        self._solo.setChecked(strip.solo)
        self._gain.blockSignals(True)
        self._gain.setValue(round(strip.gain_db * _STEPS_PER_DB))
        self._gain.blockSignals(False)
        self._gain_text.setText(_decibels(strip.gain_db))
        self._pan.set_value(strip.pan)
        self.automation.show_points(strip.automation, lane.clip.frames, lane.clip.sample_rate)

    def set_envelope(self, envelope: Envelope | None, frames: int, gain: float) -> None:
        """Show the waveform, drawn `gain` times as high."""
        self.waveform.set_envelope(envelope, frames, gain)

    def set_selected(self, selected: bool) -> None:
        """Mark the lane whose spectrogram is shown."""
        self.setProperty("selected", selected)
        self.style().unpolish(self)
        self.style().polish(self)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's shade of the stem's colour."""
        self._colour = theme.stem(self.lane.kind.colour)
        self.waveform.set_colour(self._colour)
        self.automation.set_colour(self._colour)
        self.meter.set_colours(QColor(theme.good), QColor(theme.danger))
        self._pan.set_colour(self._colour)
        on = f"QPushButton:checked {{ background: {self._colour.name()}; color: #14161A; }}"
        self._solo.setStyleSheet(on)
        self._mute.setStyleSheet(f"QPushButton:checked {{ background: {theme.danger}; color: {theme.panel}; }}")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the lane."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.selected.emit(self.lane.key)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the lane that is reached by Tab, so that M and S mean the one with the focus."""
        super().focusInEvent(event)
        if event.reason() in _BY_TAB:
            self.selected.emit(self.lane.key)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame and the colour at the left edge."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawRoundedRect(2, 8, 4, self.height() - 16, 2, 2)

    def _letter_button(self, letter: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(letter, self)
        button.setProperty("letter", True)
        button.setCheckable(True)
        button.setAccessibleName(f"{name} {self.lane.kind.title}")
        button.setToolTip(f"{name}: {tip}")
        keep_space(button)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self._name)
        top.addStretch()
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        controls = (self._mute, self._solo, self._gain, self._gain_text, self._pan, self.meter)
        if self.lane.strip is None:
            for control in controls:
                control.hide()
        else:
            top.addWidget(self._mute)
            top.addWidget(self._solo)
            bottom.addWidget(self._gain, 1)
            bottom.addWidget(self._gain_text)
            bottom.addWidget(self._pan)
            bottom.addWidget(self.meter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 6, 10, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.waveform, 1)
        layout.addLayout(bottom)
        self.setMinimumHeight(92 if self.lane.strip else 64)
        self.setMaximumHeight(132 if self.lane.strip else 88)

    def _change(self, gesture: str, **fields: float | bool) -> None:
        strip = replace(self.lane.strip or Strip(), **fields)  # type: ignore[arg-type]
        self.strip_changed.emit(self.lane.key, strip, gesture)

    @Slot()
    def _on_mute(self) -> None:
        self._change("", mute=self._mute.isChecked())

    @Slot()
    def _on_solo(self) -> None:
        self._change("", solo=self._solo.isChecked())

    @Slot(int)
    def _on_gain(self, position: int) -> None:
        self._change("gain", gain_db=position / _STEPS_PER_DB)

    @Slot()
    def _on_gain_reset(self) -> None:
        self._change("gain", gain_db=0.0)

    @Slot()
    def _on_gain_typed(self) -> None:
        text = self._gain_text.text().lower().replace("db", "").replace("−", "-").replace(",", ".").strip()
        try:
            gain_db = float(text)
        except ValueError:
            gain_db = math.nan
        if math.isfinite(gain_db):
            self._change("", gain_db=min(max(gain_db, GAIN_LOW_DB), GAIN_HIGH_DB))
        self.show_lane(self.lane)

    @Slot()
    def _on_automation_pressed(self) -> None:
        self.selected.emit(self.lane.key)

    @Slot(object, str)
    def _on_automation(self, points: Points, gesture: str) -> None:
        self.automation_changed.emit(self.lane.key, points, gesture)

    @Slot(float)
    def _on_pan(self, pan: float) -> None:
        self._change("pan", pan=pan)


def _decibels(gain_db: float) -> str:
    return f"{gain_db:.1f} dB".replace("-", "−")
