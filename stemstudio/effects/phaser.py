"""Phaser: notches that wander through the spectrum."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.effect import Effect, EffectInfo, Memory, Processor

_STAGES = 6
_HIGHEST = 0.45  # of the sample rate


class Phaser(Effect):
    """Six swaying all-passes beside the sound; where they stand depends on the place in the song alone."""

    info = EffectInfo(
        "phaser",
        "Phaser",
        "Lets notches wander through the sound of keys, guitars and hats.",
        (
            ParamSpec("rate_hz", "float", 0.4, "Rate", "Higher wanders faster.", 0.02, 5.0, 0.02, "Hz"),
            ParamSpec(
                "low_hz", "float", 300.0, "Lowest", "Higher leaves the low end alone.", 100.0, 2000.0, 10.0, "Hz"
            ),
            ParamSpec("octaves", "float", 3.0, "Range", "Wider wanders further up.", 0.5, 5.0, 0.1, "oct"),
            ParamSpec("feedback_percent", "float", 40.0, "Feedback", "Higher is more vocal.", 0.0, 85.0, 1.0, "%"),
            ParamSpec("mix_percent", "float", 50.0, "Mix", "Half has the deepest notches.", 0.0, 100.0, 1.0, "%"),
        ),
        "Smith (1984), An All-Pass Approach to Digital Phasing and Flanging",
    )

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _PhaserProcessor(values, sample_rate, channels)

    def memory(self, values: Values, sample_rate: int) -> Memory:  # noqa: ARG002 - in seconds
        """See `Effect.memory`."""
        # Round the loop a tone of the lowest frequency takes the delay of all stages, and loses what is not fed back.
        loop_s = _STAGES / (math.pi * float(values["low_hz"]))
        feedback = max(float(values["feedback_percent"]) / 100, 0.05)
        return Memory(0, 2 * loop_s / min(1.0, -math.log(feedback)))


class _PhaserProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._turns_per_frame = float(values["rate_hz"]) / sample_rate
        self._low = min(float(values["low_hz"]) / sample_rate, _HIGHEST / 2)
        self._octaves = min(float(values["octaves"]), math.log2(_HIGHEST / self._low))
        self._feedback = float(values["feedback_percent"]) / 100
        self._mix = np.float32(float(values["mix_percent"]) / 100)
        self._state = np.zeros((channels, _STAGES + 1))
        self._frame = 0

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        from stemstudio.effects.kernels.delays import swept_all_passes

        turns = self._turns_per_frame * self._frame + np.arange(len(block)) / 4
        wet = swept_all_passes(
            block, self._state, self._feedback, self._low, self._octaves,
            2 * math.pi * (turns % 1.0), 2 * math.pi * self._turns_per_frame, self._frame % 16,
        )  # fmt: skip
        self._frame += block.shape[1]
        out: Samples = block + self._mix * (wet - block)
        return out

    def reset(self, frame: int = 0) -> None:
        """See `Processor.reset`."""
        self._frame = frame
        self._state[:] = 0
