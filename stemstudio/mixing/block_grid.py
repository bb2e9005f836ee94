"""Sound that is computed in blocks of a fixed grid and read in pieces of any size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np

from stemstudio.core.buffer import Samples


class BlockGrid:
    """Blocks of a sound by number, made by `make` when they are first needed; the latest `kept` of them stay.

    What is read does not depend on the sizes in which it is read. Safe from any thread: two threads may make a block
    twice, which does no harm.

    Parameters
    ----------
    rows, block_frames : int
        Shape of every block.
    make : callable
        Returns block number n as float32 (rows, block_frames), the frames from ``n * block_frames`` on.
    kept : int
    """

    def __init__(self, rows: int, block_frames: int, make: Callable[[int], Samples], kept: int = 4) -> None:
        self.rows, self.block_frames = rows, block_frames
        self._make, self._most = make, kept
        self._kept: OrderedDict[int, Samples] = OrderedDict()
        self._lock = threading.Lock()

    def block(self, number: int) -> Samples:
        """Return a block; it belongs to the grid and must not be changed."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        block = self._make(number)
        with self._lock:
            self._kept[number] = block
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return block

    def read(self, start: int, frames: int, first: int, last: int, rows: slice = slice(None)) -> Samples:
        """Return new float32 (rows, frames) from `start`, with silence before `first` and from `last` on."""
        out = np.zeros((len(range(self.rows)[rows]), frames), np.float32)
        place, end = max(start, first), min(start + frames, last)
        while place < end:
            number, offset = divmod(place, self.block_frames)
            count = min(self.block_frames - offset, end - place)
            out[:, place - start : place - start + count] = self.block(number)[rows, offset : offset + count]
            place += count
        return out
