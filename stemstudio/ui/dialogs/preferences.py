"""The preferences, made from the settings' own descriptions; every change is seen at once."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from stemstudio.ui.audio_output import sound_devices
from stemstudio.ui.settings import PREFERENCES, device_spec, values_of
from stemstudio.ui.studio import Studio
from stemstudio.ui.widgets.param_form import ParamForm


class PreferencesDialog(QDialog):
    """A form over the settings."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(420)
        self._studio = studio
        self._form = ParamForm(self)
        specs = (*PREFERENCES, device_spec(studio.settings, sound_devices()))
        self._form.set_specs(specs, values_of(studio.settings, specs))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(self._form)
        layout.addStretch()
        layout.addWidget(buttons)
        self._form.changed.connect(self._on_changed)
        buttons.rejected.connect(self.accept)

    @Slot()
    def _on_changed(self) -> None:
        self._studio.update_settings(replace(self._studio.settings, **self._form.values()))  # type: ignore[arg-type]
