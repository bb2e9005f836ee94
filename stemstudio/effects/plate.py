"""A plate reverb."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.biquads import Biquads, high_pass
from stemstudio.effects.effect import Effect, EffectInfo, Memory, Processor, Real, frames_of
from stemstudio.effects.history import History

# Lengths and taps of the paper in samples at its own rate.
_RATE = 29761
_DIFFUSERS = (142, 107, 379, 277)
_TANK = ((672, 4453, 1800, 3720), (908, 4217, 2656, 3163))
_TAPS = ((266, 2974, 1913, 1996, 1990, 187, 1066), (353, 3627, 1228, 2673, 2111, 335, 121))
_EXCURSION = 8
_HALF_LOOP_S = sum(sum(half) for half in _TANK) / 2 / _RATE
_SLOWEST = 1.5
"""All-passes hold some frequencies longer than others; the longest tone lasts that much longer than the mean."""


class Plate(Effect):
    """Dattorro's plate: four diffusers, then a figure of eight of swaying all-passes and delays."""

    info = EffectInfo(
        "plate",
        "Plate reverb",
        "Gives a dry or hollow stem a body; dense from the first moment, as a steel plate is.",
        (
            ParamSpec(
                "mix_percent", "float", 18.0, "Mix", "Higher puts the sound further back.", 0.0, 100.0, 1.0, "%"
            ),
            ParamSpec(
                "decay_s", "float", 1.6, "Decay", "Longer rings on; the time in which it falls by 60 dB.",
                0.2, 5.0, 0.1, "s",
            ),
            ParamSpec(
                "predelay_ms", "float", 15.0, "Pre-delay", "Longer keeps words clear of their reverb.",
                0.0, 150.0, 1.0, "ms",
            ),
            ParamSpec(
                "damping_hz", "float", 6000.0, "Damping", "Lower sounds darker.", 1000.0, 16000.0, 100.0, "Hz"
            ),
            ParamSpec(
                "low_cut_hz", "float", 180.0, "Low cut", "Higher keeps the bass out of the reverb.",
                20.0, 800.0, 10.0, "Hz",
            ),
        ),
        "Dattorro (1997), Effect Design, Part 1: Reverberator and Other Filters",
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _PlateProcessor(values, sample_rate, channels)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        fading_s = _SLOWEST * float(values["decay_s"]) / math.log(1000)
        return Memory(frames_of(values["predelay_ms"], sample_rate) + sample_rate // 2, fading_s)


class _PlateProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._mix = np.float32(float(values["mix_percent"]) / 100)
        self._predelay = History(frames_of(values["predelay_ms"], sample_rate), 1)
        self._low_cut = Biquads([high_pass(float(values["low_cut_hz"]), sample_rate)])
        scale = sample_rate / _RATE
        tank = [length for half in _TANK for length in half]
        lengths = np.array([*_DIFFUSERS, *tank]) * scale
        room = np.zeros(len(lengths))
        room[[4, 8]] = 2 * _EXCURSION * scale + 4
        self._lengths = np.maximum(1, np.rint(lengths + room)).astype(np.int64)
        self._lines: Real = np.zeros((len(lengths), int(self._lengths.max())))
        self._taps = np.rint(np.array(_TAPS) * scale).astype(np.int64)
        self._state: Real = np.zeros(5)
        damping = math.exp(-2 * math.pi * min(float(values["damping_hz"]) / sample_rate, 0.49))
        decay = 10 ** (-1.5 * _HALF_LOOP_S / float(values["decay_s"]))
        # The paper's equation for the second decay diffusion.
        self._gains = np.array([0.9995, 0.75, 0.625, 0.7, min(0.5, max(0.25, decay + 0.15)), damping, decay])
        self._sway = np.array([_EXCURSION * scale, lengths[4], lengths[8]])
        self._turn = 2 * math.pi / sample_rate
        self._rate, self._frame, self._at, self._channels = sample_rate, 0, 0, channels

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        from stemstudio.effects.kernels.plate import plate

        fed = self._low_cut.process(self._predelay.delayed(block[:2].mean(axis=0, keepdims=True)))
        phase = np.array([self._turn * (self._frame % self._rate), self._turn])
        wet = plate(
            fed[0].astype(np.float64), self._lines, self._lengths, self._taps, self._state, self._at, self._gains,
            self._sway, phase,
        ).astype(np.float32)  # fmt: skip
        self._frame += block.shape[1]
        self._at += block.shape[1]
        out = (1 - self._mix) * block
        if self._channels == 1:
            out += self._mix * wet.mean(axis=0)
        else:
            out[:2] += self._mix * wet
            out[2:] += self._mix * block[2:]
        return out

    def reset(self, frame: int = 0) -> None:
        """See `Processor.reset`."""
        self._frame, self._at = frame, 0
        self._predelay.reset()
        self._low_cut.reset()
        self._lines[:] = 0
        self._state[:] = 0
