"""The view alone, or with companions above and below it, under one time ruler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stemstudio.core.source import Source
from stemstudio.ui.spectrogram.companion import Companion, RulerStrip
from stemstudio.ui.spectrogram.shelf import Changes
from stemstudio.ui.spectrogram.view import SpectrogramView

_LEAST_HEIGHT = 160
_LEAST_STACKED_HEIGHT = 48


@dataclass(frozen=True)
class StackedSound:
    """One sound of a stack.

    `key` is that of its lane, `sound_key` names the sound as it is now; `compared` is what it is compared with: a
    sound, its key, and where the two differ if that is known.
    """

    key: str
    source: Source
    sound_key: str
    title: str
    colour: str
    compared: tuple[Source, str, Changes | None] | None = None


class SpectrogramStack(QWidget):
    """Keeps `view` where the sound that is worked on stands in the order, and gives companions to the others.

    `chosen` is sent with the key of a lane whose picture was pressed.
    """

    chosen = Signal(str)

    def __init__(self, view: SpectrogramView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._ruler = RulerStrip(view, self)
        self._companions: list[Companion] = []
        self._keys: list[str] = []
        self._mix: Source | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._ruler)
        self._column.addWidget(view, 1)
        self._ruler.hide()

    @property
    def companions(self) -> tuple[Companion, ...]:
        """The pictures beside the view, from the top down."""
        return tuple(self._companions)

    def arrange(self, sounds: Sequence[StackedSound], active: str) -> None:
        """Show `sounds` from the top down, the view in place of the one of key `active`, which may be the only one."""
        others = [sound for sound in sounds if sound.key != active]
        self._have(len(others))
        self._keys = [sound.key for sound in others]
        for companion, sound in zip(self._companions, others, strict=True):
            companion.show_sound(sound.source, sound.sound_key, sound.title, sound.colour)
            companion.compare(*(sound.compared or (None, "", None)))
        self._ruler.setVisible(bool(others))
        self._view.set_ruler_shown(not others)
        self._view.setMinimumHeight(_LEAST_STACKED_HEIGHT if others else _LEAST_HEIGHT)
        self._column.setSpacing(2 if others else 0)
        place = next((index for index, sound in enumerate(sounds) if sound.key == active), 0)
        widgets: list[QWidget] = [*self._companions]
        widgets.insert(place, self._view)
        for index, widget in enumerate(widgets, start=1):
            if self._column.indexOf(widget) != index:
                self._column.removeWidget(widget)
                self._column.insertWidget(index, widget, 1)
        self._column.activate()  # a press goes on in the view, which must have its new place
        self._view.request_tiles()

    def set_mix(self, source: Source | None) -> None:
        """Name the mix, whose level read-outs tell too."""
        self._mix = source
        self._view.set_mix(source)
        for companion in self._companions:
            companion.set_mix(source)

    def _have(self, count: int) -> None:
        while len(self._companions) > count:
            companion = self._companions.pop()
            companion.leave()
            self._column.removeWidget(companion)
            companion.hide()
            companion.deleteLater()
        while len(self._companions) < count:
            companion = Companion(self._view, self)
            companion.set_mix(self._mix)
            companion.chosen.connect(self._on_chosen)
            self._column.addWidget(companion, 1)
            companion.show()
            self._companions.append(companion)

    def _on_chosen(self) -> None:
        sender = self.sender()
        for companion, key in zip(self._companions, self._keys, strict=True):
            if companion is sender:
                self.chosen.emit(key)
                return
