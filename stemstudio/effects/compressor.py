"""A clean compressor: feed-forward, linked, in the logarithmic domain."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, ParamValue, Values
from stemstudio.core.source import Source
from stemstudio.effects.detector import Follower, PeakLevel
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor, Real, amplitude, frames_of
from stemstudio.effects.history import History
from stemstudio.effects.levels import loud_level_db

THRESHOLD = ParamSpec(
    "threshold_db", "float", -24.0, "Threshold", "Lower compresses more of the sound.", -60.0, 0.0, 0.5, "dB"
)
MAKEUP = ParamSpec(
    "makeup_db", "float", 0.0, "Make-up gain", "Higher gives back the level that compression took.", -12.0, 24.0, 0.5,
    "dB",
)  # fmt: skip
MIX = ParamSpec(
    "mix_percent", "float", 100.0, "Mix", "Lower lets the untouched sound through beside the compressed one.",
    0.0, 100.0, 1.0, "%",
)  # fmt: skip
_FIT_BELOW_DB = 10.0


class Compressor(Effect):
    """Gain computer with a soft knee and a smooth branching detector behind it."""

    info = EffectInfo(
        "compressor",
        "Compressor",
        "Evens out level without colour; slow settings hold a voice in place, fast ones catch peaks.",
        (
            THRESHOLD,
            ParamSpec(
                "ratio", "float", 3.0, "Ratio", "Higher lets less of what exceeds the threshold through.",
                1.0, 20.0, 0.1, ":1",
            ),
            ParamSpec(
                "knee_db", "float", 6.0, "Knee", "Wider sets in more gently around the threshold.", 0.0, 24.0, 0.5, "dB"
            ),
            ParamSpec(
                "attack_ms", "float", 15.0, "Attack", "Shorter catches peaks, longer keeps consonants and hits crisp.",
                0.1, 200.0, 0.1, "ms",
            ),
            ParamSpec(
                "release_ms", "float", 120.0, "Release", "Shorter sounds louder and may pump, longer stays unnoticed.",
                5.0, 1000.0, 1.0, "ms",
            ),
            MAKEUP,
            MIX,
            ParamSpec(
                "lookahead_ms", "float", 0.0, "Look-ahead", "Longer turns down before a peak instead of after it.",
                0.0, 10.0, 0.1, "ms", group="Advanced",
            ),
            ParamSpec(
                "low_cut_hz", "float", 20.0, "Detector low cut", "Higher keeps bass from turning the rest down.",
                20.0, 500.0, 5.0, "Hz", group="Advanced",
            ),
        ),
        "Giannoulis, Massberg & Reiss (2012), Digital Dynamic Range Compressor Design: A Tutorial and Analysis",
        sidechain=True,
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _CompressorProcessor(values, sample_rate, channels)

    def latency_frames(self, values: Values, sample_rate: int) -> int:
        """See `Effect.latency_frames`."""
        return frames_of(values["lookahead_ms"], sample_rate)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        slowest_ms = max(float(values["attack_ms"]), float(values["release_ms"]))
        window = PeakLevel(sample_rate).window_frames
        return Memory(
            window + self.latency_frames(values, sample_rate) + _settling(values, sample_rate), slowest_ms / 1e3
        )

    def curve(self, values: Values, sample_rate: int) -> Curve:  # noqa: ARG002 - the same at any rate
        """Return output level over input level of a steady tone."""
        level_db = np.linspace(-80.0, 0.0, 161)
        reduction_db = static_reduction_db(
            level_db, float(values["threshold_db"]), float(values["ratio"]), float(values["knee_db"])
        )
        return Curve("transfer", level_db, level_db - reduction_db + float(values["makeup_db"]))

    def fitted(self, values: Values, source: Source) -> dict[str, ParamValue]:
        """Set the threshold 10 dB below the peaks of the loud passages of `source`."""
        return {**values, "threshold_db": fitted_threshold_db(source)}


class _CompressorProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._threshold_db, self._ratio = float(values["threshold_db"]), float(values["ratio"])
        self._knee_db, self._makeup_db = float(values["knee_db"]), float(values["makeup_db"])
        self._mix = float(values["mix_percent"]) / 100
        self._level = PeakLevel(sample_rate, low_cut_hz=float(values["low_cut_hz"]))
        self._follower = Follower(float(values["attack_ms"]), float(values["release_ms"]), sample_rate)
        self._delay = History(frames_of(values["lookahead_ms"], sample_rate), channels)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:
        """See `Processor.process`."""
        level_db = self._level.level_db(block if sidechain is None else sidechain)
        target_db = static_reduction_db(level_db, self._threshold_db, self._ratio, self._knee_db)
        reduction_db = self._follower.follow(target_db)
        self.gain_reduction_db = float(reduction_db.max(initial=0.0))
        return turned_down(self._delay.delayed(block), reduction_db, self._makeup_db, self._mix)

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._level.reset()
        self._follower.reset()
        self._delay.reset()


def static_reduction_db(level_db: Real, threshold_db: float, ratio: float, knee_db: float) -> Real:
    """Return how much a steady tone of `level_db` is turned down (Giannoulis et al., 2012, eq. 4)."""
    over = level_db - threshold_db
    bent = np.clip(over + knee_db / 2, 0.0, knee_db) ** 2 / (2 * knee_db) if knee_db > 0 else 0.0
    return np.asarray((1 - 1 / ratio) * (bent + np.maximum(over - knee_db / 2, 0.0)))


def turned_down(samples: Samples, reduction_db: Real, makeup_db: float, mix: float) -> Samples:
    """Apply a gain for each frame; `mix` 1 is all compressed, 0 untouched."""
    gain = (mix * amplitude(makeup_db - reduction_db) + (1 - mix)).astype(np.float32)
    return samples * gain


def fitted_threshold_db(source: Source) -> float:
    """Return a threshold that loud passages exceed by 10 dB, to half a decibel."""
    return float(np.clip(np.round(2 * (loud_level_db(source) - _FIT_BELOW_DB)) / 2, -60.0, 0.0))


def _settling(values: Values, sample_rate: int) -> int:
    """Length of the detector filter's ringing."""
    low_cut_hz = float(values["low_cut_hz"])
    return round(4.0 * sample_rate / low_cut_hz) if low_cut_hz > 20.0 else 0
