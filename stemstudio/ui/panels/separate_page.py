"""The page that separates: a method, its parameters, one button."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from stemstudio.core.stems import stem_kind
from stemstudio.separation.backend import BackendInfo, Missing
from stemstudio.separation.registry import backend, backend_ids, default_backend
from stemstudio.ui.studio import Studio
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.param_form import ParamForm


class SeparatePage(QWidget):
    """First page of the inspector; its form is made from the method's parameters."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._values: dict[str, dict[str, float | int | bool | str]] = {}
        self._infos: dict[str, BackendInfo] = {name: backend(name).info for name in backend_ids()}
        self._method = QComboBox(self)
        self._method.setAccessibleName("Method")
        self._summary = _text(self)
        self._stems = _text(self)
        self._missing = QLabel(self)
        self._missing.setProperty("role", "notice")
        self._missing.setWordWrap(True)
        self._form = ParamForm(self)
        self._reset = QPushButton("Reset", self)
        self._reset.setProperty("flat", True)
        self._reset.setToolTip("All parameters of this method back to their defaults.")
        self._reference = _text(self)
        self.button = QPushButton("Separate", self)
        self.button.setProperty("primary", True)
        self.button.setMinimumHeight(36)
        keep_space(self.button)
        keep_space(self._reset)
        self._lay_out()
        self._fill_methods()
        self._method.currentIndexChanged.connect(self._on_method_chosen)
        self._form.changed.connect(self._on_values_changed)
        self._reset.clicked.connect(self._on_reset)
        self.button.clicked.connect(self.separate_or_cancel)
        studio.changed.connect(self._on_changed)
        self._on_method_chosen()
        self._on_changed()

    @Slot()
    def separate_or_cancel(self) -> None:
        """Do what the button says."""
        running = self._studio.running
        if running is not None:
            self._studio.tasks.cancel(running.job_id)
        elif self.button.isEnabled():
            self._studio.separate(self._chosen(), self._form.values())

    def _lay_out(self) -> None:
        caption = QLabel("Method", self)
        caption.setBuddy(self._method)
        parameters = QHBoxLayout()
        heading = QLabel("PARAMETERS", self)
        heading.setProperty("role", "heading")
        parameters.addWidget(heading)
        parameters.addStretch()
        parameters.addWidget(self._reset)
        pane = QWidget(self)
        pane.setObjectName("pane")
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        for widget in (caption, self._method, self._summary, self._stems, self._missing):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addLayout(parameters)
        column.addWidget(self._form)
        column.addSpacing(8)
        column.addWidget(self._reference)
        column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.button)

    def _fill_methods(self) -> None:
        for name, info in self._infos.items():
            self._method.addItem(info.title, name)
        chosen = self._studio.settings.backend
        self._method.setCurrentIndex(self._method.findData(chosen if chosen in self._infos else default_backend()))

    def _chosen(self) -> str:
        return str(self._method.currentData())

    @Slot()
    def _on_method_chosen(self) -> None:
        name = self._chosen()
        info = self._infos[name]
        self._summary.setText(info.summary)
        self._stems.setText("Stems: " + ", ".join(stem_kind(stem).title for stem in (*info.stems, "residual")))
        self._reference.setText(info.reference)
        self._form.set_specs(info.params, self._values.get(name, {}))
        self._reset.setVisible(bool(info.params))
        available = backend(name).availability()
        self._missing.setVisible(isinstance(available, Missing))
        if isinstance(available, Missing):
            self._missing.setText(f"{available.what} {available.how_to_fix}")
        self._studio.update_settings(replace(self._studio.settings, backend=name))
        self._on_changed()

    @Slot()
    def _on_values_changed(self) -> None:
        self._values[self._chosen()] = self._form.values()

    @Slot()
    def _on_reset(self) -> None:
        self._values.pop(self._chosen(), None)
        self._form.set_specs(self._infos[self._chosen()].params, {})

    @Slot()
    def _on_changed(self) -> None:
        running = self._studio.running is not None
        track = self._studio.track
        self.button.setText("Cancel" if running else "Separate again" if track and track.stems else "Separate")
        self.button.setEnabled(running or (track is not None and not self._missing.isVisibleTo(self)))
        self.button.setToolTip(
            "Open a song first." if track is None else "Stop; nothing is kept." if running else "Separate (Ctrl+Return)"
        )
        focused = QApplication.focusWidget()
        if running and focused is not None and self.isAncestorOf(focused):
            focused.clearFocus()  # Qt would hand it to whatever comes next, and Space with it
        self._method.setEnabled(not running)
        self._form.setEnabled(not running)


def _text(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", "secondary")
    label.setWordWrap(True)
    return label
