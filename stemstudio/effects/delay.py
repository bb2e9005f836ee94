"""Echoes."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.effect import Effect, EffectInfo, Memory, Processor, frames_of


class Delay(Effect):
    """A delay line with a low-pass in its feedback."""

    info = EffectInfo(
        "delay",
        "Delay",
        "Repeats the sound; each echo is softer and duller than the one before.",
        (
            ParamSpec("time_ms", "float", 350.0, "Time", "Longer sets the echoes apart.", 1.0, 1000.0, 1.0, "ms"),
            ParamSpec("feedback_percent", "float", 35.0, "Feedback", "Higher repeats longer.", 0.0, 60.0, 1.0, "%"),
            ParamSpec(
                "damping_hz", "float", 5000.0, "Damping", "Lower makes the echoes duller.", 500.0, 20000.0, 100.0, "Hz"
            ),
            ParamSpec("crossed", "bool", False, "Ping-pong", "Echoes change sides."),
            ParamSpec("mix_percent", "float", 25.0, "Mix", "Higher makes the echoes louder.", 0.0, 100.0, 1.0, "%"),
        ),
        "Zölzer (ed., 2011), DAFX, ch. 2.6",
    )

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _DelayProcessor(values, sample_rate, channels)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        delay, feedback = max(1, frames_of(values["time_ms"], sample_rate)), float(values["feedback_percent"]) / 100
        fading_s = delay / sample_rate / -math.log(feedback) if feedback > 0 else 0.0
        # The low-pass in the loop spreads an echo by a few hundredths of a second.
        return Memory(2 * delay + sample_rate // 10, 1.1 * fading_s)


class _DelayProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._feedback = float(values["feedback_percent"]) / 100
        self._damping = math.exp(-2 * math.pi * min(float(values["damping_hz"]) / sample_rate, 2.0))
        self._crossed = bool(values["crossed"])
        self._mix = np.float32(float(values["mix_percent"]) / 100)
        self._lines = np.zeros((channels, max(1, frames_of(values["time_ms"], sample_rate))))
        self._damped, self._place = np.zeros(channels), np.zeros(1, np.int64)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        from stemstudio.effects.kernels.delays import echo

        echoes = echo(block, self._lines, self._place, self._damped, self._feedback, self._damping, self._crossed)
        out: Samples = block + self._mix * echoes
        return out

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._lines[:] = 0
        self._damped[:] = 0
        self._place[:] = 0
