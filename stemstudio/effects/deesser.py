"""A de-esser: turns sibilants down in their own band and leaves the rest as it is, to the sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.detector import Follower, MovingAverage
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor, Real, amplitude, decibels, frames_of
from stemstudio.effects.history import History

_WINDOW_S = 0.004
_HOLD_S = 0.012
_VOICE_S = 1.0
_QUIET_DB = -55.0
"""A voice below this level is a pause, and its hiss no sibilant."""
_SHARE_DB = -7.0
"""A sibilant has nearly all of its energy in the band; a bright vowel has not."""
_SOFTNESS_DB = 5.0
_TRANSITION_HZ = 1000.0
_STOPBAND_BETA = 5.65  # Kaiser's window for 60 dB


class DeEsser(Effect):
    """Split band: output = input - (1 - gain) * band, with a band filter of linear phase."""

    info = EffectInfo(
        "deesser",
        "De-esser",
        "Softens sharp s, sh and t of a voice by a set amount, whatever the voice's level.",
        (
            ParamSpec(
                "reduction_db", "float", 6.0, "Reduction", "Higher takes more of the sibilants away, at last a lisp.",
                0.0, 24.0, 0.5, "dB",
            ),
            ParamSpec(
                "threshold_db", "float", -16.0, "Threshold",
                "Lower acts on softer sibilants; it is relative to the level of the voice.", -40.0, 10.0, 0.5, "dB",
            ),
            ParamSpec(
                "low_hz", "float", 4500.0, "From", "Lower reaches sh and ch, higher spares the body of the voice.",
                3000.0, 10000.0, 100.0, "Hz",
            ),
            ParamSpec(
                "high_hz", "float", 12000.0, "To", "Lower leaves the air above the sibilants.",
                6000.0, 20000.0, 100.0, "Hz",
            ),
            ParamSpec(
                "release_ms", "float", 25.0, "Release", "Longer lets go more softly.", 5.0, 200.0, 1.0, "ms"
            ),
            ParamSpec(
                "lookahead_ms", "float", 6.0, "Look-ahead", "Longer catches the very beginning of a sibilant.",
                0.0, 20.0, 0.5, "ms", group="Advanced",
            ),
            ParamSpec("listen", "bool", False, "Listen", "Plays what is taken away, to find the band."),
        ),
        "Zölzer (ed., 2011), DAFX, ch. 4.4; detection by the band's share and by the voice's level is our own",
    )  # fmt: skip

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """See `Effect.prepare`."""
        return _DeEsserProcessor(values, sample_rate, channels)

    def latency_frames(self, values: Values, sample_rate: int) -> int:
        """See `Effect.latency_frames`."""
        return _filter_reach(sample_rate) + frames_of(values["lookahead_ms"], sample_rate)

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        windows = round((_WINDOW_S + _HOLD_S + _VOICE_S) * sample_rate)
        frames = 2 * _filter_reach(sample_rate) + self.latency_frames(values, sample_rate) + windows
        return Memory(frames, float(values["release_ms"]) / 1e3)

    def curve(self, values: Values, sample_rate: int) -> Curve:
        """Return what a sibilant is turned down by over frequency."""
        hertz = np.geomspace(20.0, min(20000.0, sample_rate / 2), 256)
        taps = _band_taps(float(values["low_hz"]), float(values["high_hz"]), sample_rate)[0]
        place = np.arange(len(taps)) - (len(taps) - 1 - _filter_reach(sample_rate))
        band = np.cos(2 * np.pi * np.outer(hertz / sample_rate, place)) @ taps.astype(np.float64)
        taken = (1 - amplitude(-float(values["reduction_db"]))) * band
        return Curve("response", hertz, decibels(np.abs(1 - taken)))


class _DeEsserProcessor:
    gain_reduction_db = 0.0

    def __init__(self, values: Values, sample_rate: int, channels: int) -> None:
        self._reduction_db, self._threshold_db = float(values["reduction_db"]), float(values["threshold_db"])
        self._listen = bool(values["listen"])
        reach = _filter_reach(sample_rate)
        self._taps = _band_taps(float(values["low_hz"]), float(values["high_hz"]), sample_rate)
        self._incoming = History(self._taps.shape[1] - 1, channels)
        self._reach = reach
        lookahead = frames_of(values["lookahead_ms"], sample_rate)
        self._whole_delay, self._band_delay = History(lookahead, channels), History(lookahead, channels)
        short = round(_WINDOW_S * sample_rate)
        self._band_power, self._whole_power = MovingAverage(short), MovingAverage(short)
        self._voice_power = MovingAverage(round(_VOICE_S * sample_rate))
        self._hold = max(1, round(_HOLD_S * sample_rate))
        self._held = History(self._hold - 1, dtype=np.float64)
        self._follower = Follower(1.0, float(values["release_ms"]), sample_rate)

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        from stemstudio.effects.kernels.fir import correlate

        joined = self._incoming.joined(block)
        band = correlate(joined, self._taps)[:, 0]
        late = joined.shape[1] - block.shape[1] - self._reach
        whole = joined[:, late : late + block.shape[1]]
        reduction_db = self._reduction(band, whole)
        self.gain_reduction_db = float(reduction_db.max(initial=0.0))
        taken = (1 - amplitude(-reduction_db)).astype(np.float32) * self._band_delay.delayed(band)
        whole = self._whole_delay.delayed(whole)
        left: Samples = whole - taken
        return taken if self._listen else left

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        for history in (self._incoming, self._whole_delay, self._band_delay, self._held):
            history.reset()
        for mean in (self._band_power, self._whole_power, self._voice_power):
            mean.reset()
        self._follower.reset()

    def _reduction(self, band: Samples, whole: Samples) -> Real:
        from stemstudio.effects.kernels.envelope import sliding_max

        band_power, whole_power = _power(band), _power(whole)
        band_db = _level_db(self._band_power.average(band_power))
        whole_db = _level_db(self._whole_power.average(whole_power))
        voice_db = np.maximum(_level_db(self._voice_power.average(whole_power)), _QUIET_DB)
        strong = _smooth_step((band_db - voice_db - self._threshold_db) / _SOFTNESS_DB)
        sharp = _smooth_step((band_db - whole_db - _SHARE_DB) / _SOFTNESS_DB + 1)
        held = sliding_max(self._held.joined(self._reduction_db * strong * sharp), self._hold)
        return self._follower.follow(held)


def _filter_reach(sample_rate: int) -> int:
    """Half the length of the band filter: what it needs for its transition at 60 dB (Kaiser, 1974), even."""
    count = (60.0 - 7.95) / (14.36 * _TRANSITION_HZ / sample_rate)
    return 2 * round(count / 4)


def _band_taps(low_hz: float, high_hz: float, sample_rate: int) -> NDArray[np.float32]:
    """Band-pass of linear phase; a high-pass where `high_hz` is near or above the Nyquist frequency.

    Returns
    -------
    float32 (1, count)
        Zeros in front fill the count up to a multiple of four.
    """
    reach = _filter_reach(sample_rate)
    place = np.arange(-reach, reach + 1)
    top = high_hz / sample_rate
    wide = (place == 0).astype(np.float64) if top > 0.49 else 2 * top * np.sinc(2 * top * place)
    low = min(low_hz / sample_rate, 0.49)
    taps = (wide - 2 * low * np.sinc(2 * low * place)) * np.kaiser(len(place), _STOPBAND_BETA)
    return np.concatenate([np.zeros(-len(taps) % 4), taps]).astype(np.float32)[None]


def _power(samples: Samples) -> Real:
    return np.asarray(np.square(samples, dtype=np.float64).mean(axis=0))


def _level_db(power: Real) -> Real:
    return decibels(np.sqrt(np.maximum(power, 0.0)))


def _smooth_step(place: Real) -> Real:
    """0 up to 0, 1 from 1 on, without a corner between."""
    inside = np.clip(place, 0.0, 1.0)
    return np.asarray(inside * inside * (3 - 2 * inside))
