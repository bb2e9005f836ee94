"""What meters show while a song plays, measured in a thread of its own: stems, effects, and what is heard."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.meters import SILENCE, Levels, decibels, level
from stemstudio.mixing.mixer import Mixer
from stemstudio.operations.graph import ChainShelf, sound_at
from stemstudio.operations.mix_edits import MIX, chain_of, with_chain
from stemstudio.ui.latest import Latest

if TYPE_CHECKING:
    from stemstudio.audio.loudness import LoudnessMeter, TruePeakMeter
    from stemstudio.ui.player import Player
    from stemstudio.ui.studio import Studio

METER_S = 0.05
_YOUNG_S = 0.25
SPECTRUM_FRAMES = 4096


@dataclass(frozen=True)
class Reading:
    """Levels around one moment.

    Parameters
    ----------
    stems : mapping of str to Levels
        Behind the faders, by name.
    reductions_db : tuple of float
        Gain reduction of each effect of the chain that is watched, at least 0.
    input_db : float
        Peak level of what comes to the effect that is watched.
    spectrum_db : float64 (SPECTRUM_FRAMES // 2 + 1,)
        Level of a tone at each frequency in what comes to that effect; empty where none is watched.
    sample_rate : int
        Of the song.
    """

    stems: Mapping[str, Levels] = field(default_factory=dict)
    reductions_db: tuple[float, ...] = ()
    input_db: float = -120.0
    spectrum_db: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    sample_rate: int = 44100


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness of what is heard, in LUFS and dBTP; -inf for silence."""

    momentary: float = -math.inf
    short_term: float = -math.inf
    integrated: float = -math.inf
    true_peak: float = -math.inf


@dataclass(frozen=True)
class _Places:
    """What is measured."""

    desk: tuple[tuple[str, ...], Mixer] | None
    young: frozenset[str]
    chained: Source | None
    before: Source | None


class Meters(QObject):
    """Measures what plays; `measured` is sent at ticks with something new, and once when it has stopped."""

    measured = Signal()

    def __init__(self, studio: Studio, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._player = studio, player
        self.reading, self.loudness = Reading(), Loudness()
        self._watched: tuple[str, int] | None = None
        self._places: tuple[tuple[object, ...], _Places] | None = None
        self._shelf = ChainShelf()
        self._since: dict[str, tuple[Source, float]] = {}
        self._levels: Latest[Reading] = Latest("levels")
        self._loudness: Latest[Loudness] = Latest("loudness")
        self._done = (0, 0)
        self._ear = _Ear()
        self._taken = -1
        self._played = False
        studio.tasks.ticked.connect(self._on_tick)

    def watch(self, place: str | None, slot: int = 0) -> None:
        """Measure an effect of the chain at `place` too; None for none."""
        self._watched = None if place is None else (place, slot)

    def reset_loudness(self) -> None:
        """Measure loudness anew from now on."""
        self._ear, self.loudness = _Ear(), Loudness()
        self.measured.emit()

    def close(self) -> None:
        """End the threads."""
        self._levels.close()
        self._loudness.close()

    @Slot()
    def _on_tick(self) -> None:
        playing = self._player.playing
        if playing:
            if not self._played:
                self._begin()
            self._listen()
            self._levels.ask(partial(_measure, self._what(), self._player.position, self.reading))
        done = (self._levels.count, self._loudness.count)
        if playing and done != self._done:
            self.reading = self._levels.result or Reading()
            self.loudness = self._loudness.result or self.loudness
            self.measured.emit()
        if self._played and not playing:
            self.reading = Reading()
            self.measured.emit()
        self._done, self._played = done, playing

    def _begin(self) -> None:
        self._ear, self.loudness, self._loudness.result = _Ear(), Loudness(), None
        self._taken, _, _ = self._player.heard_since(self._taken)

    def _listen(self) -> None:
        self._taken, rate, samples = self._player.heard_since(self._taken)
        if samples.shape[1]:
            self._ear.blocks.append((rate, samples))
            self._loudness.ask(self._ear.listen)

    def _what(self) -> _Places:
        """Sources to measure, looked up anew only when something else is played or watched."""
        player, track = self._player, self._studio.track
        key = (player.desk, self._watched, track)
        if self._places is None or any(a is not b for a, b in zip(key, self._places[0], strict=True)):
            chained, before = self._around_effect()
            self._places = key, _Places(player.desk, frozenset(), chained, before)
        return replace(self._places[1], young=self._young())

    def _young(self) -> frozenset[str]:
        """Stems whose effects are at work for so short a time that what was heard before is not rendered yet.

        To read it would make their effects run up once more, just when playback needs the processor.
        """
        now = time.monotonic()
        names, mixer = self._player.desk or ((), None)
        inputs = zip(names, mixer.inputs if mixer is not None else (), strict=False)
        self._since = {name: self._since_when(name, each.source, now) for name, each in inputs}
        return frozenset(name for name, (_, since) in self._since.items() if now - since < _YOUNG_S)

    def _since_when(self, name: str, source: Source, now: float) -> tuple[Source, float]:
        known = self._since.get(name)
        if known is not None and known[0] is source:
            return known
        return source, now if hasattr(source, "reductions_db") else -math.inf

    def _around_effect(self) -> tuple[Source | None, Source | None]:
        track, session = self._studio.track, self._studio.session
        if self._watched is None or track is None or session is None:
            return None, None
        place, slot = self._watched

        # The stems' effects are at work already; those before an effect of the mix are not, and are few.
        shelf = self._player.shelf if place == MIX else self._shelf
        before = with_chain(track, place, chain_of(track, place)[:slot])
        return sound_at(track, place, session.clips, self._player.shelf), sound_at(before, place, session.clips, shelf)


class _Ear:
    """Loudness of blocks that the window appends and a thread takes."""

    def __init__(self) -> None:
        self.blocks: deque[tuple[int, Samples]] = deque()
        self._rate = self._unheard = 0
        self._found = Loudness()
        self._meters: tuple[LoudnessMeter, TruePeakMeter] | None = None

    def listen(self) -> Loudness:
        """Take in what was appended."""
        while self.blocks:
            rate, samples = self.blocks.popleft()
            if self._meters is None or rate != self._rate:
                from stemstudio.audio.loudness import LoudnessMeter, TruePeakMeter

                self._rate, self._meters = rate, (LoudnessMeter(rate, 2), TruePeakMeter(2))
            for meter in self._meters:
                meter.add(samples)
            self._unheard += samples.shape[1]
        if self._meters is not None and self._unheard >= self._rate // 10:
            self._unheard = 0
            loudness, peak = self._meters
            now = loudness.latest_lufs(4), loudness.latest_lufs(30), loudness.integrated_lufs()
            self._found = Loudness(*now, peak.so_far_dbtp())
        return self._found


def _measure(what: _Places, position: int, before: Reading) -> Reading:
    reading = Reading()
    if what.desk is not None:
        names, mixer = what.desk
        frames = round(METER_S * mixer.sample_rate)
        stems = {}
        for name, each, heard in zip(names, mixer.inputs, mixer.audible, strict=False):
            if name in what.young or not heard:
                stems[name] = before.stems.get(name, SILENCE) if heard else SILENCE
            else:
                alone = Mixer((replace(each, solo=False),))
                stems[name] = alone.levels(max(position - frames, 0), frames)[0]
        reading = Reading(stems, sample_rate=mixer.sample_rate)
    reductions = getattr(what.chained, "reductions_db", None)
    if reductions is not None:
        reading = replace(reading, reductions_db=reductions(position))
    return reading if what.before is None else _with_input(reading, what.before, position)


def _with_input(reading: Reading, before: Source, position: int) -> Reading:
    samples = before.read(position - SPECTRUM_FRAMES, SPECTRUM_FRAMES)
    recent = level(samples[:, -round(METER_S * before.sample_rate) :])
    window = np.hanning(SPECTRUM_FRAMES)
    power = np.mean(np.abs(np.fft.rfft(samples * window, axis=1)) ** 2, axis=0)
    spectrum_db = 10 * np.log10(power * (2 / window.sum()) ** 2 + 1e-12)
    return replace(
        reading,
        input_db=decibels(max(recent.peak)),
        spectrum_db=np.asarray(spectrum_db, np.float64),
        sample_rate=before.sample_rate,
    )
