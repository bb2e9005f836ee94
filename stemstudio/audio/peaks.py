"""Peaks for drawing a waveform: the lowest and highest sample of every block, over all channels.

Level 0 has one pair for every `BLOCK` frames; each level above halves their number. Drawing takes the level that
gives one to two blocks per column, so it costs the same for a second and for an hour.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source, blocks

BLOCK = 256
"""Frames per block of the finest level."""

_MAGIC = b"STEMPEAKS1\n\0\0\0\0\0"
_LARGEST = float(np.finfo(np.float16).max)

Envelope = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Lowest and highest sample of each column, float32 (columns,)."""


class Peaks:
    """Lowest and highest samples at powers-of-two block sizes; may grow while it is drawn.

    Values are float16: they keep what passes full scale and stay useful when a quiet stem is magnified. `frames` is
    how far the samples reach that were added so far.
    """

    def __init__(self, frames: int = 0) -> None:
        self.frames = 0
        self._levels: list[NDArray[np.float16]] = []
        self._grow(max(1, -(-frames // BLOCK)))
        self._lock = threading.Lock()

    def add(self, start: int, samples: Samples) -> None:
        """Take in float32 (channels, n) from frame `start` on; each frame is added once, in any order."""
        channels, n = samples.shape
        if n == 0 or channels == 0:
            return
        head = start % BLOCK
        first, last = start // BLOCK, -(-(start + n) // BLOCK)
        padded = np.zeros((2, (last - first) * BLOCK), np.float32)
        padded[0, head : head + n] = samples.min(axis=0)
        padded[1, head : head + n] = samples.max(axis=0)
        # What lies outside the block is repeated from inside, so that it changes neither extreme.
        padded[:, :head] = padded[:, head : head + 1]
        padded[:, head + n :] = padded[:, head + n - 1 : head + n]
        np.clip(padded, -_LARGEST, _LARGEST, out=padded)
        grid = padded.reshape(2, -1, BLOCK)
        with self._lock:
            self._grow(last)
            self._merge(first, start, grid[0].min(axis=1), grid[1].max(axis=1))
            self.frames = max(self.frames, start + n)

    @property
    def extremes(self) -> tuple[float, float]:
        """Lowest and highest sample of all, and of silence."""
        low, high = self._levels[-1][:, 0].tolist()
        return min(low, 0.0), max(high, 0.0)

    def draw(self, start: float, end: float, columns: int) -> Envelope:
        """Return the envelope of the frames `start` to `end` in `columns` columns.

        Where a column is narrower than a block, its neighbours show the same block; `envelope` reads samples instead.
        Outside the sound both are 0.
        """
        span = max(end - start, 1e-9)
        per_column = span / columns
        levels = self._levels
        k = int(np.clip(np.floor(np.log2(max(per_column / BLOCK, 1.0))), 0, len(levels) - 1))
        level = levels[k]
        edges = (start + per_column * np.arange(columns + 1)) / (BLOCK << k)
        used = -(-self.frames // (BLOCK << k))
        first = np.floor(edges[:-1]).astype(np.int64)
        last = np.maximum(np.ceil(edges[1:]).astype(np.int64), first + 1)
        inside = (last > 0) & (first < used)
        first, last = np.clip(first, 0, max(used - 1, 0)), np.clip(last, 1, max(used, 1))
        low, high = level[0, first].astype(np.float32), level[1, first].astype(np.float32)
        # A column spans at most four blocks of its level, unless it is wider than the coarsest one.
        for step in range(1, int((last - first).max(initial=1))):
            at = np.minimum(first + step, last - 1)
            np.minimum(low, level[0, at], out=low)
            np.maximum(high, level[1, at], out=high)
        return low * inside, high * inside

    def save(self, path: Path) -> None:
        """Write the finest level; the others follow from it."""
        used = -(-self.frames // BLOCK)
        body = np.ascontiguousarray(self._levels[0][:, :used]).astype("<f2")
        path.write_bytes(_MAGIC + np.array([self.frames], "<i8").tobytes() + body.tobytes())

    @classmethod
    def load(cls, path: Path) -> Peaks | None:
        """Read what `save` wrote; None if the file is missing or is not whole."""
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head = len(_MAGIC) + 8
        if data[: len(_MAGIC)] != _MAGIC or len(data) < head:
            return None
        frames = int(np.frombuffer(data, "<i8", 1, len(_MAGIC))[0])
        used = -(-frames // BLOCK)
        if frames < 0 or len(data) != head + 4 * used:
            return None
        peaks = cls(frames)
        if used:
            low, high = np.frombuffer(data, "<f2", offset=head).reshape(2, used).astype(np.float32)
            peaks._merge(0, 0, low, high)
        peaks.frames = frames
        return peaks

    def _grow(self, used: int) -> None:
        have = self._levels[0].shape[1] if self._levels else 0
        if used <= have:
            return
        size = 1
        while size < used:
            size *= 2
        # A new list with copies: a drawing in progress keeps the arrays it has begun with.
        levels = []
        for k in range(size.bit_length()):
            level = np.zeros((2, size >> k), np.float16)
            if k < len(self._levels):
                old = self._levels[k]
                level[:, : old.shape[1]] = old
            levels.append(level)
        if self._levels:
            for k in range(len(self._levels), len(levels)):
                level, below = levels[k], levels[k - 1]
                level[0, 0], level[1, 0] = below[0, :2].min(), below[1, :2].max()
        self._levels = levels

    def _merge(self, first: int, start: int, low: NDArray[np.float32], high: NDArray[np.float32]) -> None:
        last = first + len(low)
        level = self._levels[0]
        # Only the blocks at the rims may hold samples of an earlier call.
        for at, rim in ((first, 0), (last - 1, -1)):
            if at * BLOCK < self.frames and not (rim == 0 and start % BLOCK == 0):
                low[rim], high[rim] = min(low[rim], level[0, at]), max(high[rim], level[1, at])
        level[0, first:last], level[1, first:last] = low, high
        for below, above in zip(self._levels, self._levels[1:], strict=False):
            first, last = first // 2, -(-last // 2)
            pairs = below[:, 2 * first : 2 * last].reshape(2, -1, 2)
            above[0, first:last] = pairs[0].min(axis=1)
            above[1, first:last] = pairs[1].max(axis=1)


class _PeakStore(Protocol):
    def peaks(self, clip_id: str) -> Peaks: ...


def peaks_of(store: _PeakStore, clip_id: str) -> Peaks:
    """Peaks of a clip: those that its writer is filling, its sidecar's, or built anew where that is missing."""
    return store.peaks(clip_id)


def build_peaks(source: Source) -> Peaks:
    """Peaks of a whole source, in bounded memory."""
    peaks = Peaks(source.frames)
    for start, samples in blocks(source, 1 << 18):
        peaks.add(start, samples)
    return peaks


def envelope(source: Source, peaks: Peaks, start: float, end: float, columns: int) -> Envelope:
    """Return the envelope of a stretch of `source`: from samples where columns are narrow, else from its peaks."""
    if end - start >= columns * BLOCK:
        return peaks.draw(start, end, columns)
    edges = np.floor(np.linspace(start, end, columns + 1)).astype(np.int64)
    # `reduceat` needs a sample in the last column even if it is narrower than one.
    samples = source.read(int(edges[0]), max(int(edges[-1]), int(edges[-2]) + 1) - int(edges[0]))
    at = edges[:-1] - edges[0]
    low = np.minimum.reduceat(samples.min(axis=0), at)
    high = np.maximum.reduceat(samples.max(axis=0), at)
    return low, high
