"""Playing what the studio shows: keeps the playback engine in step with the document."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from stemstudio.audio.clips import ClipStore
from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.errors import UserError
from stemstudio.core.source import Source
from stemstudio.mixing.meters import SILENCE, Levels
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.operations.graph import ChainShelf, Overlay, clip_source, live_mix, stem_mix, track_mix
from stemstudio.operations.repair_actions import Passages
from stemstudio.operations.repairing import with_stems
from stemstudio.operations.separating import LiveStems
from stemstudio.playback.engine import PlaybackEngine
from stemstudio.project.document import Track
from stemstudio.ui.audio_output import AudioOutput
from stemstudio.ui.lanes import RunningSeparation, live_strips
from stemstudio.ui.meters import Meters
from stemstudio.ui.studio import Studio

Monitor = Callable[[Track, ClipStore], Source]
"""Makes what is heard of a song; its stereo mix is the usual thing."""


SILENT: Samples = np.zeros((2, 0), np.float32)


class _UntilWritten:
    """Stems as far as they are made, and the song from there on, so that listening never stops."""

    def __init__(self, stems: Mixer, song: Mixer, live: LiveStems) -> None:
        self._stems, self._song, self._live = stems, song, live
        self.sample_rate, self.channels, self.frames = song.sample_rate, song.channels, song.frames

    def read(self, start: int, frames: int) -> Samples:
        made = min(max(self._live.written_frames - start, 0), frames)
        try:
            stems = self._stems.read(start, made)
        except UserError:  # the separation was cancelled and its clips are gone; soon the window says so too
            made = 0
        if made == frames:
            return stems
        out = self._song.read(start, frames)
        if made:
            out[:, :made] = stems
        return out


class Player(QObject):
    """Transport of the window.

    Signals
    -------
    changed
        Playing, looping, the song or the message changed.
    moved
        Sent at each tick while the position moves, and after a seek.
    metered
        Sent at each tick: meters fall after the sound has ended.
    """

    changed = Signal()
    moved = Signal()
    metered = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._engine: PlaybackEngine | None = None
        self._output: AudioOutput | None = None
        self._heard: tuple[object, ...] = ()
        self._loop: tuple[int, int] | None = None
        self.looping = False
        self.original = False
        self._overlay: Overlay = {}
        self.shelf = ChainShelf()
        self._desk: tuple[tuple[str, ...], Mixer] | None = None
        self._variant: tuple[Track, float] | None = None
        self._monitor: Monitor | None = None
        self._before_audition: tuple[tuple[int, int] | None, bool, bool] | None = None
        self._was: tuple[int, bool] = (0, False)
        studio.changed.connect(self._on_changed)
        studio.settings_changed.connect(self._on_settings_changed)
        studio.tasks.ticked.connect(self._on_tick)
        self.meters = Meters(studio, self, self)

    # What is there

    @property
    def frames(self) -> int:
        """Length of the song; 0 without one."""
        track = self._studio.track
        return track.mixture.frames if track else 0

    @property
    def sample_rate(self) -> int:
        """Rate of the song."""
        track = self._studio.track
        return track.mixture.sample_rate if track else 44100

    @property
    def has_stems(self) -> bool:
        """Whether there is a mix to compare with the song."""
        track = self._studio.track
        return bool(track and track.stems) or self._studio.running is not None

    @property
    def playing(self) -> bool:
        """Whether sound is running."""
        return self._engine is not None and self._engine.playing

    @property
    def position(self) -> int:
        """Frame that is heard now."""
        return self._engine.position if self._engine else 0

    @property
    def loop(self) -> tuple[int, int] | None:
        """First and last frame of the loop that was set, also while it is switched off."""
        return self._loop

    @property
    def message(self) -> str:
        """What a person should know of the sound device; empty if all is well."""
        if self._engine is not None and isinstance(self._engine.failure, UserError):
            return self._engine.failure.what
        return self._output.message if self._output else ""

    def levels(self) -> Levels:
        """Levels of what is heard now."""
        return self._engine.levels() if self._engine and self._engine.playing else SILENCE

    @property
    def desk(self) -> tuple[tuple[str, ...], Mixer] | None:
        """Names of the stems that are mixed now, and their mixer; None where the song itself is heard."""
        return self._desk

    def heard_since(self, taken: int) -> tuple[int, int, Samples]:
        """See `PlaybackEngine.heard_since`; the second value is the rate."""
        if self._engine is None:
            return 0, 44100, SILENT
        taken, samples = self._engine.heard_since(taken)
        return taken, self._engine.sample_rate, samples

    # What a person does

    @Slot()
    def toggle(self) -> None:
        """Play or pause."""
        if self._engine is None or not self.frames:
            return
        if self._engine.playing:
            self._engine.pause()
        else:
            self._need_output().start()
            self._engine.play()
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """Stop and go to the start of the loop or the song."""
        if self._engine is not None:
            self._engine.pause()
            self.seek(self._loop[0] if self.looping and self._loop else 0)
            self.changed.emit()

    @Slot("qlonglong")
    def seek(self, frame: int) -> None:
        """Go to `frame`."""
        if self._engine is not None:
            self._engine.seek(min(max(frame, 0), self.frames))
            self.moved.emit()

    @Slot(bool)
    def set_looping(self, looping: bool) -> None:
        """Switch the loop; without one set, the whole song."""
        self.looping = looping
        if looping and self._loop is None:
            self._loop = (0, self.frames)
        self._tell_loop()

    @Slot("qlonglong", "qlonglong")
    def set_loop(self, start: int, end: int) -> None:
        """Set the loop and switch it on; an empty range switches it off."""
        self._loop = (start, end) if end > start else None
        self.looping = self._loop is not None
        self._tell_loop()

    @Slot(bool)
    def set_original(self, original: bool) -> None:
        """Hear the song as it was loaded, or the mix of its stems."""
        self.original = original
        self._on_changed()

    def audition(self, passages: Passages, start: int, end: int) -> None:
        """Loop the frames `start` to `end` with `passages` in place of what the stems have there."""
        if self._before_audition is None:
            self._before_audition = (self._loop, self.looping, self.playing)
        self.set_overlay(passages)
        self.set_loop(start, end)
        if not start <= self.position < end:
            self.seek(start)
        if not self.playing:
            self.toggle()

    def set_overlay(self, passages: Passages) -> None:
        """Hear `passages` in place of what the stems have there; none for the stems as they are."""
        rate = self.sample_rate
        self._overlay = {name: (each.start, AudioBuffer(each.samples, rate)) for name, each in passages.items()}
        self._on_changed()

    def set_variant(self, variant: tuple[Track, float] | None) -> None:
        """Hear the song mixed as in another track, with a gain in dB on the mix, for a comparison; None as it is."""
        self._variant = variant
        self._on_changed()

    def set_monitor(self, monitor: Monitor | None) -> None:
        """Hear what `monitor` makes of the song in place of its stereo mix; None for the mix."""
        self._monitor = monitor
        self._on_changed()

    def end_audition(self) -> None:
        """Hear the stems as they are, with the loop that was set before; stop if nothing was playing before."""
        if self._before_audition is None:
            return
        self._loop, self.looping, played = self._before_audition
        self._before_audition = None
        self.set_overlay({})
        self._tell_loop()
        if self.playing and not played:
            self.toggle()

    def close(self) -> None:
        """Stop everything."""
        self.meters.close()
        if self._output is not None:
            self._output.close()
        if self._engine is not None:
            self._engine.close()

    def _tell_loop(self) -> None:
        if self._engine is not None:
            self._engine.set_loop(self._loop if self.looping else None)
        self.changed.emit()

    def _need_output(self) -> AudioOutput:
        if self._output is None:
            assert self._engine is not None
            self._output = AudioOutput(self._engine, self, self._studio.settings.audio_device)
            self._output.changed.connect(self.changed)
        return self._output

    @Slot()
    def _on_changed(self) -> None:
        track, running = self._studio.track, self._studio.running
        if not self.has_stems:
            self.original = False
        song = (track.id, track.mixture.id) if track else ("", "")
        strips = tuple(running.strips.items()) if running else ()
        clips = tuple(running.live.clip_ids.values()) if running else ()
        heard = (
            *song,
            (track.stems, track.chain) if track else (),
            clips,
            strips,
            self.original,
            tuple(self._overlay.items()),
            self._variant,
            self._monitor,
        )
        if heard == self._heard:
            self.changed.emit()
            return
        another_song = heard[:2] != self._heard[:2]
        self._heard = heard
        if another_song:
            self._loop, self.looping = None, False
            self._overlay, self._before_audition = {}, None
            self._variant = self._monitor = None
        source = self._source(running)
        if self._engine is None and source is not None:
            self._engine = PlaybackEngine()
        if self._engine is not None:
            if another_song:
                self._engine.pause()
                self._engine.set_loop(None)
                self._engine.set_source(source, 0)
                self.moved.emit()
            else:
                self._engine.set_source(source)
        self.changed.emit()

    def _source(self, running: RunningSeparation | None) -> Source | None:
        self._desk = None
        track, session = self._studio.track, self._studio.session
        if track is None or session is None:
            return None
        song = Mixer((MixInput(clip_source(track.mixture, session.clips)),))
        if self.original:
            return song
        if running is not None and running.live.clip_ids:
            sources = {lane.key: lane.source() for lane in self._studio.lanes() if lane.live}
            stems = live_mix(sources, live_strips(track, running))
            self._desk = tuple(sources), stems
            return _UntilWritten(stems, song, running.live)
        if self._monitor is not None:
            return self._monitor(track, session.clips)
        track, gain_db = self._variant or (track, 0.0)
        track = with_stems(track) if self._overlay else track
        mix = track_mix(track, session.clips, self._overlay, self.shelf)
        names = tuple(stem.name for stem in track.stems)
        self._desk = (names, stem_mix(track, session.clips, self._overlay, self.shelf)) if names else None
        return Mixer((MixInput(mix, gain_db=gain_db),)) if gain_db else mix

    @Slot()
    def _on_settings_changed(self) -> None:
        if self._output is not None:
            self._output.set_device(self._studio.settings.audio_device)

    @Slot()
    def _on_tick(self) -> None:
        now = (self.position, self.playing)
        if now[1] != self._was[1]:
            self.changed.emit()
        if now != self._was or now[1]:
            self.moved.emit()
        self.metered.emit()
        self._was = now
