"""What a person does to a whole chain of effects: presets, copying, measuring, the check for hollow sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from stemstudio.core.errors import BadInput, StemStudioError
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.stems import stem_kind
from stemstudio.effects.chain import Chain, ChainSlot, from_toml, to_toml
from stemstudio.effects.hollow import PLATE_PRESET, HollowReport, check_hollow
from stemstudio.effects.presets import Preset, fitted_slot, preset, presets
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.mix_edits import MIX
from stemstudio.ui.desk import Desk
from stemstudio.ui.own_presets import forget_preset, keep_preset
from stemstudio.ui.studio import Studio

FIRST_PRESET = "vocal-stem"

T = TypeVar("T")


class ChainWork(QObject):
    """Acts on the chain at the place that is selected; what reads a whole sound is done in the background.

    Signals
    -------
    changed
        Something is being measured, or no longer, or there is a new report.
    """

    changed = Signal()

    def __init__(self, studio: Studio, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._desk = studio, desk
        self._report: tuple[object, HollowReport] | None = None
        self.busy = False
        studio.changed.connect(self._on_studio_changed)

    # Presets

    def apply(self, chosen: Preset) -> None:
        """Put the effects of a preset in place of those that are there, fitted to the sound."""
        place = self._desk.place
        source = None if place is None else self._desk.sound(place, dry=True)
        if place is None or source is None:
            return
        label = f"Preset “{chosen.title}”"
        if not chosen.fitted_slots:
            self._desk.set_chain(place, chosen.chain, label)
            return

        def done(chain: Chain) -> None:
            self._desk.set_chain(place, chain, label)

        title = f"Fitting “{chosen.title}” to {title_of(place).lower()}"
        self._measure(title, lambda _: chosen.chain_for(source), done)

    def keep(self, title: str) -> None:
        """Keep the present chain as a preset of one's own."""
        place = self._desk.place
        if place is not None and title.strip():
            self._try(lambda: keep_preset(title.strip(), self._desk.chain(place)))

    def forget(self, own: Preset) -> None:
        """Delete a preset of one's own."""
        self._try(lambda: forget_preset(own))

    # Copying

    def copy(self) -> None:
        """Put the chain into the clipboard, as text."""
        if self._desk.place is not None:
            QGuiApplication.clipboard().setText(to_toml(self._desk.chain(self._desk.place)))

    def paste(self) -> None:
        """Take the chain that is in the clipboard."""
        place = self._desk.place
        if place is None:
            return
        try:
            chain = from_toml(QGuiApplication.clipboard().text())
            if not chain:
                raise BadInput("The clipboard holds no effects.", "Copy the effects of a stem first.")
        except StemStudioError as error:
            self._studio.tell(error)
            return
        self._desk.set_chain(place, chain, "Paste effects")

    # Measuring

    def fit(self, index: int) -> None:
        """Set what depends on the sound (a threshold) from a measurement of what comes to the effect."""
        place = self._desk.place
        source = None if place is None else self._desk.sound_before(place, index)
        if place is None or source is None:
            return
        slot = self._desk.chain(place)[index]

        def done(fitted: ChainSlot) -> None:
            chain = self._desk.chain(place)
            if index < len(chain) and chain[index] == slot:
                self._desk.set_effect_values(place, index, fitted.resolved(), "Set the threshold by measuring")

        self._measure(f"Measuring {title_of(place).lower()}", lambda _: fitted_slot(slot, source), done)

    @property
    def report(self) -> HollowReport | None:
        """What the check found of the sound as it is now."""
        return self._report[1] if self._report is not None and self._report[0] == self._sound() else None

    def check(self) -> None:
        """Look whether the sound behind its effects is hollow."""
        place, key = self._desk.place, self._sound()
        source: Source | None = None if place is None else self._desk.sound(place)
        if place is None or source is None:
            return

        def done(report: HollowReport) -> None:
            self._report = key, report

        self._measure(f"Listening to {title_of(place).lower()} in mono", lambda r: check_hollow(source, r), done)

    def add_plate(self) -> None:
        """Append the plate that gives a hollow sound a body."""
        place = self._desk.place
        if place is not None:
            self._desk.set_chain(place, (*self._desk.chain(place), *preset(PLATE_PRESET).chain), "Add the plate")

    def _measure(self, title: str, work: Callable[[Reporter], T], on_done: Callable[[T], None]) -> None:
        track = self._studio.track

        def done(_session: object, result: T) -> None:
            if track is not None and self._studio.track is not None and self._studio.track.id == track.id:
                on_done(result)
            ended()

        def ended() -> None:
            self.busy = False
            self.changed.emit()

        if not self.busy:
            self.busy = True
            self.changed.emit()
            self._studio.run(Job(title, Lane.CPU, work), done, ended)

    def _sound(self) -> object:
        """Names the sound of the place."""
        place, track = self._desk.place, self._studio.track
        if place is None or track is None:
            return None
        if place == MIX:
            return track.mixture, track.stems, track.chain
        stem = next((each for each in track.stems if each.name == place), None)
        return None if stem is None else (stem.clip, stem.patches, stem.chain)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except StemStudioError as error:
            self._studio.tell(error)

    @Slot()
    def _on_studio_changed(self) -> None:
        if self._report is not None and self.report is None and not self.busy:
            self.changed.emit()


def shipped_presets() -> tuple[Preset, ...]:
    """Those that travel with the program, the commonest first."""
    return tuple(sorted(presets(), key=lambda each: (each.id != FIRST_PRESET, each.title)))


def title_of(place: str) -> str:
    """What a place is called."""
    return "The mix" if place == MIX else stem_kind(place).title
