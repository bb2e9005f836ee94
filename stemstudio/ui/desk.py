"""What a person does to the mix as a whole: effects of stems and of the mix, snapshots, comparing at equal loudness."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import StemStudioError
from stemstudio.core.params import ParamValue, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.effects.chain import Chain, ChainSlot
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.automation import Points
from stemstudio.operations import mix_edits
from stemstudio.operations.graph import ChainShelf, sound_at
from stemstudio.operations.mix_edits import MIX
from stemstudio.operations.stretching import stretch_track
from stemstudio.project.document import Project, Snapshot, Strip, Track, with_track
from stemstudio.ui.lanes import MIXTURE
from stemstudio.ui.player import Player
from stemstudio.ui.studio import Studio

COMPARED_S = 10.0
"""Sound around the playhead, or the loop, over which the loudness of both sides of a comparison is measured."""


class Desk(QObject):
    """Changes the mix of the selected song.

    A *place* is the name of a stem, or `MIX`.

    Signals
    -------
    compared
        A comparison began, or ended.
    automation_switched
        The gain of another stem is drawn, or no longer.
    """

    compared = Signal()
    automation_switched = Signal()

    def __init__(self, studio: Studio, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._player = studio, player
        self._bypassed: str | None = None
        self._measuring: Job[float] | None = None
        self._drawn: set[str] = set()
        self._track: Track | None = None
        studio.changed.connect(self._on_studio_changed)

    # Effects

    @property
    def place(self) -> str | None:
        """Where effects go: the selected stem, the mix while the song is selected, None without stems."""
        lane, track = self._studio.lane, self._studio.track
        if lane is None or track is None or lane.live:
            return None
        return MIX if lane.key == MIXTURE else lane.key

    def chain(self, place: str) -> Chain:
        """Effects at a place."""
        return mix_edits.chain_of(self._studio.track, place) if self._studio.track else ()

    def set_chain(self, place: str, chain: Chain, label: str, gesture: str = "") -> None:
        """Replace the effects at a place; changes of one `gesture` are one step of the history."""
        self._change(label, lambda track: mix_edits.with_chain(track, place, chain), gesture and f"{gesture}:{place}")

    def add_effect(self, place: str, effect_id: str, title: str) -> None:
        """Append an effect with its default values."""
        self.set_chain(place, (*self.chain(place), ChainSlot.of(effect_id)), f"Add {title.lower()}")

    def remove_effect(self, place: str, index: int, title: str) -> None:
        """Take an effect away."""
        chain = self.chain(place)
        self.set_chain(place, chain[:index] + chain[index + 1 :], f"Remove {title.lower()}")

    def move_effect(self, place: str, index: int, to: int) -> None:
        """Move an effect within its chain."""
        chain = list(self.chain(place))
        chain.insert(to, chain.pop(index))
        self.set_chain(place, tuple(chain), "Reorder effects")

    def bypass_effect(self, place: str, index: int, bypass: bool) -> None:
        """Pass an effect by, or not."""
        self._set_slot(place, index, "Bypass" if bypass else "Use effect", "", bypass=bypass)

    def set_effect_value(self, place: str, index: int, name: str, value: ParamValue, label: str) -> None:
        """Change one value of an effect; a drag is one step of the history."""
        self.set_effect_values(place, index, {name: value}, label)

    def set_effect_values(self, place: str, index: int, values: Values, label: str) -> None:
        """Change some values of an effect; changes of the same ones in a row are one step of the history."""
        slot = self.chain(place)[index]
        new = ChainSlot.of(slot.effect, {**slot.resolved(), **values})
        self._set_slot(place, index, label, f"{index}:{' '.join(values)}", values=new.values)

    def set_sidechain(self, place: str, index: int, stem: str) -> None:
        """Let another stem control an effect; an empty name lets the sound itself do it."""
        self._set_slot(place, index, "Side-chain", "", sidechain=stem)

    def sound(self, place: str, shelf: ChainShelf | None = None, *, dry: bool = False) -> Source | None:
        """Sound at a place behind its effects, or before them."""
        track, session = self._studio.track, self._studio.session
        if track is None or session is None:
            return None
        return sound_at(mix_edits.with_chain(track, place, ()) if dry else track, place, session.clips, shelf)

    def sound_before(self, place: str, index: int) -> Source | None:
        """Sound that comes to an effect."""
        track, session = self._studio.track, self._studio.session
        if track is None or session is None:
            return None
        return sound_at(mix_edits.with_chain(track, place, self.chain(place)[:index]), place, session.clips)

    def _set_slot(self, place: str, index: int, label: str, gesture: str, **fields: object) -> None:
        chain = self.chain(place)
        slot = replace(chain[index], **fields)  # type: ignore[arg-type]
        self.set_chain(place, (*chain[:index], slot, *chain[index + 1 :]), label, gesture)

    # Comparing

    @property
    def bypassed(self) -> str | None:
        """The place whose effects are passed by for a comparison, or None."""
        return self._bypassed

    def compare(self, place: str, bypass: bool) -> None:
        """Hear a place without its effects, as loud as with them, or with them again. Changes nothing."""
        track, self._measuring = self._studio.track, None
        if not bypass or track is None or not mix_edits.chain_of(track, place):
            self._end_comparison()
            return
        wet, dry = self.sound(place), self.sound(place, dry=True)
        assert wet is not None
        assert dry is not None
        start, frames = self._passage()

        def measure(_reporter: Reporter) -> float:
            difference_db = _loudness(wet, start, frames) - _loudness(dry, start, frames)
            return difference_db if math.isfinite(difference_db) else 0.0

        def done(_session: object, difference_db: float) -> None:
            if self._measuring is job and self._studio.track == track:
                self._bypassed, self._track = place, track
                self._player.set_variant(_without_effects(track, place, difference_db))
                self.compared.emit()

        self._measuring = job = Job("", Lane.PREVIEW, measure)
        self._studio.run(job, done, self.compared.emit)

    def _passage(self) -> tuple[int, int]:
        rate, loop = self._player.sample_rate, self._player.loop
        if self._player.looping and loop is not None and loop[1] - loop[0] <= 60 * rate:
            return loop[0], loop[1] - loop[0]
        return max(0, self._player.position - round(COMPARED_S / 2 * rate)), round(COMPARED_S * rate)

    def _end_comparison(self) -> None:
        if self._bypassed is not None:
            self._bypassed = self._track = None
            self._player.set_variant(None)
            self.compared.emit()

    @Slot()
    def _on_studio_changed(self) -> None:
        if self._bypassed is not None and self._studio.track != self._track:
            self._end_comparison()

    # The whole mix

    def strip_of(self, stem: str) -> Strip | None:
        """Place of a stem in the mix."""
        lane = next((lane for lane in self._studio.lanes() if lane.key == stem), None)
        return lane.strip if lane else None

    def set_automation(self, stem: str, points: Points, gesture: str = "") -> None:
        """Let the gain of a stem move along `points`."""
        strip = self.strip_of(stem)
        if strip is not None:
            self._drawn.add(stem)
            self._studio.set_strip(stem, replace(strip, automation=points, automation_off=False), gesture)
            self.automation_switched.emit()

    def is_automated(self, stem: str) -> bool:
        """Whether the gain of a stem moves along its points, and is drawn on its lane."""
        strip = self.strip_of(stem)
        return strip is not None and not strip.automation_off and (bool(strip.automation) or stem in self._drawn)

    def switch_automation(self, stem: str, on: bool) -> None:
        """Let the gain of a stem move along its points, or stand still; its points stay."""
        strip = self.strip_of(stem)
        if strip is None:
            return
        (self._drawn.add if on else self._drawn.discard)(stem)
        off = not on and bool(strip.automation)
        if strip.automation_off != off:
            self._studio.set_strip(stem, replace(strip, automation_off=off))
        self.automation_switched.emit()

    def minus_one(self, stems: Iterable[str]) -> None:
        """Mute those stems and nothing else."""
        names = tuple(stems)
        self._change("Minus " + ", ".join(names), lambda track: mix_edits.minus_one(track, names))

    def only(self, stems: Iterable[str]) -> None:
        """Mute all but those stems."""
        names = tuple(stems)
        self._change("Only " + ", ".join(names), lambda track: mix_edits.only(track, names))

    def reset(self) -> None:
        """Put every fader to zero and take every effect away."""
        self._change("Reset the mix", mix_edits.untouched)

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """Mixes that were kept."""
        return self._studio.track.snapshots if self._studio.track else ()

    def keep_snapshot(self, name: str) -> None:
        """Keep the present mix under `name`."""
        name = name.strip() or f"Mix {len(self.snapshots) + 1}"
        self._change(f"Keep mix “{name}”", lambda track: mix_edits.with_snapshot(track, name))

    def recall_snapshot(self, snapshot: Snapshot) -> None:
        """Mix as it was kept."""
        self._change(f"Recall mix “{snapshot.name}”", lambda track: mix_edits.recalled(track, snapshot))

    def remove_snapshot(self, name: str) -> None:
        """Forget a mix."""
        self._change(f"Forget mix “{name}”", lambda track: mix_edits.without_snapshot(track, name))

    def change_key_and_tempo(self, semitones: float, tempo: float) -> None:
        """Make a new song of this one, in another key and at another tempo, and look at it."""
        track, session = self._studio.track, self._studio.session
        if track is None or session is None:
            return
        there = {each.id for each in session.project.tracks}
        try:
            operation = stretch_track(track, session.clips, semitones, tempo)
        except StemStudioError as error:
            self._studio.tell(error)
            return

        def ended() -> None:
            now = self._studio.session.project.tracks if self._studio.session is session else ()
            for new in (each for each in now if each.id not in there):
                self._studio.select_track(new.id)

        self._studio.perform(operation, ended)

    def _change(self, label: str, change: Callable[[Track], Track], gesture: str = "") -> None:
        track = self._studio.track
        if track is None:
            return

        def edit(project: Project) -> Project:
            return with_track(project, change(project.track(track.id)))

        self._studio.edit(label, edit, gesture)


def _loudness(source: Source, start: int, frames: int) -> float:
    """Loudness of a passage in LUFS; -inf if it is too soft or too short to be measured."""
    from stemstudio.audio.loudness import integrated_lufs

    return integrated_lufs(AudioBuffer(source.read(start, frames), source.sample_rate))


def _without_effects(track: Track, place: str, gain_db: float) -> tuple[Track, float]:
    """`track` without the effects at `place`, and the gain in dB that the mix needs beside."""
    bare = mix_edits.with_chain(track, place, ())
    if place == MIX:
        return bare, gain_db
    stems = tuple(
        replace(stem, strip=replace(stem.strip, gain_db=stem.strip.gain_db + gain_db)) if stem.name == place else stem
        for stem in bare.stems
    )
    return replace(bare, stems=stems), 0.0
