"""Saturation: soft clipping, oversampled so that its overtones do not fold back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects import oversampling
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor, amplitude, decibels
from stemstudio.effects.history import History
from stemstudio.effects.oversampling import Downsampler, Upsampler

_LATENCY_FRAMES = 2 * oversampling.LATENCY_FRAMES


class Saturation(Effect):
    """Hyperbolic tangent with an offset for even overtones; small signals keep their level."""

    info = EffectInfo(
        "saturation",
        "Saturation",
        "Adds overtones: warmth on a bass, bite on drums, presence on a dull voice.",
        (
            ParamSpec("drive_db", "float", 6.0, "Drive", "Higher distorts more.", 0.0, 36.0, 0.5, "dB"),
            ParamSpec(
                "even_percent", "float", 20.0, "Even overtones", "Higher sounds rounder, like a tube.",
                0.0, 100.0, 1.0, "%",
            ),
            ParamSpec(
                "output_db", "float", 0.0, "Output", "Brings the level back after much drive.", -24.0, 12.0, 0.1, "dB"
            ),
            ParamSpec(
                "mix_percent", "float", 100.0, "Mix", "Lower keeps more of the clean sound.", 0.0, 100.0, 1.0, "%"
            ),
        ),
        "Zölzer (ed., 2011), DAFX, ch. 4.3; oversampled four times",
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:  # noqa: ARG002 - at any rate
        """See `Effect.prepare`."""
        return _SaturationProcessor(values, channels)

    def latency_frames(self, values: Values, sample_rate: int) -> int:  # noqa: ARG002 - always the same
        """See `Effect.latency_frames`."""
        return _LATENCY_FRAMES

    def memory(self, values: Values, sample_rate: int) -> Memory:  # noqa: ARG002 - always the same
        """See `Effect.memory`."""
        return Memory(3 * _LATENCY_FRAMES)

    def curve(self, values: Values, sample_rate: int) -> Curve:  # noqa: ARG002 - the same at any rate
        """Return the level of the peaks over input level."""
        level_db = np.linspace(-60.0, 0.0, 121)
        shaped = decibels(np.abs(_shape(amplitude(level_db), _drive(values), _bias(values))))
        return Curve("transfer", level_db, shaped + float(values["output_db"]))


class _SaturationProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, channels: int) -> None:
        self._drive, self._bias = _drive(values), _bias(values)
        self._output = np.float32(amplitude(float(values["output_db"])))
        self._mix = np.float32(float(values["mix_percent"]) / 100)
        self._up, self._down = Upsampler(channels), Downsampler(channels)
        self._delay = History(_LATENCY_FRAMES, channels)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        dry = self._delay.delayed(block)
        wet = self._down.down(_shape(self._up.up(block), self._drive, self._bias))
        out: Samples = (dry + self._mix * (wet - dry)) * self._output
        return out

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._up.reset()
        self._down.reset()
        self._delay.reset()


def _drive(values: Values) -> float:
    return float(amplitude(float(values["drive_db"])))


def _bias(values: Values) -> float:
    return float(values["even_percent"]) / 100 * 0.6


def _shape(samples: NDArray[Any], drive: float, bias: float) -> NDArray[Any]:
    """Curve through zero with slope 1 there, so that what is soft keeps its level."""
    rest = np.tanh(np.full(16, bias, samples.dtype))[0]  # as it is computed for samples: silence stays silent
    shaped: NDArray[Any] = (np.tanh(drive * samples + bias) - rest) / (drive * (1 - rest * rest))
    return shaped
