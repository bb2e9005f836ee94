"""A fast compressor in the manner of those with a field-effect transistor."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, ParamValue, Values
from stemstudio.core.source import Source
from stemstudio.effects.compressor import (
    MAKEUP,
    MIX,
    THRESHOLD,
    fitted_threshold_db,
    static_reduction_db,
    turned_down,
)
from stemstudio.effects.detector import Follower, MovingAverage, PeakLevel
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor

_WINDOW_S = 0.004
_AVERAGE_S = 0.5
_KNEE_DB = 2.0


class FetCompressor(Effect):
    """Attack in microseconds, and a release that slows down the longer the sound has been held."""

    info = EffectInfo(
        "fet",
        "FET compressor",
        "Grabs peaks at once and lets go by how long they lasted; before a slow compressor it brings a voice forward.",
        (
            THRESHOLD,
            ParamSpec(
                "ratio", "choice", "4", "Ratio", "Higher holds peaks harder; 20:1 is nearly a limiter.",
                choices=(("4", "4:1"), ("8", "8:1"), ("12", "12:1"), ("20", "20:1")),
            ),
            ParamSpec(
                "attack_us", "float", 200.0, "Attack", "Shorter catches every peak, longer leaves the edge of a sound.",
                20.0, 800.0, 10.0, "µs",
            ),
            ParamSpec(
                "release_ms", "float", 80.0, "Release", "Shorter is livelier, longer calmer.", 50.0, 1100.0, 5.0, "ms"
            ),
            ParamSpec(
                "program_percent", "float", 50.0, "Program dependence",
                "Higher holds on longer after a lasting sound, while single peaks are still let go at once.",
                0.0, 90.0, 5.0, "%",
            ),
            MAKEUP,
            MIX,
        ),
        "Giannoulis, Massberg & Reiss (2012); time constants after the service manual of the UREI 1176LN (1976)",
        sidechain=True,
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:  # noqa: ARG002 - any number
        """See `Effect.prepare`."""
        return _FetProcessor(values, sample_rate)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        frames = PeakLevel(sample_rate, _WINDOW_S).window_frames + round(_AVERAGE_S * sample_rate)
        return Memory(frames, float(values["release_ms"]) / 1e3)

    def curve(self, values: Values, sample_rate: int) -> Curve:  # noqa: ARG002 - the same at any rate
        """Return output level over input level of a steady tone."""
        level_db = np.linspace(-80.0, 0.0, 161)
        reduction_db = static_reduction_db(level_db, float(values["threshold_db"]), float(values["ratio"]), _KNEE_DB)
        return Curve("transfer", level_db, level_db - reduction_db + float(values["makeup_db"]))

    def fitted(self, values: Values, source: Source) -> dict[str, ParamValue]:
        """Set the threshold 6 dB below the peaks of the loud passages of `source`: only peaks are to be caught."""
        return {**values, "threshold_db": min(0.0, fitted_threshold_db(source) + 4.0)}


class _FetProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int) -> None:
        self._threshold_db, self._ratio = float(values["threshold_db"]), float(values["ratio"])
        self._makeup_db, self._mix = float(values["makeup_db"]), float(values["mix_percent"]) / 100
        self._program = float(values["program_percent"]) / 100
        self._level = PeakLevel(sample_rate, _WINDOW_S)
        self._fast = Follower(float(values["attack_us"]) / 1e3, float(values["release_ms"]), sample_rate)
        self._slow = MovingAverage(round(_AVERAGE_S * sample_rate))

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:
        """See `Processor.process`."""
        level_db = self._level.level_db(block if sidechain is None else sidechain)
        fast_db = self._fast.follow(static_reduction_db(level_db, self._threshold_db, self._ratio, _KNEE_DB))
        # A share of the mean reduction is never above a steady one, so only the release knows of it.
        reduction_db = np.maximum(fast_db, self._program * self._slow.average(fast_db))
        self.gain_reduction_db = float(reduction_db.max(initial=0.0))
        return turned_down(block, reduction_db, self._makeup_db, self._mix)

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._level.reset()
        self._fast.reset()
        self._slow.reset()
