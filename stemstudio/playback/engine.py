"""What is heard: a source rendered ahead of the device, so that the device never waits.

Three kinds of threads meet here. The window calls `play`, `seek`, `set_source` and the like, which only note what is
wanted. A worker renders some tenths of a second ahead into a ring. The device takes frames from the ring: either it
reads the ring's memory by itself (`attach`), which no thread that keeps the interpreter can hold up, or its thread
calls `pull`. When something is changed, the worker renders anew what was not taken yet and fades over into it, so that
a change is heard with the next frames that the device takes, and without a click.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.meters import Levels, level
from stemstudio.playback.passage import Passage, crossfade, fade_out, render
from stemstudio.playback.ring import FRAME_BYTES, Ring
from stemstudio.playback.route import Route

__all__ = ["AHEAD_S", "HISTORY_S", "Levels", "PlaybackEngine"]

AHEAD_S = 0.5
"""Rendered ahead at most: long enough for a worker that competes for the interpreter, short enough that sound which is
still being written (a separation at work) is heard when the playhead comes to it."""

HISTORY_S = 0.3
"""Kept behind the device, for meters and for the device's own delay."""

_REFILL_S = 0.4
_LOOK_AFTER_S = 0.04
_FADE_S = 0.005
_METER_S = 0.05
_SHORTEST_LOOP_S = 0.02
_READING_S = 0.003  # a device that reads by itself may be this far into what it was seen to read


class PlaybackEngine:
    """Plays one source; places and lengths are in frames of that source, whatever the device's rate.

    Parameters
    ----------
    sample_rate : int
        The rate of the device. A source of another rate is resampled as it is rendered.
    """

    def __init__(self, sample_rate: int = 44100) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = self._changing = False
        self._source: Source | None = None
        self._feed: tuple[Source, int, Source] | None = None
        self._loop: tuple[int, int] | None = None
        self._rolling = False
        self._goto: int | None = None
        self.failure: Exception | None = None
        """Why the last playing stopped by itself, if the source could not be read."""
        self.underruns = 0
        """How often the device took more than was rendered."""
        self.sample_rate = sample_rate
        self._tune(sample_rate)
        self._worker = threading.Thread(target=self._work, name="playback", daemon=True)
        self._worker.start()

    def _tune(
        self, sample_rate: int, ring: Ring | None = None, taken: Callable[[], int] | None = None, latency_s: float = 0.0
    ) -> None:
        size = round((AHEAD_S + HISTORY_S) * sample_rate)
        self._ring = ring or Ring(memoryview(bytearray(2 * size * FRAME_BYTES)), size)
        self._pulled = 0
        self._taken = taken or (lambda: self._pulled)
        self._reading = round(_READING_S * sample_rate) if taken else 0
        self._latency = round(latency_s * sample_rate)
        self.sample_rate = sample_rate
        self._ahead = round(AHEAD_S * sample_rate)
        self._refill = round(_REFILL_S * sample_rate)
        self._fade = round(_FADE_S * sample_rate)
        self._route = Route()
        self._live = False  # the ring holds, or should hold, sound that goes on
        self._ends = False  # the song ends with what the ring holds
        self._stale = True  # the ring does not hold what is wanted
        self._floor = 0  # stream frame of the last jump: nothing older is shown as position

    # What a person does. Nothing here waits for rendering.

    def set_source(self, source: Source | None, frame: int | None = None) -> None:
        """Play `source` from now on, at the same moment of the song or from `frame`; None is silence."""
        with self._lock:
            self._source = source
            self._rolling = self._rolling and source is not None
            self.failure = None
            if frame is not None:
                self._goto = self._to_device(frame)
        self._refresh()

    def play(self) -> None:
        """Play on from the position; from the loop's start, or the beginning, where the song has ended."""
        with self._lock:
            if self._source is None or self._rolling:
                return
            if self._place() >= self._to_device(self._source.frames):
                self._goto = self._to_device(self._loop[0]) if self._loop else 0
            self._rolling = True
            self.failure = None
        self._refresh()

    def pause(self) -> None:
        """Fade out at once and stay where it stops."""
        with self._lock:
            self._rolling = False
        self._refresh()

    def seek(self, frame: int) -> None:
        """Go to `frame`, clamped to the song, playing or not; `position` is there when the call returns."""
        with self._lock:
            end = self._source.frames if self._source is not None else 0
            self._goto = self._to_device(min(max(frame, 0), end))
        self._refresh()

    def set_loop(self, loop: tuple[int, int] | None) -> None:
        """Repeat the song from ``loop[0]`` up to, not including, ``loop[1]``; None plays on.

        Loops shorter than 20 ms are lengthened to it. `ValueError` if the loop does not end behind its start.
        """
        if loop is not None and not 0 <= loop[0] < loop[1]:
            raise ValueError(f"a loop ends behind its start; this goes from {loop[0]} to {loop[1]}")
        with self._lock:
            self._loop = loop
        self._refresh()

    # What the device does.

    def attach(self, sample_rate: int, ring: Ring, taken: Callable[[], int], latency_s: float) -> None:
        """Let a device that reads the memory of `ring` by itself take the frames from now on.

        Parameters
        ----------
        sample_rate : int
            The device's rate.
        ring : Ring
            Unused, for some seconds of frames.
        taken : callable
            Returns how many frames the device has read since it began at the ring's first; called from any thread,
            never by two at a time.
        latency_s : float
            Seconds from the moment that a frame is taken until it is heard.
        """
        with self._lock:
            self._goto = round(self._place() * sample_rate / self.sample_rate)
            self._tune(sample_rate, ring, taken, latency_s)
        self._wake.set()

    def detach(self) -> None:
        """Let go of the device; from now on frames are taken by `pull`."""
        with self._lock:
            self._goto = self._place()
            self._tune(self.sample_rate)
        self._wake.set()

    def pull(self, frames: int) -> Samples:
        """Return the next float32 (2, frames) for the device; silence where nothing is rendered."""
        return np.frombuffer(self.pull_bytes(frames), np.float32).reshape(-1, 2).T

    def pull_bytes(self, frames: int) -> bytes:
        """Return the next frames as interleaved float32 bytes; never waits for rendering."""
        with self._lock:
            first = self._pulled
            taken = self._ring.copy_out(first, min(frames, self._ring.write - first))
            self._pulled += frames
            self._keep_up()
            hungry = self._live and not self._ends and self._ring.write - self._pulled < self._refill
        if hungry:
            self._wake.set()
        return taken + bytes(FRAME_BYTES * frames - len(taken))

    def close(self) -> None:
        """End the worker; what reads on reads silence."""
        with self._lock:
            self._closing = True
            self._rolling = self._live = False
            self._ring.put(self._taken(), np.empty((0, 2), np.float32))
        self._wake.set()
        self._worker.join()

    # What a window shows, polled.

    @property
    def source(self) -> Source | None:
        """What was last set."""
        return self._source

    @property
    def loop(self) -> tuple[int, int] | None:
        """The loop in frames of the source."""
        return self._loop

    @property
    def playing(self) -> bool:
        """Whether the song moves on; becomes False by itself when its end was heard."""
        with self._lock:
            self._keep_up()
            return self._rolling

    @property
    def position(self) -> int:
        """The frame of the source that is heard now, or where playing will begin."""
        with self._lock:
            self._keep_up()
            frame = self._to_song(self._place())
            return frame if self._source is None else min(frame, self._source.frames)

    @property
    def settled(self) -> bool:
        """Whether the next frames that are taken are those of the last wish."""
        return not (self._stale or self._changing)

    @property
    def ahead(self) -> int:
        """Frames, at the device's rate, that are rendered and not taken."""
        with self._lock:
            return max(self._ring.write - self._taken(), 0)

    @property
    def taken(self) -> int:
        """Frames, at the device's rate, that the present device has taken; it takes silence, too."""
        with self._lock:
            return self._taken()

    def levels(self) -> Levels:
        """Measure the last 50 ms of what was heard, left and right."""
        with self._lock:
            self._keep_up()
            span = round(_METER_S * self.sample_rate)
            frames = self._ring.look(self._taken() - self._latency - span, span)
        return level(frames.T)

    # Places. The lock is held.

    def _to_device(self, frame: int) -> int:
        rate = self._source.sample_rate if self._source is not None else self.sample_rate
        return round(frame * self.sample_rate / rate)

    def _to_song(self, place: int) -> int:
        rate = self._source.sample_rate if self._source is not None else self.sample_rate
        return round(place * rate / self.sample_rate)

    def _place(self) -> int:
        if self._goto is not None:
            return self._goto
        return self._route.place_at(max(self._taken() - self._latency, self._floor))

    def _keep_up(self) -> None:
        ring, taken = self._ring, self._taken()
        if self._live and self._ends and taken - self._latency >= ring.write:
            self._rolling = self._live = self._ends = False
        if taken > ring.write:
            if self._live and not self._ends:
                self.underruns += 1
                self._route.turn(ring.write, self._route.place_at(ring.write), moves=False)
            if not self._ends:
                ring.skip(taken)

    # The worker.

    def _refresh(self) -> None:
        self._stale = True
        self._wake.set()

    def _work(self) -> None:
        while not self._closing:
            self._wake.wait(None if self._ring.is_silent and not self._live else _LOOK_AFTER_S)
            self._wake.clear()
            try:
                while self._stale and not self._closing:
                    self._changing = True
                    self._change()
                self._changing = False
                self._go_on()
            except Exception as failure:
                logging.getLogger(__name__).exception("playback stopped")
                self._changing = False
                with self._lock:
                    self.failure = failure
                    self._rolling = False
                    self._halt(self._goto)

    def _go_on(self) -> None:
        with self._lock:
            self._keep_up()
            ring, source, rate = self._ring, self._source, self.sample_rate
            taken = self._taken()
            self._tidy(taken - round(HISTORY_S * rate))
            if source is None or not self._live or self._ends or ring.write - taken >= self._refill:
                return
            room, place, loop = (
                self._ahead - (ring.write - taken),
                self._route.place_at(ring.write),
                self._device_loop(),
            )
        passage = render(self._at_rate(source, rate), place, room, loop)
        with self._lock:
            if self._ring is ring and self._live:
                self._keep_up()
                self._append(ring.write if ring.write > self._taken() else self._next(), passage)

    def _tidy(self, frame: int) -> None:
        self._ring.forget(frame)
        self._route.forget(frame)

    def _next(self) -> int:
        """Return the first frame of the stream that can still be changed."""
        return self._taken() + self._reading

    def _change(self) -> None:
        with self._lock:
            self._stale = False
            self._keep_up()
            ring, source, goto, rate = self._ring, self._source, self._goto, self.sample_rate
            loop, start = self._device_loop(), self._next()
            if source is None or not self._rolling:
                self._halt(goto)
                return
            place = self._route.place_at(start) if goto is None else goto
        passage = render(self._at_rate(source, rate), place, self._ahead, loop)
        with self._lock:
            if self._ring is not ring or self._goto != goto or not self._rolling:
                self._stale = True  # a newer wish makes this passage useless
                return
            late = self._next() - start if goto is None else 0
            if late >= len(passage.frames) and not passage.ends:
                self._stale = True  # the device was faster
                return
            self._splice(passage.after(late), place)
            self._goto = None

    def _splice(self, passage: Passage, place: int) -> None:
        first = self._next()
        before = self._ring.look(first, self._fade)
        if len(before) or place > 0:  # the song's own beginning is not faded
            crossfade(before, passage.frames, self._fade)
        if self._goto is not None or not self._live:
            self._floor = first
        self._route.turn(first, passage.stretches[0][0] if passage.stretches else place, moves=True)
        self._live = True
        self._append(first, passage)

    def _append(self, first: int, passage: Passage) -> None:
        self._ring.put(first, passage.frames)
        at = first
        for place, count in passage.stretches:
            self._route.follow(at, place)
            at += count
        self._ends = passage.ends
        if passage.ends:
            self._route.turn(at, self._route.place_at(at), moves=False)

    def _halt(self, goto: int | None) -> None:
        first = self._next()
        self._ring.put(first, fade_out(self._ring.look(first, self._fade)))
        end = self._ring.write
        self._route.turn(end, self._route.place_at(end) if goto is None else goto, moves=False)
        if goto is not None:
            self._floor = end
        self._live = self._ends = False
        self._goto = None

    def _device_loop(self) -> tuple[int, int] | None:
        if self._loop is None or self._source is None:
            return None
        start = self._to_device(self._loop[0])
        end = max(self._to_device(self._loop[1]), start + round(_SHORTEST_LOOP_S * self.sample_rate))
        end = min(end, self._to_device(self._source.frames))
        return (start, end) if start < end else None

    def _at_rate(self, source: Source, rate: int) -> Source:
        if source.sample_rate == rate:
            return source
        if self._feed is None or self._feed[0] is not source or self._feed[1] != rate:
            from stemstudio.audio.resample import resample

            self._feed = (source, rate, resample(source, rate))
        return self._feed[2]
