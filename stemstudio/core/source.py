"""The one way to make sound: something that can be read anywhere, block by block.

Playback, spectrogram, meters, separation and export read the same `Source`, so what is heard is what is seen
is what is exported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stemstudio.core.buffer import Samples


class Source(Protocol):
    """Sound of known shape that is computed or fetched when it is read.

    Reading is safe from any thread and does not change the source.
    """

    @property
    def sample_rate(self) -> int:
        """Frames per second."""
        ...

    @property
    def channels(self) -> int:
        """Number of channels."""
        ...

    @property
    def frames(self) -> int:
        """Number of sample frames."""
        ...

    def read(self, start: int, frames: int) -> Samples:
        """Return a new float32 array (channels, frames); silence where `start` .. lies outside the sound."""
        ...


def blocks(source: Source, block_frames: int, start: int = 0, end: int | None = None) -> Iterator[tuple[int, Samples]]:
    """Walk `source` from `start` to `end` in blocks: pairs of the block's first frame and its samples."""
    end = source.frames if end is None else min(end, source.frames)
    for first in range(start, end, block_frames):
        yield first, source.read(first, min(block_frames, end - first))


class Excerpt:
    """The part of a source between two frames, a source itself; frame 0 is `start`."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        if not 0 <= start <= end <= source.frames:
            raise ValueError(f"excerpt {start}..{end} lies outside 0..{source.frames}")
        self._source, self._start = source, start
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, end - start

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        out = self._source.read(self._start + start, frames)
        out[:, : max(0, min(frames, -start))] = 0
        out[:, max(0, min(frames, self.frames - start)) :] = 0
        return out
