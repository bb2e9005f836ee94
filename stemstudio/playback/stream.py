"""What one device takes: rendered frames, where in the song they are, and how far the device is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stemstudio.playback.passage import Passage, crossfade, fade_out
from stemstudio.playback.ring import FRAME_BYTES, Frames, Ring
from stemstudio.playback.route import Route

AHEAD_S = 0.5
"""Rendered ahead at most: long enough for a worker that competes for the interpreter, short enough that sound which is
still being written (a separation at work) is heard when the playhead comes to it."""

HISTORY_S = 0.3
"""Kept behind the device, for meters and for the device's own delay."""

_REFILL_S = 0.4
_FADE_S = 0.005
_READING_S = 0.003  # a device that reads by itself may be this far into what it was seen to read


class Stream:
    """The frames that a device takes from the moment it is opened, silence included; the caller holds a lock.

    Places are frames of the song at the device's rate.

    Parameters
    ----------
    sample_rate : int
        The device's rate.
    ring, taken
        Of a device that reads by itself, see `PlaybackEngine.attach`; without them frames are taken by `pull`.
    latency_s : float
        Seconds from the moment that a frame is taken until it is heard.
    """

    def __init__(
        self,
        sample_rate: int,
        ring: Ring | None = None,
        taken: Callable[[], int] | None = None,
        latency_s: float = 0.0,
    ) -> None:
        size = round((AHEAD_S + HISTORY_S) * sample_rate)
        self.sample_rate = sample_rate
        self.ahead_limit = round(AHEAD_S * sample_rate)
        self._history = round(HISTORY_S * sample_rate)
        self._refill = round(_REFILL_S * sample_rate)
        self._fade = round(_FADE_S * sample_rate)
        self._ring = ring or Ring(memoryview(bytearray(2 * size * FRAME_BYTES)), size)
        self._route = Route()
        self._pulled = 0
        self.taken = taken or (lambda: self._pulled)
        """Return how many frames the device has taken."""
        self._reading = round(_READING_S * sample_rate) if taken else 0
        self._latency = round(latency_s * sample_rate)
        self._floor = 0
        self.goes_on = False
        """Whether there is, or should be, sound after what is rendered."""
        self._end: int | None = None

    # How far it is.

    @property
    def ahead(self) -> int:
        """Frames that are rendered and not taken."""
        return max(self._ring.write - self.taken(), 0)

    @property
    def is_hungry(self) -> bool:
        """Whether more should be rendered."""
        return self.goes_on and self.ahead < self._refill

    @property
    def is_silent(self) -> bool:
        """Whether nothing is left that could be heard, now or when a reader comes round."""
        return not self.goes_on and self._ring.is_silent

    @property
    def next(self) -> int:
        """The first frame that can still be changed."""
        return self.taken() + self._reading

    @property
    def place_heard(self) -> int:
        """What is heard now; after a jump its target, until that is heard."""
        return self._route.place_at(max(self.taken() - self._latency, self._floor))

    def place_at(self, frame: int) -> int:
        """Return the place that is planned for that frame."""
        return self._route.place_at(frame)

    def moves_at(self, frame: int) -> bool:
        """Return whether the song is planned to go on at that frame."""
        return self._route.moves_at(frame)

    @property
    def place_rendered(self) -> int:
        """Where rendering goes on."""
        return self._route.place_at(self._ring.write)

    def heard(self, frames: int) -> Frames:
        """Return the last frames that were heard."""
        return self._ring.look(self.taken() - self._latency - frames, frames)

    def ended(self) -> bool:
        """Tell once that the end of the song was heard."""
        if self._end is None or self.taken() - self._latency < self._end:
            return False
        self._end = None
        return True

    # What the device does.

    def pull(self, frames: int) -> bytes:
        """Take frames as bytes; silence where nothing is rendered."""
        rendered = self._ring.copy_out(self._pulled, min(frames, self._ring.write - self._pulled))
        self._pulled += frames
        return rendered + bytes(FRAME_BYTES * frames - len(rendered))

    def keep_up(self) -> bool:
        """Note how far the device is; return whether it took more than there was."""
        write, taken = self._ring.write, self.taken()
        if taken <= write:
            return False
        if self.goes_on:
            self._route.turn(write, self._route.place_at(write), moves=False)
        self._ring.skip(taken)
        return self.goes_on

    def tidy(self) -> None:
        """Drop what was heard long ago."""
        self._ring.forget(self.taken() - self._history)
        self._route.forget(self.taken() - self._history)

    # What the worker does.

    def splice(self, passage: Passage, place: int, *, jump: bool) -> None:
        """Fade over into a passage as soon as the device allows it, `place` being where it begins.

        With `jump` the place is shown from now on, otherwise once it is heard.
        """
        first = self.next
        before = self._ring.look(first, self._fade)
        if len(before) or place > 0:  # the song's own beginning is not faded
            crossfade(before, passage.frames, self._fade)
        if jump:
            self._floor = first
        self._route.turn(first, passage.stretches[0][0] if passage.stretches else place, moves=True)
        self._put(first, passage)

    def append(self, passage: Passage) -> None:
        """Go on with a passage where rendering was."""
        self._put(self._ring.write if self._ring.write > self.taken() else self.next, passage)

    def halt(self, place: int | None) -> None:
        """Fade out as soon as the device allows it and stand there, or at `place`."""
        first = self.next
        self._ring.put(first, fade_out(self._ring.look(first, self._fade)))
        end = self._ring.write
        self._route.turn(end, self._route.place_at(end) if place is None else place, moves=False)
        if place is not None:
            self._floor = end
        self.goes_on = False
        self._end = None

    def drop(self) -> None:
        """Be silent from the next frame on."""
        self._ring.put(self.taken(), np.empty((0, 2), np.float32))
        self.goes_on = False

    def _put(self, first: int, passage: Passage) -> None:
        self._ring.put(first, passage.frames)
        at = first
        for place, count in passage.stretches:
            self._route.follow(at, place)
            at += count
        self.goes_on = not passage.ends
        self._end = at if passage.ends else None
        if passage.ends:
            self._route.turn(at, self._route.place_at(at), moves=False)
