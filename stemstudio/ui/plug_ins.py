"""Plug-ins in the window: opening one takes seconds, so it is a job; what goes wrong with one is told."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QObject, Signal, Slot

from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.effects.effect import Effect, EffectInfo
from stemstudio.effects.hosted.host import faults
from stemstudio.effects.registry import effect, info_of
from stemstudio.jobs.job import Job, Lane
from stemstudio.ui.desk import Desk
from stemstudio.ui.studio import Studio

_PREFIX = "plugin:"
_TICKS_PER_LOOK = 30


class PlugIns(QObject):
    """Knows which plug-ins are open.

    Signals
    -------
    opened
        Another plug-in can be shown now, or could not be opened.
    """

    opened = Signal()

    def __init__(self, studio: Studio, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._desk = studio, desk
        self._known: set[str] = set()
        self._opening: set[str] = set()
        self._told: dict[str, str] = {}
        self._ticks = 0
        studio.tasks.ticked.connect(self._on_tick)

    def kind(self, effect_id: str) -> Effect | None:
        """Return the effect, or None while it is being opened and if it is not on this machine."""
        if effect_id.startswith(_PREFIX) and effect_id not in self._known:
            self._open(effect_id)
            return None
        try:
            return effect(effect_id)
        except BadInput:
            return None

    def info(self, effect_id: str) -> EffectInfo:
        """What to show of an effect, at once."""
        if not effect_id.startswith(_PREFIX) or effect_id in self._known:
            return info_of(effect_id)
        return EffectInfo(effect_id, plug_in_title(effect_id), "The plug-in is being opened.", (), "")

    def add(self, place: str, effect_id: str) -> None:
        """Append a plug-in to a chain, once it is open."""

        def done(_session: object, info: EffectInfo) -> None:
            self._known.add(effect_id)
            self._desk.add_effect(place, effect_id, info.title)

        self._studio.run(
            Job(f"Opening {plug_in_title(effect_id)}", Lane.IO, lambda _reporter: effect(effect_id).info), done
        )

    def _open(self, effect_id: str) -> None:
        if effect_id in self._opening:
            return
        self._opening.add(effect_id)

        def work(_reporter: Reporter) -> None:
            info_of(effect_id)

        def ended(*_: object) -> None:
            self._opening.discard(effect_id)
            self._known.add(effect_id)
            self.opened.emit()

        self._studio.run(Job(f"Opening {plug_in_title(effect_id)}", Lane.IO, work), ended, ended)

    @Slot()
    def _on_tick(self) -> None:
        self._ticks += 1
        if self._ticks % _TICKS_PER_LOOK:
            return
        for path, fault in faults().items():
            if self._told.get(path) != fault:
                self._told[path] = fault
                self._studio.told.emit(fault, "The sound goes on without it; take it out, or add it again.")


def plug_in_title(effect_id: str) -> str:
    """Name of a plug-in by its file."""
    return PurePath(effect_id.removeprefix(_PREFIX)).stem
