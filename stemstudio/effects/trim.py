"""Level, polarity and channels: the plainest effect."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.effect import Effect, EffectInfo, Processor, amplitude


class Trim(Effect):
    """Gain, polarity, swap of left and right, mono."""

    info = EffectInfo(
        "trim",
        "Trim",
        "Sets the level between two effects, turns polarity, swaps the sides or makes the sound mono.",
        (
            ParamSpec("gain_db", "float", 0.0, "Gain", "Higher is louder.", -60.0, 24.0, 0.1, "dB"),
            ParamSpec("invert", "bool", False, "Invert polarity", "Turns the wave upside down."),
            ParamSpec("swap", "bool", False, "Swap sides", "Left becomes right and right becomes left."),
            ParamSpec("mono", "bool", False, "Mono", "Both sides get the mean of left and right."),
        ),
        "Plain arithmetic: gain, sign and the order of the channels",
    )

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:  # noqa: ARG002 - any
        """See `Effect.prepare`."""
        return _TrimProcessor(values)


class _TrimProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values) -> None:
        self._gain = np.float32(amplitude(float(values["gain_db"])) * (-1 if values["invert"] else 1))
        self._swap, self._mono = bool(values["swap"]), bool(values["mono"])

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        out: Samples = block * self._gain
        if self._swap and len(out) > 1:
            out[:2] = out[1::-1].copy()
        if self._mono:
            out[:2] = out[:2].mean(axis=0)
        return out

    def reset(self, frame: int = 0) -> None:
        """See `Processor.reset`."""
