"""The centre of the window: the picture with the tools at its edge and what can be set for them above it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from stemstudio.ui.markers import markers
from stemstudio.ui.panels.picture import Picture
from stemstudio.ui.panels.selection_chip import SelectionChip
from stemstudio.ui.panels.tool_options import ToolOptions
from stemstudio.ui.panels.tool_strip import ToolStrip
from stemstudio.ui.spectrogram.overlays import NamedPlace
from stemstudio.ui.theme import Theme
from stemstudio.ui.workplace import Workplace

_KEYS = (
    "Alt and arrows move the selection, Shift and arrows resize it, Enter mends it, Delete erases it, Escape drops it."
)


class Workbench(QWidget):
    """Lays `picture` out with its tools, which are there when there is a song."""

    def __init__(self, place: Workplace, picture: Picture, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ground")
        self._studio, self._view = place.studio, picture.spectrogram
        self.strip = ToolStrip(place.selecting, theme, self)
        self.options = ToolOptions(place.selecting, self)
        place.selecting.attach(picture.spectrogram)
        view = picture.spectrogram
        view.selection_layer.apply_requested.connect(place.mending.apply)
        view.selection_layer.erase_requested.connect(place.mending.erase)
        view.setAccessibleDescription(f"{view.accessibleDescription()} {_KEYS}")
        self.chip = SelectionChip(picture.spectrogram, place.mending, picture)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.strip)
        row.addWidget(picture, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.options)
        column.addLayout(row, 1)
        place.studio.lane_selected.connect(self.chip.refresh)
        place.studio.changed.connect(self.chip.refresh)
        place.studio.changed.connect(self._on_changed)
        place.studio.changed.connect(self._on_markers)
        self._on_changed()

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.strip.set_theme(theme)

    @Slot()
    def _on_markers(self) -> None:
        named = (NamedPlace(each.frame, each.name, each.frames) for each in markers(self._studio))
        self._view.set_markers(tuple(named))

    @Slot()
    def _on_changed(self) -> None:
        there = self._studio.track is not None
        self.strip.setVisible(there)
        self.options.setVisible(there)
