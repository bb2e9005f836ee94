"""A downward expander: what is soft becomes softer, without a switch."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, ParamValue, Values
from stemstudio.core.source import Source
from stemstudio.effects.compressor import turned_down
from stemstudio.effects.detector import Follower, PeakLevel
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor, Real, frames_of
from stemstudio.effects.gate import BLEED, LISTENS, THRESHOLD, KeyLevel, fitted_to_pauses
from stemstudio.effects.history import History


class Expander(Effect):
    """Gain falls by ``ratio - 1`` dB for every dB below the threshold, down to the range."""

    info = EffectInfo(
        "expander",
        "Expander",
        "Lowers bleed and reverb between the notes more naturally than a gate, and less completely.",
        (
            THRESHOLD,
            ParamSpec(
                "ratio", "float", 2.0, "Ratio", "Higher falls off faster below the threshold.", 1.0, 10.0, 0.1, ":1"
            ),
            ParamSpec("knee_db", "float", 6.0, "Knee", "Wider sets in more gently.", 0.0, 24.0, 0.5, "dB"),
            ParamSpec(
                "range_db", "float", 24.0, "Range", "Higher lets the pauses become quieter.", 0.0, 80.0, 1.0, "dB"
            ),
            ParamSpec(
                "attack_ms", "float", 3.0, "Attack", "Shorter lets beginnings through.", 0.1, 50.0, 0.1, "ms"
            ),
            ParamSpec(
                "release_ms", "float", 120.0, "Release", "Longer keeps the tails of notes.", 5.0, 1000.0, 5.0, "ms"
            ),
            ParamSpec(
                "lookahead_ms", "float", 8.0, "Look-ahead", "Longer opens earlier before a sound.",
                0.0, 50.0, 0.5, "ms",
            ),
            BLEED,
            LISTENS,
        ),
        "Giannoulis, Massberg & Reiss (2012), turned upside down",
        sidechain=True,
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _ExpanderProcessor(values, sample_rate, channels)

    def latency_frames(self, values: Values, sample_rate: int) -> int:
        """See `Effect.latency_frames`."""
        return frames_of(values["lookahead_ms"], sample_rate)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        frames = PeakLevel(sample_rate).window_frames + self.latency_frames(values, sample_rate)
        return Memory(frames, max(float(values["attack_ms"]), float(values["release_ms"])) / 1e3)

    def curve(self, values: Values, sample_rate: int) -> Curve:  # noqa: ARG002 - the same at any rate
        """Return output level over input level of a steady tone."""
        level_db = np.linspace(-100.0, 0.0, 201)
        return Curve("transfer", level_db, level_db - _reduction_db(level_db - float(values["threshold_db"]), values))

    def fitted(self, values: Values, source: Source) -> dict[str, ParamValue]:
        """Set the threshold from the measured floor of the pauses of `source`; as it is where it has none."""
        return fitted_to_pauses(values, source)


class _ExpanderProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._values = values
        self._key = KeyLevel(values, sample_rate)
        # As after silence.
        start_db = float(_reduction_db(np.full(1, -200.0 - float(values["threshold_db"])), values)[0])
        self._follower = Follower(float(values["release_ms"]), float(values["attack_ms"]), sample_rate, start_db)
        self._delay = History(frames_of(values["lookahead_ms"], sample_rate), channels)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:
        """See `Processor.process`."""
        level_db, threshold_db = self._key.levels(block, sidechain)
        reduction_db = self._follower.follow(_reduction_db(level_db - threshold_db, self._values))
        self.gain_reduction_db = float(reduction_db.max(initial=0.0))
        return turned_down(self._delay.delayed(block), reduction_db, 0.0, 1.0)

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._key.reset()
        self._follower.reset()
        self._delay.reset()


def _reduction_db(over_db: Real, values: Values) -> Real:
    ratio, knee_db, range_db = float(values["ratio"]), float(values["knee_db"]), float(values["range_db"])
    bent = np.clip(knee_db / 2 - over_db, 0.0, knee_db) ** 2 / (2 * knee_db) if knee_db > 0 else 0.0
    return np.minimum(range_db, (ratio - 1) * (bent + np.maximum(-over_db - knee_db / 2, 0.0)))
