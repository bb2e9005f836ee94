"""Which frames of the song sound at which frames of the stream: loops, jumps, halts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


def stretches(place: int, frames: int, end: int, loop: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
    """Walk the song from `place` for at most `frames` frames: pairs of a first frame and a count.

    A walk that reaches the end of `loop` goes on at its start; one that begins behind the loop goes on to the `end` of
    the song, where it stops.
    """
    if loop is not None and place > loop[1]:
        loop = None
    border = end if loop is None else loop[1]
    while frames > 0:
        if loop is not None and place == border:
            place = loop[0]
        count = min(frames, border - place)
        if count <= 0:
            return
        yield place, count
        place += count
        frames -= count


@dataclass(frozen=True, slots=True)
class Cue:
    """From the stream frame `at` on the song moves on from `place`, or stands there."""

    at: int
    place: int
    moves: bool

    def place_at(self, frame: int) -> int:
        """Return the song's frame at that stream frame."""
        return self.place + (frame - self.at if self.moves else 0)


class Route:
    """The cues of a stream, in order; the caller holds a lock."""

    def __init__(self) -> None:
        self._cues = [Cue(0, 0, moves=False)]

    def place_at(self, frame: int) -> int:
        """Return the song's frame that sounds at that stream frame."""
        for cue in reversed(self._cues):
            if cue.at <= frame:
                return cue.place_at(frame)
        return self._cues[0].place

    def moves_at(self, frame: int) -> bool:
        """Return whether the song goes on at that stream frame."""
        return self.place_at(frame + 1) != self.place_at(frame)

    def turn(self, at: int, place: int, *, moves: bool) -> None:
        """Let the song go on from `place`, or stand there, from stream frame `at` on; later cues are dropped."""
        self._cues = [each for each in self._cues if each.at < at]
        self._cues.append(Cue(at, place, moves))

    def follow(self, at: int, place: int) -> None:
        """Note that `place` sounds at stream frame `at`; nothing is noted where the song merely goes on."""
        last = self._cues[-1]
        if not last.moves or last.place_at(at) != place:
            self.turn(at, place, moves=True)

    def forget(self, frame: int) -> None:
        """Drop the cues that end before that stream frame."""
        while len(self._cues) > 1 and self._cues[1].at <= frame:
            del self._cues[0]
