from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.params import resolve
from stemstudio.effects.registry import effect

RATE = 48000
FRAMES, HOP = 1024, 512


def energies(samples, rate):
    """Energy between 5 and 10 kHz and in all, for each window."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, FRAMES, axis=-1)[:, ::HOP] * np.hanning(FRAMES)
    power = (np.abs(np.fft.rfft(windows)) ** 2).sum(axis=0)
    hertz = np.fft.rfftfreq(FRAMES, 1 / rate)
    return power[:, (hertz > 5000) & (hertz < 10000)].sum(axis=1), power.sum(axis=1) + 1e-12


def change_db(after, before):
    return 10 * np.log10(after / before)


@pytest.mark.parametrize("reduction_db", [3.0, 6.0, 12.0])
@pytest.mark.parametrize(("song", "start_s"), [("rubidium", 40), ("lithium", 150)])
def test_sibilants_of_a_real_voice_fall_by_the_set_amount_and_nothing_else(through, sung, song, start_s, reduction_db):
    voice = sung(song, start_s, 40)
    out = through("deesser", voice.samples, {"reduction_db": reduction_db}, rate=voice.sample_rate)
    (band, whole), (band_after, whole_after) = (energies(each, voice.sample_rate) for each in (voice.samples, out))
    loud = whole > 0.01 * np.percentile(whole[whole > 1e-6 * whole.max()], 95)
    sharp = loud & (band > 0.6 * whole)
    strong = sharp & (band > 0.1 * np.percentile(band[sharp], 90))
    assert strong.sum() > 30
    assert change_db(band_after[strong].sum(), band[strong].sum()) == pytest.approx(-reduction_db, abs=1.0)
    # Not even near a sibilant, however soft.
    elsewhere = np.convolve((band > 0.2 * whole) & (whole > 1e-5 * whole.max()), np.ones(9), "same") == 0
    assert elsewhere.sum() > 500
    assert abs(change_db(whole_after[elsewhere].sum(), whole[elsewhere].sum())) < 0.05
    assert np.percentile(np.abs(change_db(whole_after, whole)[elsewhere & (whole > 1e-7)]), 99) < 0.5


@pytest.mark.parametrize("gain_db", [-30.0, 6.0])
def test_it_follows_the_level_of_the_voice(through, sung, gain_db):
    voice = sung("rubidium", 60, 8)
    gain = 10 ** (gain_db / 20)
    plain = voice.samples - through("deesser", voice.samples, rate=voice.sample_rate)
    scaled = gain * voice.samples - through("deesser", gain * voice.samples, rate=voice.sample_rate)
    assert np.sum(plain**2) > 0
    assert np.sum((scaled / gain) ** 2) == pytest.approx(np.sum(plain**2), rel=0.1)


def test_a_vowel_comes_out_to_the_sample(through):
    t = np.arange(RATE) / RATE
    vowel = sum(np.sin(2 * np.pi * 200 * k * t) / k for k in range(1, 30)) / 4
    vowel = (np.minimum(1, 20 * t) * vowel).astype(np.float32)
    assert np.array_equal(through("deesser", vowel)[0], vowel)


def test_what_it_takes_away_can_be_listened_to(through, sung):
    voice = sung("rubidium", 60, 5)
    left, taken = (through("deesser", voice.samples, {"listen": on}, rate=voice.sample_rate) for on in (False, True))
    assert taken.any()
    assert np.abs(left + taken - voice.samples).max() < 1e-6
    assert np.abs(energies(taken, voice.sample_rate)[0].sum() / energies(taken, voice.sample_rate)[1].sum()) > 0.6


def test_its_picture_shows_the_band():
    kind = effect("deesser")
    curve = kind.curve(resolve(kind.info.params, {"reduction_db": 9.0}), RATE)
    assert curve.kind == "response"
    at = np.interp([200.0, 3500.0, 5200.0, 8000.0, 11000.0, 14000.0], curve.x, curve.y)
    assert at == pytest.approx([0, 0, -9, -9, -9, 0], abs=0.2)
