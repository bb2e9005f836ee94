"""Rendered sound between the worker that writes ahead and the device that reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]
"""float32 of shape (frames, 2), contiguous: the order in which a device takes samples."""

FRAME_BYTES = 8
"""Two channels of float32."""


class Ring:
    """The last and the next moments of a stream of stereo frames.

    Frames are counted from the beginning of the stream and never again from zero: `read` is the next frame that will
    be taken, `write` the first that is not rendered yet. What was taken remains for `history` frames. The caller holds
    a lock; every method is a plain copy of bytes, which does not let another thread into the interpreter, so that the
    lock is held for microseconds even while others compete for the interpreter.

    Parameters
    ----------
    ahead : int
        The most frames that may lie between `read` and `write`.
    history : int
        Frames that can still be looked at after they were taken.
    """

    def __init__(self, ahead: int, history: int) -> None:
        self.ahead_limit = ahead
        self.read = 0
        self.write = 0
        self._size = ahead + history
        self._bytes = memoryview(bytearray(self._size * FRAME_BYTES))

    @property
    def ahead(self) -> int:
        """Frames that are rendered and not taken."""
        return self.write - self.read

    def put(self, first: int, frames: Frames) -> None:
        """Write `frames` from stream frame `first` on; what was rendered behind them is dropped."""
        assert self.read <= first <= self.write, "a gap, or a change of what was taken already"
        assert first + len(frames) - self.read <= self.ahead_limit, "more than the ring holds"
        self._copy_in(first, frames.reshape(-1).view(np.uint8).data)
        self.write = first + len(frames)

    def take(self, frames: int) -> bytes:
        """Return up to `frames` frames as bytes and count them as read."""
        count = min(frames, self.ahead)
        taken = self._copy_out(self.read, count)
        self.read += count
        return taken

    def look(self, first: int, frames: int) -> Frames:
        """Return a copy of the stream frames `first` .. `first + frames` as far as they are held."""
        oldest = max(self.read - (self._size - self.ahead_limit), 0)
        last = min(first + frames, self.write)
        first = max(first, oldest)
        return np.frombuffer(self._copy_out(first, max(last - first, 0)), np.float32).reshape(-1, 2)

    def drop(self) -> None:
        """Forget what was rendered and not taken."""
        self.write = self.read

    def _copy_in(self, first: int, frames: memoryview) -> None:
        begin = first % self._size * FRAME_BYTES
        until_end = min(len(frames), len(self._bytes) - begin)
        self._bytes[begin : begin + until_end] = frames[:until_end]
        self._bytes[: len(frames) - until_end] = frames[until_end:]

    def _copy_out(self, first: int, count: int) -> bytes:
        begin, length = first % self._size * FRAME_BYTES, count * FRAME_BYTES
        if begin + length <= len(self._bytes):
            return bytes(self._bytes[begin : begin + length])
        rest = begin + length - len(self._bytes)
        return b"".join((self._bytes[begin:], self._bytes[:rest]))
