"""Which repair is in hand: the method, its values, and where goes what it takes out. Page, chip and keys share it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from stemstudio.core.params import ParamSpec, ParamValue, resolve
from stemstudio.core.stems import RESIDUAL
from stemstudio.repair.method import MethodInfo
from stemstudio.ui.editor import Editor
from stemstudio.ui.studio import Studio

NOWHERE = ""
"""What is taken out leaves the song."""

_REST_MS = 150
"""A preview follows a parameter when the hand rests on it this long."""
_FIRST = "heal"
"""Method in hand at the start: it needs no thought."""


class Mending(QObject):
    """Chooses; the `editor` does.

    Signals
    -------
    changed
        Another method, value or place to go.
    """

    changed = Signal()

    def __init__(self, studio: Studio, editor: Editor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self.editor = studio, editor
        self._method_id = studio.settings.repair_method
        self._values: dict[str, dict[str, ParamValue]] = {}
        self._taken_to = RESIDUAL
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self.changed.connect(self._on_changed)

    @cached_property
    def infos(self) -> dict[str, MethodInfo]:
        """Every method by its id."""
        from stemstudio.repair.registry import infos

        return {info.id: info for info in infos()}

    @property
    def method_id(self) -> str:
        """The method in hand."""
        known = self.infos
        return next(name for name in (self._method_id, _FIRST, *known) if name in known)

    @property
    def info(self) -> MethodInfo:
        """What a person is told of the method in hand."""
        return self.infos[self.method_id]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sounds that a method may take from: the mixture and the other stems."""
        from stemstudio.repair.method import MIXTURE

        return (MIXTURE, *self.editor.others)

    def specs(self) -> tuple[ParamSpec, ...]:
        """Parameters of the method in hand that are no sounds."""
        return tuple(spec for spec in self.info.params if spec.name not in self.info.sources)

    def source_specs(self) -> tuple[ParamSpec, ...]:
        """Parameters that choose a sound, with what is at hand."""
        choices = tuple((name, name) for name in self.sources)
        return tuple(
            replace(spec, choices=choices, default=self.sources[0])
            for spec in self.info.params
            if spec.name in self.info.sources
        )

    def values(self) -> dict[str, ParamValue]:
        """Value of each parameter of the method in hand; a sound that is not there any more gives way to the first."""
        kept = self._values.get(self.method_id, {})
        specs = (*self.specs(), *self.source_specs())
        gone = {spec.name for spec in self.source_specs() if kept.get(spec.name) not in self.sources}
        return resolve(specs, {name: value for name, value in kept.items() if name not in gone})

    @property
    def taken_to(self) -> str:
        """Name of the stem that gets what is taken out; `NOWHERE` if it is to leave the song."""
        if self._taken_to == NOWHERE or self._taken_to in self.editor.others:
            return self._taken_to
        return RESIDUAL if RESIDUAL in self.editor.others else NOWHERE

    def set_method(self, method_id: str) -> None:
        """Take another method in hand."""
        if method_id != self.method_id:
            self._method_id = method_id
            self._studio.update_settings(replace(self._studio.settings, repair_method=method_id))
            self.changed.emit()

    def set_values(self, values: dict[str, ParamValue]) -> None:
        """Set parameters of the method in hand; the others stay."""
        self._values[self.method_id] = self.values() | values
        self.changed.emit()

    def reset(self) -> None:
        """All parameters of the method in hand back to their defaults."""
        self._values.pop(self.method_id, None)
        self.changed.emit()

    def set_taken_to(self, stem: str) -> None:
        """Let what is taken out go to another stem, or `NOWHERE`."""
        if stem != self._taken_to:
            self._taken_to = stem
            self.changed.emit()

    @property
    def possible(self) -> bool:
        """Whether there is something selected that can be repaired."""
        return self.editor.selection is not None and bool(self.editor.stem)

    @Slot()
    def preview(self) -> None:
        """Hear the repair without applying it, or stop that; a preview follows what is changed while it is heard."""
        if self.editor.previewing:
            self.editor.stop_preview()
        else:
            self.editor.preview(self.method_id, self.values(), self.taken_to)

    @Slot()
    def apply(self) -> None:
        """Do the repair."""
        if self.possible and not self.editor.working:
            self.editor.repair(self.method_id, self.values(), self.taken_to)

    @Slot()
    def erase(self) -> None:
        """Take out what is selected, whatever method is in hand."""
        if self.possible and not self.editor.working:
            self.editor.repair("erase", {}, self.taken_to)

    @Slot()
    def _on_changed(self) -> None:
        if self.editor.previewing:
            self._rest.start()

    @Slot()
    def _on_rest(self) -> None:
        if self.editor.previewing and self.possible:
            self.editor.preview(self.method_id, self.values(), self.taken_to)
