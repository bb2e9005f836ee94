"""A network's stems and those of the classic recipe added up.

Two methods that err in different places err less together (Uhlich et al., 2017, "Improving music source separation
based on deep neural networks through data augmentation and network blending"). The network knows timbres and is lost
with those it never heard; the recipe knows no timbre but hears what repeats. What the recipe takes for a voice counts
only where the network heard a voice within a quarter of a minute, for on its own the recipe finds one in every song.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import BinaryIO

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import from_os_error
from stemstudio.core.params import resolve
from stemstudio.core.progress import Reporter
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

    Memory does not grow with the length of `mix`: the stems of `separate` wait in temporary files.

    Raises
    ------
    UserError
        If the disk with the temporary files is full.
    """
    with ExitStack() as stack:
        kept = _Kept(mix, stack)
        separate(kept, reporter.part(0.0, 0.5))
        recipe = ClassicFour()
        joined = _Joined(kept, kept.presence(), share, sink)
        recipe.separate(mix, resolve(recipe.info.params, {}), joined, reporter.part(0.5, 1.0))


class _Kept:
    """A sink that keeps stems on disk and how loud the voice was in every second."""

    def __init__(self, mix: Source, stack: ExitStack) -> None:
        self._stack, self._channels, self._rate = stack, mix.channels, mix.sample_rate
        self._files: dict[str, BinaryIO] = {}
        seconds = mix.frames // mix.sample_rate + 1
        self._voice, self._mixture = np.zeros(seconds), np.zeros(seconds)

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """See `StemSink.write`."""
        try:
            for name, samples in stems.items():
                if name not in self._files:
                    file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
                    self._files[name] = self._stack.enter_context(file)
                self._files[name].write(np.ascontiguousarray(samples.T).tobytes())
        except OSError as error:
            raise from_os_error(error, tempfile.gettempdir()) from error
        second = np.arange(start, start + stems[VOICE].shape[1]) // self._rate
        np.add.at(self._voice, second, np.square(stems[VOICE]).sum(0))
        np.add.at(self._mixture, second, np.square(np.sum(list(stems.values()), axis=0)).sum(0))

    def read(self, start: int, frames: int) -> dict[str, Samples]:
        """The stems from `start`."""
        found = {}
        width = 4 * self._channels
        for name, file in self._files.items():
            file.seek(start * width)
            found[name] = np.frombuffer(file.read(frames * width), np.float32).reshape(-1, self._channels).T
        return found

    def presence(self) -> Callable[[int, int], Samples]:
        """How sure it is that somebody sings, from 0 to 1 for frames from a start: float32 (n,)."""
        around = np.ones(2 * _REACH_S + 1)
        voice, mixture = (np.convolve(x, around)[_REACH_S:-_REACH_S] for x in (self._voice, self._mixture))
        level_db = 10 * np.log10((voice + 1e-12) / (mixture + 1e-9))
        sure = np.clip((level_db - _NO_VOICE_DB) / (_VOICE_DB - _NO_VOICE_DB), 0, 1)
        centre_s = np.arange(sure.size) + 0.5

        def at(start: int, frames: int) -> Samples:
            return np.interp(np.arange(start, start + frames) / self._rate, centre_s, sure).astype(np.float32)

        return at


class _Joined:
    """A sink for the recipe's stems that adds the kept ones and passes the sum on."""

    def __init__(self, kept: _Kept, presence: Callable[[int, int], Samples], share: float, sink: StemSink) -> None:
        self._kept, self._presence, self._share, self._sink = kept, presence, np.float32(share), sink

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """See `StemSink.write`."""
        frames = stems[VOICE].shape[1]
        voice = stems[VOICE] * self._presence(start, frames)
        recipe = {**stems, VOICE: voice, REST: stems[REST] + (stems[VOICE] - voice)}
        kept = self._kept.read(start, frames)
        self._sink.write(start, {name: kept[name] + self._share * (recipe[name] - kept[name]) for name in kept})
