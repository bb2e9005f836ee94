"""Reverb, echoes, chorus, width: what they do to time and space."""

from __future__ import annotations

import numpy as np
import pytest

RATE = 48000


def impulse(seconds):
    samples = np.zeros((2, round(seconds * RATE)))
    samples[:, 0] = 1
    return samples


def decay_s(response):
    """Time to fall by 60 dB, from the slope between -5 and -35 dB (Schroeder's integral)."""
    energy = np.cumsum((response[:, ::-1] ** 2).sum(axis=0))[::-1]
    level_db = 10 * np.log10(energy / energy[0])
    first, last = np.flatnonzero(level_db < -5)[0], np.flatnonzero(level_db < -35)[0]
    return 2 * (last - first) / RATE


@pytest.mark.parametrize("wanted_s", [0.6, 1.6, 4.0])
def test_the_plate_rings_as_long_as_it_was_told(through, wanted_s):
    values = {"mix_percent": 100.0, "decay_s": wanted_s, "damping_hz": 16000.0}
    response = through("plate", impulse(2 * wanted_s), values)
    assert decay_s(response) == pytest.approx(wanted_s, rel=0.25)


def test_the_plate_is_dense_wide_and_late_by_its_predelay(through):
    response = through("plate", impulse(2.0), {"mix_percent": 100.0, "predelay_ms": 50.0})
    assert not response[:, : RATE // 20].any()
    tail = response[:, RATE // 4 : RATE // 3]
    assert np.mean(np.abs(tail) > 0.1 * np.sqrt(np.mean(tail**2))) > 0.8
    assert abs(np.corrcoef(tail)[0, 1]) < 0.3


def test_damping_makes_the_plate_darker(through):
    bright, dark = (
        through("plate", impulse(2.0), {"mix_percent": 100.0, "damping_hz": hz}) for hz in (16000.0, 1500.0)
    )
    late = slice(RATE // 2, RATE)
    share = [np.sum(np.abs(np.fft.rfft(each[0, late]))[RATE // 8 :] ** 2) for each in (bright, dark)]
    assert share[1] < 0.05 * share[0]


def test_echoes_come_in_their_time_and_fade(through):
    values = {"time_ms": 100.0, "feedback_percent": 50.0, "damping_hz": 20000.0, "mix_percent": 100.0}
    response = through("delay", impulse(0.6), values)[0]
    echoes = [np.abs(response[place - 5 : place + 50]).sum() for place in (4800, 9600, 14400)]
    assert response[0] == 1
    assert not response[1:4800].any()
    assert echoes[0] == pytest.approx(1.0, abs=0.01)
    assert echoes[1] / echoes[0] == pytest.approx(0.5, abs=0.03)
    assert echoes[2] / echoes[1] == pytest.approx(0.5, abs=0.03)


def test_ping_pong_changes_sides(through):
    samples = impulse(0.5)
    samples[1] = 0
    response = through("delay", samples, {"time_ms": 100.0, "crossed": True, "mix_percent": 100.0})
    at = [np.abs(response[:, place - 5 : place + 50]).sum(axis=1) for place in (4800, 9600)]
    assert at[0][0] > 0.5 > at[0][1]
    assert at[1][1] > 0.1 > at[1][0]


@pytest.mark.parametrize("values", [{"width_percent": 0.0}, {"width_percent": 300.0}, {"spread_percent": 100.0}])
def test_the_widener_never_changes_the_mono_sound(through, values):
    samples = np.random.default_rng(0).normal(0, 0.2, (2, RATE))
    out = through("widener", samples, values)
    assert np.abs(out.sum(axis=0) - samples.sum(axis=0)).max() < 1e-6


def test_width_and_spread(through):
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.2, (2, RATE))
    side = [np.std(np.diff(through("widener", samples, {"width_percent": width}), axis=0)) for width in (0, 100, 200)]
    assert side[0] < 1e-6
    assert side[2] == pytest.approx(2 * side[1], rel=0.01)
    mono = np.repeat(samples[:1], 2, axis=0)
    assert not np.diff(through("widener", mono), axis=0).any()
    spread = through("widener", mono, {"spread_percent": 80.0})
    assert np.corrcoef(spread)[0, 1] < 0.5
    bass = np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE)
    assert np.std(np.diff(through("widener", np.stack([bass, bass]), {"spread_percent": 80.0}), axis=0)) < 0.1


def test_the_chorus_detunes_and_spreads(through):
    t = np.arange(2 * RATE) / RATE
    tone = np.repeat(0.5 * np.sin(2 * np.pi * 1000 * t)[None], 2, axis=0)
    wet = through("chorus", tone, {"mix_percent": 100.0, "depth_ms": 4.0, "rate_hz": 1.0})
    power = np.abs(np.fft.rfft(wet[0] * np.hanning(len(t)))) ** 2
    hertz = np.fft.rfftfreq(len(t), 1 / RATE)
    around = power[(np.abs(hertz - 1000) > 5) & (np.abs(hertz - 1000) < 60)].sum()
    assert around > 0.1 * power.sum()
    assert np.abs(np.diff(wet, axis=0)).max() > 0.1


def test_the_phaser_cuts_notches_that_wander(through):
    rng = np.random.default_rng(0)
    noise = np.repeat(rng.normal(0, 0.2, (1, 8 * RATE)), 2, axis=0)
    out = through("phaser", noise, {"rate_hz": 0.125, "feedback_percent": 0.0})
    notches = []
    for start_s in (0.0, 3.5):  # at the lowest place, and at the highest
        part = slice(round(start_s * RATE), round((start_s + 0.5) * RATE))
        ratio = np.abs(np.fft.rfft(out[0, part])) ** 2 / np.abs(np.fft.rfft(noise[0, part])) ** 2
        smooth = np.convolve(ratio, np.ones(15) / 15, "same")[30:10000]
        assert 10 * np.log10(smooth.min()) < -15
        notches.append(2 * (30 + int(np.argmin(smooth))))
    assert notches[1] > 2 * notches[0]


def test_saturation_adds_overtones_that_do_not_fold_back(through):
    t = np.arange(RATE) / RATE
    out = through("saturation", 0.8 * np.sin(2 * np.pi * 9000 * t), {"drive_db": 9.0, "even_percent": 50.0})[0]
    level_db = 20 * np.log10(np.abs(np.fft.rfft(out * np.hanning(RATE))) + 1e-9)
    level_db -= level_db.max()
    assert level_db[18000] > -40, "even overtones"
    folded = [48000 - 27000, 48000 - 45000, 54000 - 48000]  # where the third, fifth and sixth would fold to
    assert max(level_db[place] for place in folded) < -55


def test_saturation_leaves_soft_sound_alone(through):
    t = np.arange(RATE) / RATE
    soft = 0.001 * np.sin(2 * np.pi * 700 * t)
    out = through("saturation", soft, {"drive_db": 6.0})[0]
    assert np.abs(out - soft).max() < 2e-5


def test_trim_does_what_it_says(through):
    samples = np.random.default_rng(0).normal(0, 0.1, (2, 1000)).astype(np.float32)
    assert np.array_equal(through("trim", samples, {"invert": True}), -samples)
    assert np.array_equal(through("trim", samples, {"swap": True}), samples[::-1])
    assert through("trim", samples, {"gain_db": 6.0}) == pytest.approx(samples * 10 ** (6 / 20), abs=1e-6)
    assert np.array_equal(*through("trim", samples, {"mono": True}))
