"""The waveform of a stem with its patches, for drawing."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.peaks import Envelope, Peaks
from stemstudio.core.errors import UserError
from stemstudio.project.document import ClipRef, Patch, Stem


class Drawable(Protocol):
    """What can be drawn as a waveform, as `Peaks` can."""

    def draw(self, start: float, end: float, columns: int) -> Envelope:
        """Return lowest and highest sample of each of `columns` equal parts of the frames `start` to `end`."""
        ...


class _Patched:
    """Peaks of a clip with those of patches put over them."""

    def __init__(self, base: Drawable, patches: tuple[tuple[Patch, Peaks], ...]) -> None:
        self._base, self._patches = base, patches
        self._starts = np.array([patch.start for patch, _ in patches])
        self._ends = self._starts + [patch.clip.frames for patch, _ in patches]

    def draw(self, start: float, end: float, columns: int) -> Envelope:
        low, high = self._base.draw(start, end, columns)
        per_column = max(end - start, 1e-9) / columns
        # Of thousands of patches few are in sight or wider than a column.
        in_sight = (self._starts < end) & (self._ends > start)
        narrow = self._ends - self._starts < per_column
        for index in np.flatnonzero(in_sight & ~narrow).tolist():
            patch, peaks = self._patches[index]
            first = max((patch.start - start) / per_column, 0)
            last = min((patch.start + patch.clip.frames - start) / per_column, columns)
            at = slice(int(first), int(np.ceil(last)))
            begin = start + at.start * per_column - patch.start
            span = (at.stop - at.start) * per_column
            over = peaks.draw(begin, begin + span, at.stop - at.start)
            column = np.arange(at.start, at.stop)
            whole = (column >= first) & (column + 1 <= last)  # others also show what lies beside the patch
            low[at] = np.where(whole, over[0], np.minimum(low[at], over[0]))
            high[at] = np.where(whole, over[1], np.maximum(high[at], over[1]))
        found = np.flatnonzero(in_sight & narrow)
        if len(found):
            extremes = np.array([self._patches[index][1].extremes for index in found.tolist()], np.float32)
            for edge in (self._starts[found], self._ends[found] - 1):
                column = np.clip((edge - start) / per_column, 0, columns - 1).astype(np.intp)
                np.minimum.at(low, column, extremes[:, 0])
                np.maximum.at(high, column, extremes[:, 1])
        return low, high


def clip_envelope(clip: ClipRef, clips: ClipStore, build: bool = True) -> Peaks | None:
    """Waveform of a clip; None if its peaks are not there and `build` is false. `UserError` if the clip is missing."""
    return clips.peaks(clip.id, build) if clip.id else Peaks(0)


def stem_envelope(stem: Stem, clips: ClipStore, build: bool = True) -> Drawable | None:
    """Waveform of a stem; as `clip_envelope`. A patch that cannot be drawn is left out."""
    base = clip_envelope(stem.clip, clips, build)
    if base is None or not stem.patches:
        return base
    patches = []
    for patch in stem.patches:
        try:
            peaks = clip_envelope(patch.clip, clips)
        except UserError:
            continue
        if peaks is not None:
            patches.append((patch, peaks))
    return _Patched(base, tuple(patches))
