"""Stereo width that stays whole in mono."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.biquads import Biquads, fading_s, high_pass
from stemstudio.effects.effect import Effect, EffectInfo, Memory, Processor, Real

_LENGTHS_S = (0.00257, 0.00713, 0.01181)
_GAIN = 0.6
_SPREAD_FROM_HZ = 250.0


class Widener(Effect):
    """Works on the difference of left and right only: their sum, which is the mono sound, is never touched."""

    info = EffectInfo(
        "widener",
        "Widener",
        "Narrows or widens a stem and spreads a mono one, without a change of its mono sound.",
        (
            ParamSpec(
                "width_percent", "float", 130.0, "Width", "0 is mono, 100 leaves it as it is, more is wider.",
                0.0, 300.0, 1.0, "%",
            ),
            ParamSpec(
                "spread_percent", "float", 0.0, "Spread", "Higher gives a mono sound sides of its own.",
                0.0, 100.0, 1.0, "%",
            ),
            ParamSpec(
                "mono_below_hz", "float", 100.0, "Mono below", "Higher keeps more of the bass in the middle.",
                20.0, 500.0, 5.0, "Hz",
            ),
        ),
        "Schroeder (1958), An Artificial Stereophonic Effect Obtained from a Single Audio Signal; all-passes after "
        "Schroeder (1962)",
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _WidenerProcessor(values, sample_rate) if channels >= 2 else _Unchanged()

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        filters = high_pass(float(values["mono_below_hz"]), sample_rate), high_pass(_SPREAD_FROM_HZ, sample_rate)
        slowest_s = max(*(length / -np.log(_GAIN) for length in _LENGTHS_S), fading_s(filters, sample_rate))
        return Memory(round(2 * sum(_LENGTHS_S) * sample_rate), 1.5 * float(slowest_s))


class _Unchanged:
    gain_reduction_db = 0.0

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        return block.copy()

    def reset(self, frame: int = 0) -> None:
        """See `Processor.reset`."""


class _WidenerProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int) -> None:
        self._width = np.float32(float(values["width_percent"]) / 100)
        self._spread = np.float32(float(values["spread_percent"]) / 100)
        below_hz = float(values["mono_below_hz"])
        self._side_cut = Biquads([high_pass(below_hz, sample_rate)]) if below_hz > 20.0 else None
        self._spread_cut = Biquads([high_pass(_SPREAD_FROM_HZ, sample_rate)])
        self._lengths = np.array([max(1, round(length * sample_rate)) for length in _LENGTHS_S])
        self._lines: Real = np.zeros((len(_LENGTHS_S), int(self._lengths.max())))
        self._places = np.zeros(len(_LENGTHS_S), np.int64)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        half = np.float32(0.5)
        middle: Samples = half * (block[:1] + block[1:2])
        side: Samples = half * (block[:1] - block[1:2])
        if self._side_cut is not None:
            side = self._side_cut.process(side)
        side = self._width * side
        if self._spread:
            side += self._spread * self._sides_of(middle)
        return np.concatenate([middle + side, middle - side, block[2:]])

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        if self._side_cut is not None:
            self._side_cut.reset()
        self._spread_cut.reset()
        self._lines[:] = 0
        self._places[:] = 0

    def _sides_of(self, middle: Samples) -> Samples:
        from stemstudio.effects.kernels.delays import diffuse

        high = self._spread_cut.process(middle)[0].astype(np.float64)
        return diffuse(high, self._lines, self._lengths, self._places, _GAIN).astype(np.float32)[None]
