"""Rendered sound between the worker that writes ahead and the device that reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]
"""float32 of shape (frames, 2), contiguous: the order in which a device takes samples."""

FRAME_BYTES = 8
"""Two channels of float32."""


class Ring:
    """The last and the next moments of a stream of stereo frames, in memory that a device may read by itself.

    Frames are counted from the beginning of the stream and never again from zero; frame n lies at n modulo `size`. What
    memory there is behind `size` repeats the beginning, so that a reader may run on for a while and step back by `size`
    later. Whatever lies ahead of `write` is silence, so that a reader that nobody feeds hears nothing. The caller holds
    a lock; every method copies bytes without letting another thread into the interpreter, so that the lock is held for
    microseconds even while others compete for the interpreter.

    Parameters
    ----------
    memory : memoryview
        Writable bytes, all zero.
    size : int
        Frames until the ring begins anew; fewer than `memory` holds, and the rest at least as many as are ever written
        or looked at together.
    """

    def __init__(self, memory: memoryview, size: int) -> None:
        self._bytes = memory
        self.size = size
        self.write = 0
        """The first frame that is not rendered."""
        self._oldest = 0
        self._sound_end = 0

    def put(self, first: int, frames: Frames) -> None:
        """Write `frames` from stream frame `first` on; what was rendered behind them becomes silence."""
        end = first + len(frames)
        self._copy_in(first, frames.reshape(-1).view(np.uint8).data)
        self._silence(end, self.write)
        self.write = self._sound_end = end

    def skip(self, frame: int) -> None:
        """Let the stream be silent from `write` up to `frame`."""
        self._silence(max(self.write, frame - self.size), frame)
        self.write = frame

    def look(self, first: int, frames: int) -> Frames:
        """Return a copy of the stream frames from `first` on, as far as they are there."""
        first = max(first, self._oldest, self.write - self.size)
        return np.frombuffer(self.copy_out(first, min(first + frames, self.write) - first), np.float32).reshape(-1, 2)

    def copy_out(self, first: int, count: int) -> bytes:
        """Return `count` frames from `first` on as bytes; none for a negative count."""
        begin = first % self.size * FRAME_BYTES
        return bytes(self._bytes[begin : begin + max(count, 0) * FRAME_BYTES])

    def forget(self, frame: int) -> None:
        """Silence what lies before `frame`, so that it is not heard again when the reader comes round."""
        frame = min(frame, self.write)
        if frame > self._oldest:
            self._silence(max(self._oldest, self.write - self.size), frame)
            self._oldest = frame

    @property
    def is_silent(self) -> bool:
        """Whether all sound was forgotten."""
        return self._oldest >= self._sound_end

    def _silence(self, first: int, end: int) -> None:
        if end > first:
            self._copy_in(first, memoryview(bytes((end - first) * FRAME_BYTES)))

    def _copy_in(self, first: int, data: memoryview) -> None:
        whole = self.size * FRAME_BYTES
        begin = first % self.size * FRAME_BYTES
        self._write(begin, data[: whole - begin])
        self._write(0, data[whole - begin :])

    def _write(self, begin: int, data: memoryview) -> None:
        self._bytes[begin : begin + len(data)] = data
        again = begin + self.size * FRAME_BYTES
        count = min(len(data), len(self._bytes) - again)
        if count > 0:
            self._bytes[again : again + count] = data[:count]
