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
from contextlib import suppress

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.meters import Levels, level
from stemstudio.playback.passage import render
from stemstudio.playback.ring import Ring
from stemstudio.playback.stream import AHEAD_S, Stream

__all__ = ["AHEAD_S", "Levels", "PlaybackEngine"]

_LOOK_AFTER_S = 0.04
_METER_S = 0.05
_SHORTEST_LOOP_S = 0.02
_SCOUT_S = 4.0
"""So long before the end of a loop its start is rendered: effects that have to run up there take longer than the sound
that is rendered ahead lasts."""


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
        self._stale = False
        self._scouted: Source | None = None
        self._scout: threading.Thread | None = None
        self._stream = Stream(sample_rate)
        self.failure: Exception | None = None
        """Why the last playing stopped by itself, if the source could not be read."""
        self.underruns = 0
        """How often the device took more than was rendered."""
        self._worker = threading.Thread(target=self._work, name="playback", daemon=True)
        self._worker.start()

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
        self._change_over(Stream(sample_rate, ring, taken, latency_s))

    def detach(self) -> None:
        """Let go of the device; from now on frames are taken by `pull`."""
        self._change_over(Stream(self.sample_rate))

    def _change_over(self, stream: Stream) -> None:
        with self._lock:
            self._goto = round(self._place() * stream.sample_rate / self._stream.sample_rate)
            self._stream = stream
        self._refresh()

    def pull(self, frames: int) -> Samples:
        """Return the next float32 (2, frames) for the device; silence where nothing is rendered."""
        return np.frombuffer(self.pull_bytes(frames), np.float32).reshape(-1, 2).T

    def pull_bytes(self, frames: int) -> bytes:
        """Return the next frames as interleaved float32 bytes; never waits for rendering."""
        with self._lock:
            taken = self._stream.pull(frames)
            self._keep_up()
            hungry = self._stream.is_hungry
        if hungry:
            self._wake.set()
        return taken

    def close(self) -> None:
        """End the worker; what reads on reads silence."""
        with self._lock:
            self._closing = True
            self._rolling = False
            self._stream.drop()
        self._wake.set()
        self._worker.join()
        if self._scout is not None:
            self._scout.join()

    # What a window shows, polled.

    @property
    def sample_rate(self) -> int:
        """The rate of the device."""
        return self._stream.sample_rate

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
            return self._stream.ahead

    @property
    def taken(self) -> int:
        """Frames, at the device's rate, that the present device has taken; it takes silence, too."""
        with self._lock:
            return self._stream.taken()

    def levels(self) -> Levels:
        """Measure the last 50 ms of what was heard, left and right."""
        with self._lock:
            self._keep_up()
            frames = self._stream.heard(round(_METER_S * self._stream.sample_rate))
        return level(frames.T)

    def heard_since(self, taken: int) -> tuple[int, Samples]:
        """Return what was heard since the device had taken so many frames, for meters that miss nothing.

        Returns
        -------
        taken : int
            How many it has taken now, for the next call.
        samples : float32 (2, n)
            At the device's rate; what is older than some tenths of a second is gone. All of it where the device is new.
        """
        with self._lock:
            self._keep_up()
            now = self._stream.taken()
            return now, self._stream.heard(now - taken if 0 <= taken <= now else now).T

    # Places. The lock is held.

    def _to_device(self, frame: int) -> int:
        rate = self._source.sample_rate if self._source is not None else self.sample_rate
        return round(frame * self.sample_rate / rate)

    def _to_song(self, place: int) -> int:
        rate = self._source.sample_rate if self._source is not None else self.sample_rate
        return round(place * rate / self.sample_rate)

    def _place(self) -> int:
        self._keep_up()
        return self._stream.place_heard if self._goto is None else self._goto

    def _keep_up(self) -> None:
        if self._stream.keep_up():
            self.underruns += 1
        if self._stream.ended():
            self._rolling = False

    # The worker.

    def _refresh(self) -> None:
        self._stale = True
        self._wake.set()

    def _work(self) -> None:
        while not self._closing:
            self._wake.wait(None if self._stream.is_silent else _LOOK_AFTER_S)
            self._wake.clear()
            try:
                while self._stale and not self._closing:
                    self._changing = True
                    self._change()
                self._changing = False
                self._go_on()
                self._look_round()
            except Exception as failure:
                logging.getLogger(__name__).exception("playback stopped")
                with self._lock:
                    self._changing = False
                    self.failure = failure
                    self._halt()

    def _go_on(self) -> None:
        with self._lock:
            self._keep_up()
            stream, source, loop = self._stream, self._source, self._device_loop()
            stream.tidy()
            if source is None or not stream.is_hungry:
                return
            place, room = stream.place_rendered, stream.ahead_limit - stream.ahead
        passage = render(self._at_rate(source, stream.sample_rate), place, room, loop)
        with self._lock:
            self._keep_up()
            if self._stream is stream and stream.goes_on:
                stream.append(passage)

    def _look_round(self) -> None:
        """Have the start of the loop rendered in time, once for each round; what remembers its sound finds it then."""
        with self._lock:
            source, loop = self._source, self._loop
            if source is None or loop is None or not self._rolling:
                return
            left = loop[1] - self._to_song(self._stream.place_rendered)
        if not 0 < left < _SCOUT_S * source.sample_rate:
            self._scouted = None
        elif self._scouted is not source and not (self._scout and self._scout.is_alive()):
            self._scouted = source
            frames = min(round(2 * AHEAD_S * source.sample_rate), loop[1] - loop[0])
            self._scout = threading.Thread(target=_read, args=(source, loop[0], frames), name="loop", daemon=True)
            self._scout.start()

    def _change(self) -> None:
        with self._lock:
            self._stale = False
            self._keep_up()
            stream, source, goto, loop = self._stream, self._source, self._goto, self._device_loop()
            start = stream.next
            if source is None or not self._rolling:
                self._halt()
                return
            place = stream.place_at(start) if goto is None else goto
            jump = goto is not None or not stream.moves_at(start)
        passage = render(self._at_rate(source, stream.sample_rate), place, stream.ahead_limit, loop)
        with self._lock:
            if self._stream is not stream or self._goto != goto or not self._rolling:
                self._stale = True  # a newer wish makes this passage useless
                return
            late = 0 if jump else stream.next - start
            if late >= len(passage.frames) and not passage.ends:
                self._stale = True  # the device was faster
                return
            stream.splice(passage.after(late), place, jump=jump)
            self._goto = None

    def _halt(self) -> None:
        self._stream.halt(self._goto)
        self._rolling = False
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


def _read(source: Source, start: int, frames: int) -> None:
    with suppress(Exception):  # the worker meets the same when it comes there, and tells
        source.read(start, frames)
