from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.params import resolve
from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.levels import pause_threshold_db
from stemstudio.effects.presets import fitted_slot, preset
from stemstudio.effects.registry import effect

RATE = 48000
STEP_S = 0.01


def tone(hertz, seconds, level_db=0.0):
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def level_db(samples):
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples))) * np.sqrt(2) + 1e-12)


def bleeding(sung, song, start_s, stem):
    """A real voice whose pauses are silent, and the same with another stem 24 dB below it in all of it."""
    voice, other = sung(song, start_s, 60), sung(song, start_s, 60, stem)
    louder = [
        np.sqrt(np.mean(each.samples[:, np.abs(each.samples).max(axis=0) > 1e-3] ** 2)) for each in (voice, other)
    ]
    bleed = other.samples * (louder[0] / louder[1] * 10 ** (-24 / 20))
    return voice, AudioBuffer(voice.samples + bleed, voice.sample_rate)


def peaks(samples, rate):
    step = round(STEP_S * rate)
    return np.abs(samples).max(axis=0)[: samples.shape[1] // step * step].reshape(-1, step).max(axis=1)


@pytest.mark.parametrize(
    ("song", "start_s", "stem"),
    [("lithium", 160, "melody_pad"), ("sodium", 200, "slow_beat"), ("rubidium", 20, "drums_main")],
)
def test_bleed_in_the_pauses_is_gone_and_no_word_is_cut(sung, song, start_s, stem):
    voice, mixed = bleeding(sung, song, start_s, stem)
    slot = fitted_slot(ChainSlot.of("gate"), mixed)
    out = ChainSource(mixed, (slot,)).read(0, mixed.frames)
    envelope = peaks(voice.samples, voice.sample_rate)
    step, active = round(STEP_S * voice.sample_rate), envelope > 3e-4
    # A pause begins 0.6 s after the last of a word, which the hold and the release take, and ends before the next.
    after = np.convolve(active, np.ones(60), "full")[: len(active)] > 0
    before = np.convolve(active[::-1], np.ones(10), "full")[: len(active)][::-1] > 0
    pause = np.repeat(~after & ~before, step)
    assert pause.sum() > 3 * voice.sample_rate
    samples = mixed.samples[:, : len(pause)]
    energy = np.sum(samples[:, pause] ** 2), np.sum(out[:, : len(pause)][:, pause] ** 2)
    assert energy[0] > 0
    assert 10 * np.log10(energy[0] / energy[1]) >= 30
    top = np.percentile(envelope[envelope > 1e-3], 95)
    starts = [
        place
        for place in range(30, len(envelope) - 10)
        if envelope[place] > 0.01 * top
        and (envelope[place - 30 : place] <= 0.01 * top).all()
        and envelope[place : place + 15].max() > 0.1 * top
    ]
    assert len(starts) >= 2
    for place in starts:
        first = slice(place * step, place * step + round(0.05 * voice.sample_rate))
        word = voice.samples[:, first]
        kept = np.sum(out[:, first] * word) / np.sum(mixed.samples[:, first] * word)
        assert 20 * np.log10(kept) > -0.1, f"a word at {place * STEP_S:.2f} s is cut"


def test_the_preset_for_voices_silences_real_bleed(sung):
    _, mixed = bleeding(sung, "sodium", 200, "slow_beat")
    slot = next(slot for slot in preset("vocal-stem").chain_for(mixed) if slot.effect == "gate")
    assert -50 < dict(slot.values)["threshold_db"] < -20


@pytest.mark.parametrize("range_db", [20.0, 60.0])
def test_it_shuts_by_its_range_and_opens_whole(through, range_db):
    samples = np.concatenate([tone(440, 1.0, -50), tone(440, 1.0, -10), tone(440, 1.0, -50)])
    out = through("gate", samples, {"threshold_db": -30.0, "range_db": range_db})[0]
    assert level_db(out[RATE // 2 : RATE * 8 // 10]) == pytest.approx(-50 - range_db, abs=0.1)
    assert level_db(out[RATE : RATE + 480]) == pytest.approx(-10, abs=0.1)
    assert level_db(out[-RATE // 4 :]) == pytest.approx(-50 - range_db, abs=0.1)


def test_hysteresis_keeps_dying_sound_and_hold_bridges_gaps(through):
    words = [tone(440, 0.3, -10), tone(440, 0.3, -34), tone(440, 0.15, -80), tone(440, 0.3, -34)]
    samples = np.concatenate([*words, np.zeros(RATE // 2)])
    values = {"threshold_db": -30.0, "range_db": 60.0, "hold_ms": 200.0, "hysteresis_db": 8.0}
    assert level_db(through("gate", samples, values)[0][RATE * 8 // 10 : RATE]) == pytest.approx(-34, abs=0.1)
    short = through("gate", samples, {**values, "hold_ms": 10.0})[0]
    assert level_db(short[RATE * 85 // 100 : RATE]) < -80
    narrow = through("gate", samples, {**values, "hysteresis_db": 2.0, "hold_ms": 0.0, "release_ms": 10.0})[0]
    assert level_db(narrow[RATE * 45 // 100 : RATE * 55 // 100]) < -80


def test_another_stem_marks_its_bleed(through):
    """The same soft sound stays while the other stem is silent and goes while it is its bleed."""
    other = np.concatenate([np.zeros(RATE), tone(90, 1.0, -6)])
    samples = tone(440, 2.0, -40)
    values = {"threshold_db": -50.0, "bleed_db": -20.0, "range_db": 60.0}
    for name in ("gate", "expander"):
        values = values | ({"ratio": 10.0} if name == "expander" else {})
        out = through(name, samples, values, other=other)[0]
        assert level_db(out[RATE // 2 : RATE * 9 // 10]) == pytest.approx(-40, abs=0.1)
        assert level_db(out[-RATE // 2 :]) < -60


def test_another_stem_can_be_the_key(through):
    other = np.concatenate([np.zeros(RATE), tone(90, 1.0, -6)])
    values = {"threshold_db": -30.0, "sidechain_use": "key", "range_db": 60.0}
    out = through("gate", tone(440, 2.0, -10), values, other=other)[0]
    assert level_db(out[RATE // 2 : RATE * 9 // 10]) < -60
    assert level_db(out[-RATE // 2 :]) == pytest.approx(-10, abs=0.1)


def test_both_sides_open_together(through):
    samples = np.stack([np.concatenate([tone(440, 1.0, -80), tone(440, 1.0, -10)]), tone(300, 2.0, -60)])
    out = through("gate", samples, {"threshold_db": -30.0, "range_db": 40.0})
    assert level_db(out[1, RATE // 2 : RATE * 9 // 10]) == pytest.approx(-100, abs=0.5)
    assert level_db(out[1, -RATE // 2 :]) == pytest.approx(-60, abs=0.1)


def test_the_expander_follows_its_curve(through):
    for before_db in (-20.0, -40.0, -50.0, -90.0):
        out = through("expander", tone(700, 1.0, before_db), {"threshold_db": -30.0, "ratio": 2.0, "range_db": 25.0})
        expected_db = before_db - min(25.0, max(0.0, -30.0 - before_db))
        assert level_db(out[:, -RATE // 4 :]) == pytest.approx(expected_db, abs=0.5)


def test_there_is_no_threshold_where_nothing_is_to_part():
    steady = AudioBuffer(tone(440, 3.0, -20)[None].astype(np.float32), RATE)
    assert pause_threshold_db(steady) is None
    assert pause_threshold_db(AudioBuffer(np.zeros((2, RATE), np.float32), RATE)) is None
    assert fitted_slot(ChainSlot.of("gate", {"threshold_db": -33.0}), steady) == ChainSlot.of(
        "gate", {"threshold_db": -33.0}
    )


def test_the_threshold_parts_sound_from_noise():
    rng = np.random.default_rng(4)
    samples = np.concatenate([tone(440, 2.0, -12), np.zeros(2 * RATE), tone(440, 1.0, -18), np.zeros(RATE)])
    samples += 10 ** (-62 / 20) * rng.normal(0, 1, len(samples))
    threshold_db = pause_threshold_db(AudioBuffer(samples[None].astype(np.float32), RATE))
    assert -50 < threshold_db < -19


def test_its_picture_falls_by_its_range():
    kind = effect("gate")
    values = resolve(kind.info.params, {"threshold_db": -40.0, "hysteresis_db": 4.0, "range_db": 30.0})
    curve = kind.curve(values, RATE)
    assert np.interp([-50.0, -42.0, -10.0], curve.x, curve.y) == pytest.approx([-80, -42, -10], abs=0.1)
