"""A passage of the song, rendered for the ring: its frames and where in the song they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemstudio.core.source import Source
from stemstudio.mixing.folddown import fold_down
from stemstudio.playback.ring import Frames
from stemstudio.playback.route import stretches


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """Frames and the stretches (first frame, count) of the song that they are; `ends` where the song ends with them."""

    frames: Frames
    stretches: tuple[tuple[int, int], ...]
    ends: bool

    def after(self, count: int) -> Passage:
        """Return what follows the first `count` frames."""
        rest = []
        skip = count
        for place, length in self.stretches:
            if skip < length:
                rest.append((place + skip, length - skip))
            skip = max(skip - length, 0)
        return Passage(self.frames[count:], tuple(rest), self.ends)


def render(source: Source, place: int, frames: int, loop: tuple[int, int] | None) -> Passage:
    """Render up to `frames` frames of the song from `place`, through its loop, until it ends."""
    walk = tuple(stretches(place, frames, source.frames, loop))
    out = np.empty((sum(count for _, count in walk), 2), np.float32)
    filled = 0
    for first, count in walk:
        out[filled : filled + count] = fold_down(source.read(first, count)).T
        filled += count
    return Passage(out, walk, filled < frames)


def crossfade(old: Frames, new: Frames, frames: int) -> None:
    """Fade in place from `old` into the beginning of `new` over `frames` frames; missing old frames are silence.

    A straight line: what sounds on both sides is mostly the same song, and equal frames stay exactly as they are.
    """
    count = min(frames, len(new))
    before = np.zeros((count, 2), np.float32)
    before[: len(old)] = old[:count]
    rise = (np.arange(1, count + 1, dtype=np.float32) / np.float32(frames + 1))[:, np.newaxis]
    new[:count] = before + rise * (new[:count] - before)


def fade_out(old: Frames) -> Frames:
    """Return `old` fading to silence over its whole length."""
    fall = np.arange(len(old), 0, -1, dtype=np.float32) / np.float32(len(old) + 1)
    faded: Frames = old * fall[:, np.newaxis]
    return faded
