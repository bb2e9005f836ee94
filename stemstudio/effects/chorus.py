"""Chorus: copies that are a little late and sway."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.effect import Effect, EffectInfo, Memory, Processor
from stemstudio.effects.history import History

_VOICES = 2


class Chorus(Effect):
    """Two swaying delays for each channel; where they stand depends on the place in the song alone."""

    info = EffectInfo(
        "chorus",
        "Chorus",
        "Makes one voice or guitar sound like several, and wider.",
        (
            ParamSpec("rate_hz", "float", 0.7, "Rate", "Higher sways faster.", 0.05, 5.0, 0.05, "Hz"),
            ParamSpec("depth_ms", "float", 2.5, "Depth", "Higher detunes more.", 0.0, 8.0, 0.1, "ms"),
            ParamSpec("delay_ms", "float", 14.0, "Delay", "Longer sets the copies apart.", 9.0, 40.0, 0.5, "ms"),
            ParamSpec("mix_percent", "float", 35.0, "Mix", "Higher makes the copies louder.", 0.0, 100.0, 1.0, "%"),
        ),
        "Dattorro (1997), Effect Design, Part 2: Delay-Line Modulation and Chorus",
    )

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _ChorusProcessor(values, sample_rate, channels)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        return Memory(_reach(values, sample_rate))


class _ChorusProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        per_ms = sample_rate / 1000
        self._middle, self._depth = float(values["delay_ms"]) * per_ms, float(values["depth_ms"]) * per_ms
        self._turns_per_frame = float(values["rate_hz"]) / sample_rate
        self._mix = np.float32(float(values["mix_percent"]) / 100)
        self._channels, self._frame = channels, 0
        self._history = History(_reach(values, sample_rate), channels)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        from stemstudio.effects.kernels.delays import swaying

        joined = self._history.joined(block)
        wet = np.zeros_like(block)
        for voice in range(_VOICES):
            # The second channel is a quarter turn ahead, the second voice half a turn; their rates differ a little.
            rate = self._turns_per_frame * (1 + 0.13 * voice)
            turns = rate * self._frame + voice / 2 + np.arange(self._channels) / 4
            wet += swaying(
                joined, self._history.frames, self._middle * (1 + 0.2 * voice), self._depth,
                2 * math.pi * (turns % 1.0), 2 * math.pi * rate,
            )  # fmt: skip
        self._frame += block.shape[1]
        out: Samples = (1 - self._mix / 2) * block + self._mix * np.float32(0.7) * wet
        return out

    def reset(self, frame: int = 0) -> None:
        """See `Processor.reset`."""
        self._frame = frame
        self._history.reset()


def _reach(values: Values, sample_rate: int) -> int:
    longest_ms = 1.2 * float(values["delay_ms"]) + float(values["depth_ms"])
    return math.ceil(longest_ms * sample_rate / 1000) + 4
