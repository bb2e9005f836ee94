"""The mean of several runs, each with the sound a little later: what depends on where segments begin averages out.

A. Défossez et al. (2019), "Music source separation in the waveform domain", section 5.4: the shift trick.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink

MAX_SHIFT_S = 0.5


def shifts(count: int, sample_rate: int) -> tuple[int, ...]:
    """`count` delays in samples, evenly spread from none to under half a second."""
    return tuple(round(index * MAX_SHIFT_S * sample_rate / count) for index in range(count))


def run_shifted(
    run: Callable[[Source, StemSink, Reporter], None],
    mix: Source,
    delays: Sequence[int],
    sink: StemSink,
    reporter: Reporter,
) -> None:
    """Call `run` once for each of `delays` (samples) and write the mean of what it found into `sink`.

    Memory does not grow with the length of `mix`: the sum so far waits in temporary files.
    """
    with ExitStack() as stack:
        sums: dict[str, BinaryIO] = {}
        for index, delay in enumerate(delays):
            target = _Adding(mix, sums, stack, delay, None if index < len(delays) - 1 else (sink, len(delays)))
            part = reporter.part(index / len(delays), (index + 1) / len(delays)) if len(delays) > 1 else reporter
            run(_Delayed(mix, delay), target, part)


class _Delayed:
    """A sound after `delay` frames of silence."""

    def __init__(self, source: Source, delay: int) -> None:
        self._source, self._delay = source, delay
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, source.frames + delay

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        return self._source.read(start - self._delay, frames)


class _Adding:
    """A sink that takes the delay back, adds what earlier runs found, and keeps the sum or passes on the mean."""

    def __init__(
        self, mix: Source, sums: dict[str, BinaryIO], stack: ExitStack, delay: int, last: tuple[StemSink, int] | None
    ) -> None:
        self._channels, self._sums, self._stack, self._delay, self._last = mix.channels, sums, stack, delay, last
        self._first = not sums

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """See `StemSink.write`."""
        early = max(self._delay - start, 0)
        at = max(start - self._delay, 0)
        stems = {name: samples[:, early:] for name, samples in stems.items()}
        if not next(iter(stems.values())).shape[1]:
            return
        try:
            if not self._first:
                stems = {name: samples + self._kept(name, at, samples.shape[1]) for name, samples in stems.items()}
            if self._last is None:
                for name, samples in stems.items():
                    self._keep(name, at, samples)
        except OSError as error:
            raise from_os_error(error, tempfile.gettempdir()) from error
        if self._last is not None:
            sink, count = self._last
            sink.write(at, {name: samples / np.float32(count) for name, samples in stems.items()})

    def _kept(self, name: str, start: int, frames: int) -> Samples:
        file, width = self._sums[name], 4 * self._channels
        file.seek(start * width)
        return np.frombuffer(file.read(frames * width), np.float32).reshape(-1, self._channels).T

    def _keep(self, name: str, start: int, samples: Samples) -> None:
        if name not in self._sums:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            self._sums[name] = self._stack.enter_context(file)
        self._sums[name].seek(start * 4 * self._channels)
        self._sums[name].write(np.ascontiguousarray(samples.T).tobytes())
