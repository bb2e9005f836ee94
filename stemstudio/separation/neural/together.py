"""A network's stems and those of the classic recipe added up.

Two methods that err in different places err less together (Uhlich et al., 2017, "Improving music source separation
based on deep neural networks through data augmentation and network blending"). The network knows timbres and is lost
with those it never heard; the recipe knows no timbre but hears what repeats. What the recipe takes for a voice counts
only where the network heard a voice within a quarter of a minute, for on its own the recipe finds one in every song.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import from_os_error
from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress, Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink
from stemstudio.separation.classic.recipe import ClassicFour

VOICE, REST = "vocals", "other"
_REACH_S = 15
_NO_VOICE_DB, _VOICE_DB = -22.0, -12.0
"""Level of the network's voice against the mixture, at which the recipe's voice counts for nothing and in full."""


def separate_together(
    separate: Callable[[StemSink, Reporter], None], mix: Source, share: float, sink: StemSink, reporter: Reporter
) -> None:
    """Write (1 - `share`) of each stem that `separate` gives and `share` of the recipe's into `sink`.

    Both run at once, `separate` in a thread of its own. Its stems wait in temporary files, so that memory does not grow
    with the length of `mix`.

    Raises
    ------
    UserError
        If the disk with the temporary files is full.
    """
    own = Progress()
    with ExitStack() as stack:
        kept = _Kept(mix, stack)
        pool = stack.enter_context(ThreadPoolExecutor(1, "network"))
        stack.callback(own.cancel)  # before the pool waits for its thread
        running = pool.submit(separate, kept, own)
        recipe = ClassicFour()
        recipe.separate(mix, resolve(recipe.info.params, {}), _Joined(kept, running, share, sink, reporter), reporter)
        running.result()


class _Kept:
    """A sink that keeps stems on disk, and how loud the voice was in every second, for another thread to read."""

    def __init__(self, mix: Source, stack: ExitStack) -> None:
        self._stack, self._channels, self.mix = stack, mix.channels, mix
        self._files: dict[str, BinaryIO] = {}
        seconds = mix.frames // mix.sample_rate + 1
        self._voice, self._mixture = np.zeros(seconds), np.zeros(seconds)
        self.frames = 0
        self.grown = threading.Condition()

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """See `StemSink.write`."""
        end = start + stems[VOICE].shape[1]
        second = np.arange(start, end) // self.mix.sample_rate
        with self.grown:
            try:
                for name, samples in stems.items():
                    self._append(name, samples)
            except OSError as error:
                raise from_os_error(error, tempfile.gettempdir()) from error
            np.add.at(self._voice, second, np.square(stems[VOICE]).sum(0))
            np.add.at(self._mixture, second, np.square(np.sum(list(stems.values()), axis=0)).sum(0))
            self.frames = end
            self.grown.notify_all()

    def _append(self, name: str, samples: Samples) -> None:
        if name not in self._files:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            self._files[name] = self._stack.enter_context(file)
        self._files[name].seek(0, 2)
        self._files[name].write(np.ascontiguousarray(samples.T).tobytes())

    def read(self, start: int, frames: int) -> dict[str, Samples]:
        """The stems from `start`."""
        found = {}
        width = 4 * self._channels
        with self.grown:
            for name, file in self._files.items():
                file.seek(start * width)
                found[name] = np.frombuffer(file.read(frames * width), np.float32).reshape(-1, self._channels).T
        return found

    def presence(self, start: int, frames: int) -> Samples:
        """How sure it is that somebody sings around each frame, from 0 to 1: float32 (frames,).

        It takes what lies up to `_REACH_S` + 2 seconds after the last of them.
        """
        around = np.ones(2 * _REACH_S + 1)
        with self.grown:
            voice, mixture = (np.convolve(x, around)[_REACH_S:-_REACH_S] for x in (self._voice, self._mixture))
        level_db = 10 * np.log10((voice + 1e-12) / (mixture + 1e-9))
        sure = np.clip((level_db - _NO_VOICE_DB) / (_VOICE_DB - _NO_VOICE_DB), 0, 1)
        at_s = np.arange(start, start + frames) / self.mix.sample_rate
        return np.interp(at_s, np.arange(sure.size) + 0.5, sure).astype(np.float32)


class _Joined:
    """A sink for the recipe's stems that waits for the kept ones and passes the sum on."""

    def __init__(self, kept: _Kept, running: Future[None], share: float, sink: StemSink, reporter: Reporter) -> None:
        self._kept, self._running, self._share = kept, running, np.float32(share)
        self._sink, self._reporter = sink, reporter

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """See `StemSink.write`."""
        frames = stems[VOICE].shape[1]
        self._wait(start, start + frames)
        voice = stems[VOICE] * self._kept.presence(start, frames)
        recipe = {**stems, VOICE: voice, REST: stems[REST] + (stems[VOICE] - voice)}
        kept = self._kept.read(start, frames)
        self._sink.write(start, {name: kept[name] + self._share * (recipe[name] - kept[name]) for name in kept})

    def _wait(self, start: int, end: int) -> None:
        mix = self._kept.mix
        needed = min(end + (_REACH_S + 2) * mix.sample_rate, mix.frames)
        while self._kept.frames < needed:
            self._reporter.update(start / mix.frames)
            if self._running.done():
                self._running.result()  # raises what stopped it
            with self._kept.grown:
                self._kept.grown.wait_for(lambda: self._kept.frames >= needed, timeout=0.2)
