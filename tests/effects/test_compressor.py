from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.params import resolve
from stemstudio.effects.registry import effect

RATE = 48000


def tone(hertz, seconds, level_db=0.0):
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def level_db(samples):
    return 20 * np.log10(np.abs(samples).max())


def gain_db(through, name, samples, values, frames=48):
    """Gain of each millisecond, where the input has any level."""
    out = through(name, samples, values)[0]
    rows = len(samples) // frames
    energy = [np.sum(each[: rows * frames].reshape(rows, frames) ** 2, axis=1) for each in (out, samples)]
    return 10 * np.log10(energy[0] / energy[1])


@pytest.mark.parametrize("knee_db", [0.0, 6.0, 18.0])
@pytest.mark.parametrize("hertz", [60.0, 1000.0, 9000.0])
def test_the_static_curve_is_kept_within_half_a_decibel(through, knee_db, hertz):
    values = {"threshold_db": -24.0, "ratio": 4.0, "knee_db": knee_db, "makeup_db": 2.0}
    for before_db in (-60.0, -30.0, -26.0, -24.0, -20.0, -12.0, 0.0):
        after_db = level_db(through("compressor", tone(hertz, 1.0, before_db), values)[:, -RATE // 4 :])
        over = before_db + 24.0
        if 2 * over <= -knee_db:
            expected_db = before_db
        elif 2 * over < knee_db:
            expected_db = before_db + (1 / 4 - 1) * (over + knee_db / 2) ** 2 / (2 * knee_db)
        else:
            expected_db = -24.0 + over / 4
        assert after_db == pytest.approx(expected_db + 2.0, abs=0.5)


@pytest.mark.parametrize("name", ["compressor", "fet"])
def test_the_picture_is_what_is_heard(name, through):
    kind = effect(name)
    values = resolve(kind.info.params, {"threshold_db": -30.0, "makeup_db": 3.0})
    curve = kind.curve(values, RATE)
    assert curve.kind == "transfer"
    for before_db in (-50.0, -31.0, -29.0, -10.0):
        after_db = level_db(through(name, tone(700, 1.0, before_db), values)[:, -RATE // 4 :])
        assert np.interp(before_db, curve.x, curve.y) == pytest.approx(after_db, abs=0.5)


@pytest.mark.parametrize(("attack_ms", "release_ms"), [(5.0, 60.0), (30.0, 200.0), (100.0, 400.0)])
def test_attack_and_release_take_the_time_they_were_given(through, attack_ms, release_ms):
    samples = np.concatenate([tone(2000, 1.0, -40), tone(2000, 1.0, -6), tone(2000, 3.0, -40)])
    values = {"threshold_db": -30.0, "ratio": 6.0, "knee_db": 0.0, "attack_ms": attack_ms, "release_ms": release_ms}
    gains_db = gain_db(through, "compressor", samples, values, 12)  # quarters of a millisecond
    assert rise_time(gains_db[4000:8000]) / 4 == pytest.approx(attack_ms, rel=0.1)
    assert rise_time(gains_db[8000:]) / 4 == pytest.approx(release_ms, rel=0.1)


def rise_time(gains_db):
    """Time constant of the exponential that `gains_db` follows, from its passage of a fifth and of 63 %."""
    done = np.maximum.accumulate((gains_db - gains_db[0]) / (gains_db[-1] - gains_db[0]))
    low, high = (np.interp(level, done, np.arange(len(done))) for level in (0.2, 1 - np.exp(-1)))
    return (high - low) / (1 + np.log(0.8))


def test_both_sides_are_turned_down_alike(through):
    samples = np.stack([tone(440, 1.0, -3), tone(300, 1.0, -33)])
    for name in ("compressor", "fet"):
        out = through(name, samples, {"threshold_db": -30.0})
        for channel in (0, 1):
            change = level_db(out[channel, -RATE // 2 :]) - level_db(samples[channel])
            assert change == pytest.approx(level_db(out[0, -RATE // 2 :]) + 3, abs=0.05)
            assert change < -10


def test_another_stem_ducks_it(through):
    samples, other = tone(440, 2.0, -20), np.concatenate([np.zeros(RATE), tone(100, 1.0, -6)])
    out = through("compressor", samples, {"threshold_db": -30.0, "ratio": 10.0}, other=other)[0]
    assert level_db(out[RATE // 2 : RATE]) == pytest.approx(-20, abs=0.1)
    assert level_db(out[-RATE // 2 :]) < -38


def test_the_bass_is_not_heard_above_the_low_cut(through):
    samples = tone(50, 1.0, -3) + tone(2000, 1.0, -40)
    whole, deaf = (through("compressor", samples, {"threshold_db": -30.0, "low_cut_hz": hertz}) for hertz in (20, 500))
    assert level_db(whole[:, -RATE // 2 :]) < -15
    assert level_db(deaf[:, -RATE // 2 :]) > -6


def test_look_ahead_holds_the_peak(through):
    samples = np.concatenate([tone(440, 0.5, -40), tone(440, 0.5, -3)])
    values = {"threshold_db": -20.0, "ratio": 20.0, "attack_ms": 1.0}
    late, early = (through("compressor", samples, {**values, "lookahead_ms": ms}) for ms in (0.0, 6.0))
    assert level_db(early) < level_db(late) - 6


def test_the_threshold_is_fitted_to_the_loud_passages():
    loud = np.concatenate([tone(440, 2.0, -12), tone(440, 4.0, -60)])
    for name, below_db in (("compressor", 10.0), ("fet", 6.0)):
        source = AudioBuffer(loud[None].astype(np.float32), RATE)
        assert effect(name).fitted({}, source)["threshold_db"] == pytest.approx(-12 - below_db, abs=0.5)


def test_the_fet_lets_single_peaks_go_faster_than_lasting_sound(through):
    values = {"threshold_db": -30.0, "ratio": "8", "release_ms": 60.0, "program_percent": 80.0}
    left_db = {}
    for name, seconds in (("peak", 0.02), ("held", 1.0)):
        samples = np.concatenate([tone(1000, 1.0, -50), tone(1000, seconds, -6), tone(1000, 1.0, -50)])
        after = round((1.0 + seconds + 0.12) * 1000)
        left_db[name] = -gain_db(through, "fet", samples, values)[after]
    assert left_db["peak"] < 3.5
    assert left_db["held"] > left_db["peak"] + 5


def test_the_fet_is_fast(through):
    samples = np.concatenate([tone(5000, 0.5, -50), tone(5000, 0.5, -6)])
    gains_db = gain_db(through, "fet", samples, {"threshold_db": -30.0, "ratio": "20", "attack_us": 20.0})
    assert gains_db[501] < -20
