"""A noise gate with hysteresis, hold and look-ahead; another stem can tell it what is bleed."""

from __future__ import annotations

from typing import cast

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, ParamValue, Values
from stemstudio.core.source import Source
from stemstudio.effects.compressor import turned_down
from stemstudio.effects.detector import Follower, PeakLevel
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor, Real, frames_of
from stemstudio.effects.history import History
from stemstudio.effects.levels import pause_threshold_db

_PATIENCE_S = 2.0
"""How long the gate stays open on sound between its two thresholds: without an end it would remember for ever."""

THRESHOLD = ParamSpec(
    "threshold_db", "float", -45.0, "Threshold", "Higher takes more of the pauses away, and at last soft words.",
    -90.0, 0.0, 0.5, "dB",
)  # fmt: skip
BLEED = ParamSpec(
    "bleed_db", "float", -20.0, "Bleed of the side-chain",
    "With a stem as side-chain: what is not louder than that stem by this much is taken for its bleed.",
    -60.0, 0.0, 0.5, "dB", group="Side-chain",
)  # fmt: skip
LISTENS = ParamSpec(
    "sidechain_use", "choice", "bleed", "Side-chain is",
    "Whether the other stem marks its own bleed, or opens and shuts the gate itself.",
    choices=(("bleed", "the source of the bleed"), ("key", "the key")), group="Side-chain",
)  # fmt: skip


class Gate(Effect):
    """Shut below a threshold, open above it; look-ahead opens it before a word begins."""

    info = EffectInfo(
        "gate",
        "Noise gate",
        "Shuts in the pauses, where a separated stem has nothing but bleed and artefacts.",
        (
            THRESHOLD,
            ParamSpec(
                "range_db", "float", 60.0, "Range", "Higher makes the pauses quieter.", 0.0, 100.0, 1.0, "dB"
            ),
            ParamSpec(
                "hysteresis_db", "float", 6.0, "Hysteresis",
                "Wider keeps the gate open on sound that dies away, and from fluttering.", 0.0, 20.0, 0.5, "dB",
            ),
            ParamSpec(
                "attack_ms", "float", 1.5, "Attack", "Shorter opens faster; very short may click.", 0.1, 20.0, 0.1, "ms"
            ),
            ParamSpec(
                "hold_ms", "float", 80.0, "Hold", "Longer bridges short gaps.", 0.0, 1000.0, 5.0, "ms"
            ),
            ParamSpec(
                "release_ms", "float", 60.0, "Release", "Longer fades out more softly.", 5.0, 1000.0, 5.0, "ms"
            ),
            ParamSpec(
                "lookahead_ms", "float", 30.0, "Look-ahead", "Longer lets more of a soft beginning through.",
                0.0, 50.0, 0.5, "ms",
            ),
            BLEED,
            LISTENS,
        ),
        "Giannoulis, Massberg & Reiss (2013), Parameter Automation in a Dynamic Range Compressor",
        sidechain=True,
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _GateProcessor(values, sample_rate, channels)

    def latency_frames(self, values: Values, sample_rate: int) -> int:
        """See `Effect.latency_frames`."""
        return frames_of(values["lookahead_ms"], sample_rate)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        waits = frames_of(values["hold_ms"], sample_rate) + round(_PATIENCE_S * sample_rate)
        frames = PeakLevel(sample_rate).window_frames + self.latency_frames(values, sample_rate) + waits
        return Memory(frames, max(float(values["attack_ms"]), float(values["release_ms"])) / 1e3)

    def curve(self, values: Values, sample_rate: int) -> Curve:  # noqa: ARG002 - the same at any rate
        """Return output level over input level of sound that dies away: below the closing threshold it is shut."""
        level_db = np.linspace(-100.0, 0.0, 401)
        shut = level_db < float(values["threshold_db"]) - float(values["hysteresis_db"])
        return Curve("transfer", level_db, level_db - shut * float(values["range_db"]))

    def fitted(self, values: Values, source: Source) -> dict[str, ParamValue]:
        """Set the threshold from the measured floor of the pauses of `source`; as it is where it has none."""
        return fitted_to_pauses(values, source)


class _GateProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._range_db, self._hysteresis_db = float(values["range_db"]), float(values["hysteresis_db"])
        self._hold, self._patience = frames_of(values["hold_ms"], sample_rate), round(_PATIENCE_S * sample_rate)
        self._key = KeyLevel(values, sample_rate)
        self._follower = Follower(float(values["release_ms"]), float(values["attack_ms"]), sample_rate, self._range_db)
        self._delay = History(frames_of(values["lookahead_ms"], sample_rate), channels)
        self._state = np.zeros(3, np.int64)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:
        """See `Processor.process`."""
        from stemstudio.effects.kernels.envelope import gate_target

        level_db, threshold_db = self._key.levels(block, sidechain)
        shut = gate_target(level_db, threshold_db, self._hysteresis_db, self._hold, self._patience, self._state)
        reduction_db = self._follower.follow(shut * self._range_db)
        self.gain_reduction_db = float(reduction_db.max(initial=0.0))
        return turned_down(self._delay.delayed(block), reduction_db, 0.0, 1.0)

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        self._key.reset()
        self._follower.reset()
        self._delay.reset()
        self._state[:] = 0


class KeyLevel:
    """The level that a gate hears, and the threshold that holds for it at each moment."""

    def __init__(self, values: Values, sample_rate: int) -> None:
        self._threshold_db, self._bleed_db = float(values["threshold_db"]), float(values["bleed_db"])
        self._keyed = values["sidechain_use"] == "key"
        self._own, self._other = PeakLevel(sample_rate), PeakLevel(sample_rate)

    def levels(self, block: Samples, sidechain: Samples | None) -> tuple[Real, Real]:
        """Return level and opening threshold in dB, float64 (n,) each."""
        if sidechain is not None and self._keyed:
            level_db = self._other.level_db(sidechain)
            return level_db, np.full(len(level_db), self._threshold_db)
        level_db = self._own.level_db(block)
        if sidechain is None:
            return level_db, np.full(len(level_db), self._threshold_db)
        return level_db, np.maximum(self._threshold_db, self._other.level_db(sidechain) + self._bleed_db)

    def reset(self) -> None:
        """Forget all."""
        self._own.reset()
        self._other.reset()


def fitted_to_pauses(values: Values, source: Source) -> dict[str, ParamValue]:
    """Return `values` with the threshold that parts the sound of `source` from its pauses, to half a decibel."""
    measured_db = pause_threshold_db(source)
    if measured_db is None:
        return dict(values)
    rounded = cast("float", np.clip(round(2 * measured_db) / 2, -90.0, 0.0))
    return {**values, "threshold_db": float(rounded)}
