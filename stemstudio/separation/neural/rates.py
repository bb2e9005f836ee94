"""Let a method that knows one sample rate work on a sound of any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from stemstudio.audio.resample import resample
from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink

# The converter reads whole blocks of its output and, at rates without a common divisor, a second of input before them.
_BLOCK_FRAMES = 1 << 15
_ROOM_S = 2.5
_SAFE_S = 0.1  # more than the converter's filter reaches, down to 8 kHz


@contextmanager
def at_rate(mix: Source, sample_rate: int, sink: StemSink) -> Iterator[tuple[Source, StemSink]]:
    """Give `mix` at `sample_rate`, and a sink for stems of that rate whose content reaches `sink` at the rate of `mix`.

    Memory stays bounded; what comes out has the frames of `mix` exactly. The rest is written when the block is left.
    """
    if mix.sample_rate == sample_rate:
        yield mix, sink
        return
    source = resample(mix, sample_rate)
    converting = _Converting(mix, sample_rate, sink)
    yield source, converting
    converting.finish()


class _Recent:
    """The last seconds of a sound that is still growing, all its earlier part forgotten.

    While it grows it says that it is a little shorter than it is, so that nobody computes, and keeps, what depends on
    samples that are to come.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate, self.channels = sample_rate, channels
        self.complete = False
        self._first = 0
        self._samples = np.zeros((channels, 0), np.float32)

    @property
    def frames(self) -> int:
        end = self._first + self._samples.shape[1]
        return end if self.complete else max(0, end - round(_SAFE_S * self.sample_rate))

    def append(self, samples: Samples) -> None:
        self._samples = np.concatenate([self._samples, samples], 1)

    def forget(self, before: int) -> None:
        drop = min(max(0, before - self._first), self._samples.shape[1])
        self._samples = self._samples[:, drop:]
        self._first += drop

    def read(self, start: int, frames: int) -> Samples:
        out = np.zeros((self.channels, frames), np.float32)
        end = self._first + self._samples.shape[1]
        first, last = max(start, self._first), min(start + frames, end)
        if first < last:
            out[:, first - start : last - start] = self._samples[:, first - self._first : last - self._first]
        return out


class _Converting:
    """A `StemSink` at one rate in front of a sink at another."""

    def __init__(self, mix: Source, sample_rate: int, sink: StemSink) -> None:
        self._mix, self._rate, self._sink = mix, sample_rate, sink
        self._kept = round((_BLOCK_FRAMES / mix.sample_rate + _ROOM_S) * sample_rate)
        self._recent: _Recent | None = None
        self._converted: Source | None = None
        self._names: tuple[str, ...] = ()
        self._done = 0

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:  # noqa: ARG002 - the protocol's; blocks come in order
        """See `StemSink.write`."""
        if self._recent is None or self._converted is None:
            self._names = tuple(stems)
            self._recent = _Recent(self._rate, len(stems) * self._mix.channels)
            self._converted = resample(self._recent, self._mix.sample_rate)
        self._recent.append(np.concatenate([stems[name] for name in self._names]))
        self._emit(min(self._converted.frames, self._mix.frames))
        self._recent.forget(self._done * self._rate // self._mix.sample_rate - self._kept)

    def _emit(self, end: int) -> None:
        if self._converted is None or end <= self._done:
            return
        block = self._converted.read(self._done, end - self._done)
        parts = np.split(block, len(self._names))
        self._sink.write(self._done, dict(zip(self._names, parts, strict=True)))
        self._done = end

    def finish(self) -> None:
        """Write what is left."""
        if self._recent is not None:
            self._recent.complete = True
        self._emit(self._mix.frames)
