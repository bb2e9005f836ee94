"""Overlapping segments with a crossfade: the one place that joins what a network makes piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import UserError
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink

SegmentFunction = Callable[[NDArray[np.float32]], Mapping[str, NDArray[np.float32]]]
"""Maps float32 (batch, channels, segment) to such an array for every stem, each segment on its own."""


Window = Literal["linear", "hann", "triangle"]
Tail = Literal["silence", "centre", "short"]


def run_overlapped(
    fn: SegmentFunction,
    mix: Source,
    sink: StemSink,
    *,
    segment: int,
    overlap: int,
    window: Window = "hann",
    tail: Tail = "silence",
    batch: int = 1,
    reporter: Reporter,
) -> None:
    """Run `fn` over segments of `mix` and write the joined stems into `sink`, in order and without gaps.

    Each sample of a stem is the mean of the segments that hold it, weighted by `window` and divided by the sum of the
    weights; at the two ends, where only one segment is, that one counts in full. Memory is bounded by one batch.

    Parameters
    ----------
    fn : callable
        Has to return within a second for one batch, since cancelling waits for it. What it returns is not changed.
    segment, overlap : int
        Samples of a segment and how many of them it shares with the next, ``0 <= overlap < segment``.
    window : {'linear', 'hann', 'triangle'}
        Shape of the crossfade, which is `overlap` samples long, or half a segment where that is shorter; 'triangle'
        rises and falls over the whole segment.
    tail : {'silence', 'centre', 'short'}
        What `fn` gets where the mixture ends within a segment: the rest and silence behind it; the rest in the middle,
        with as much of what comes before it as after; or the rest alone. With the last two, which networks were
        published with, a segment may begin within the last overlap.
    batch : int
        Segments that `fn` gets at once; halved for the rest of the run whenever memory does not suffice.

    Raises
    ------
    UserError
        If memory does not suffice for a single segment.
    """
    if not 0 <= overlap < segment or batch < 1:
        raise ValueError(f"segment {segment}, overlap {overlap}, batch {batch} do not fit")
    step = segment - overlap
    starts = list(range(0, max(mix.frames - (overlap if tail == "silence" else 0), 1), step))
    joiner = _Joiner(mix, sink, crossfade_window(segment, overlap, window))
    done = 0
    while done < len(starts):
        reporter.update(done / len(starts))
        now = starts[done : done + batch]
        rests = [min(segment, mix.frames - start) if tail != "silence" else segment for start in now]
        if tail == "short" and len(now) > 1 and len(set(rests)) > 1:
            now, rests = now[:-1], rests[:-1]
        before = [(segment - rest) // 2 if tail == "centre" else 0 for rest in rests]
        frames = rests[0] if tail == "short" else segment
        try:
            stems = fn(np.stack([mix.read(start - early, frames) for start, early in zip(now, before, strict=True)]))
        except (MemoryError, RuntimeError) as error:
            if not _is_shortage(error):
                raise
            if batch == 1:
                raise UserError(
                    "There is not enough memory for this method.", "Close other programs and try again."
                ) from error
            batch //= 2
            continue
        done += len(now)
        for index, start in enumerate(now):
            following = start + step if start != starts[-1] else mix.frames
            used = slice(before[index], before[index] + rests[index])
            joiner.add(start, {name: part[index][:, used] for name, part in stems.items()}, min(following, mix.frames))


def crossfade_window(segment: int, overlap: int, window: str) -> NDArray[np.float32]:
    """Weights of a segment: 1 in the middle, fades of `overlap` samples (at most half of it) at both ends, never 0."""
    if window == "triangle":
        rising = np.arange(1, segment // 2 + 1)
        falling = np.arange(segment - segment // 2, 0, -1)
        return (np.concatenate([rising, falling]) / (segment - segment // 2)).astype(np.float32)
    fade = min(overlap, segment // 2)
    ramp = (np.arange(fade) + 0.5) / max(fade, 1)
    if window == "hann":
        ramp = np.sin(ramp * np.pi / 2) ** 2
    elif window != "linear":
        raise ValueError(f"there is no crossfade {window!r}")
    weights = np.ones(segment, np.float32)
    weights[:fade] = ramp
    weights[segment - fade :] = ramp[::-1]
    return weights


def _is_shortage(error: Exception) -> bool:
    # torch reports a full memory as a RuntimeError, on a processor with this word and on a device likewise.
    return isinstance(error, MemoryError) or "memory" in str(error).lower()


class _Joiner:
    """Weighted sum of segments and of their weights, from the first sample that is not complete."""

    def __init__(self, mix: Source, sink: StemSink, weights: NDArray[np.float32]) -> None:
        self._sink, self._weights = sink, weights
        self._start = 0
        self._shape = (mix.channels, len(weights))
        self._sums: dict[str, Samples] = {}
        self._total = np.zeros(len(weights), np.float32)

    def add(self, start: int, stems: Mapping[str, Samples], complete: int) -> None:
        """Add one segment that begins at `start` and write what is complete up to the sample `complete`."""
        assert start == self._start
        frames = next(iter(stems.values())).shape[1]
        self._total[:frames] += self._weights[:frames]
        out = {}
        count = complete - start
        for name, part in stems.items():
            sums = self._sums.setdefault(name, np.zeros(self._shape, np.float32))
            sums[:, :frames] += part * self._weights[:frames]
            out[name] = sums[:, :count] / self._total[:count]
            _shift(sums, count)
        _shift(self._total, count)
        self._start = complete
        self._sink.write(start, out)


def _shift(values: NDArray[np.float32], count: int) -> None:
    left = values.shape[-1] - count
    values[..., :left] = values[..., count:].copy()
    values[..., left:] = 0
