"""A limiter that also holds what rises between the samples."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects import oversampling
from stemstudio.effects.compressor import turned_down
from stemstudio.effects.detector import Follower, MovingAverage
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor, Real, decibels, frames_of
from stemstudio.effects.history import History
from stemstudio.effects.oversampling import Upsampler

_GUARD_FRAMES = 12
"""A peak between samples is the work of so many on either side; all of them get its gain."""
_MARGIN_DB = 0.15
"""The gain moves while it acts, and meters interpolate each in its own way."""


_METER_BETA = 5.0
"""Hears more of the topmost octave than most meters do, so that none of them reads more."""


class Limiter(Effect):
    """Look-ahead limiter: the gain glides down before a peak, so that nothing is clipped."""

    info = EffectInfo(
        "limiter",
        "Limiter",
        "Keeps the true peak below a ceiling, also between the samples; the last effect of a chain.",
        (
            ParamSpec(
                "ceiling_db", "float", -1.0, "Ceiling", "Lower leaves lossy formats more room.", -24.0, 0.0, 0.1, "dBTP"
            ),
            ParamSpec(
                "input_db", "float", 0.0, "Input gain", "Higher is louder and limits more.", -12.0, 24.0, 0.1, "dB"
            ),
            ParamSpec(
                "release_ms", "float", 80.0, "Release", "Shorter is louder, longer is cleaner.", 5.0, 1000.0, 5.0, "ms"
            ),
            ParamSpec(
                "lookahead_ms", "float", 3.0, "Look-ahead", "Longer glides into peaks more softly.",
                0.5, 10.0, 0.1, "ms", group="Advanced",
            ),
        ),
        "ITU-R BS.1770-5 annex 2 for the true peak; Hämäläinen (2002), Smoothing of the Control Signal Without "
        "Clipped Output in Digital Peak Limiters",
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _LimiterProcessor(values, sample_rate, channels)

    def latency_frames(self, values: Values, sample_rate: int) -> int:
        """See `Effect.latency_frames`."""
        return _glide_frames(values, sample_rate) + _GUARD_FRAMES + oversampling.LATENCY_FRAMES

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        frames = 2 * (self.latency_frames(values, sample_rate) + _GUARD_FRAMES + oversampling.LATENCY_FRAMES)
        return Memory(frames, float(values["release_ms"]) / 1e3)

    def curve(self, values: Values, sample_rate: int) -> Curve:  # noqa: ARG002 - the same at any rate
        """Return output level over input level of a steady tone."""
        level_db = np.linspace(-60.0, 12.0, 145)
        return Curve(
            "transfer", level_db, np.minimum(level_db + float(values["input_db"]), float(values["ceiling_db"]))
        )


class _LimiterProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        glide = _glide_frames(values, sample_rate)
        self._input_db = float(values["input_db"])
        self._ceiling_db = float(values["ceiling_db"]) - _MARGIN_DB - self._input_db
        self._upsampler = Upsampler(channels, _METER_BETA)
        self._window = glide + 1 + 2 * _GUARD_FRAMES
        self._needs = History(self._window - 1, dtype=np.float64)
        self._follower = Follower(0.0, float(values["release_ms"]), sample_rate)
        # Two means of half the length make the gain's way a curve without corners.
        self._means = [MovingAverage(glide // 2 + 1), MovingAverage(glide - glide // 2 + 1)]
        self._delay = History(glide + _GUARD_FRAMES + oversampling.LATENCY_FRAMES, channels)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        from stemstudio.effects.kernels.envelope import sliding_max

        need_db = np.maximum(decibels(self._true_peak(block)) - self._ceiling_db, 0.0)
        reduction_db = self._follower.follow(sliding_max(self._needs.joined(need_db), self._window))
        for mean in self._means:
            reduction_db = mean.average(reduction_db)
        self.gain_reduction_db = float(reduction_db.max(initial=0.0))
        return turned_down(self._delay.delayed(block), np.maximum(reduction_db, 0.0), self._input_db, 1.0)

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._upsampler.reset()
        self._needs.reset()
        self._follower.reset()
        for mean in self._means:
            mean.reset()
        self._delay.reset()

    def _true_peak(self, block: Samples) -> Real:
        """Largest magnitude at each frame and before the next one, over all channels."""
        return np.asarray(np.abs(self._upsampler.up(block)).max(axis=(0, 1)), np.float64)


def _glide_frames(values: Values, sample_rate: int) -> int:
    return max(2, frames_of(values["lookahead_ms"], sample_rate))
