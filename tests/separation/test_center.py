from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer

RATE = 44100


def tone(hz, left, right, seconds=2.0):
    wave = 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([left * wave, right * wave]).astype(np.float32)


def gain_db(stem, part):
    """Level of `part` inside `stem`, relative to `part`."""
    middle = slice(RATE // 2, -RATE // 2)
    stem, part = stem[:, middle].astype(np.float64), part[:, middle].astype(np.float64)
    return 20 * np.log10(abs(np.vdot(stem, part)) / np.vdot(part, part) + 1e-9)


@pytest.fixture
def scene():
    return {"voice": tone(1000, 1, 1), "left": tone(3000, 1, 0), "right": tone(5000, 0, 1), "bass": tone(60, 1, 1)}


def test_what_both_channels_share_is_centre_and_the_low_end_is_not(stems_of, scene):
    stems = stems_of(AudioBuffer(sum(scene.values()), RATE), "center")
    assert gain_db(stems["center"], scene["voice"]) > -0.5
    for name in ("left", "right", "bass"):
        assert gain_db(stems["center"], scene[name]) < -30, name
        assert gain_db(stems["sides"], scene[name]) > -0.5, name
    assert gain_db(stems["sides"], scene["voice"]) < -25


def test_opposed_phase_is_not_centre(stems_of):
    opposed = tone(1000, 1, -1)
    assert gain_db(stems_of(AudioBuffer(opposed, RATE), "center")["center"], opposed) < -60


def test_the_low_end_follows_its_parameter(stems_of, scene):
    mix = AudioBuffer(sum(scene.values()), RATE)
    assert gain_db(stems_of(mix, "center", low_hz=0)["center"], scene["bass"]) > -0.5


def test_focus_narrows_the_centre(stems_of):
    near = tone(1000, 1, 0.6)
    mix = AudioBuffer(near, RATE)
    wide, narrow = (gain_db(stems_of(mix, "center", focus=focus)["center"], near) for focus in (0.5, 8))
    assert narrow < wide - 6


def test_mono_is_all_centre(stems_of):
    mix = AudioBuffer(tone(60, 1, 1)[:1] + tone(1000, 1, 1)[:1], RATE)
    stems = stems_of(mix, "center")
    np.testing.assert_allclose(stems["center"], mix.samples, atol=1e-6)


def test_the_centre_loudspeaker_is_centre(stems_of, scene):
    front = scene["voice"] + scene["left"]
    speaker = tone(700, 1, 1)[:1]
    low = tone(50, 1, 1)[:1]
    back = tone(2000, 1, 1)
    stems = stems_of(AudioBuffer(np.concatenate([front, speaker, low, back]), RATE), "center")
    np.testing.assert_allclose(stems["center"][2], speaker[0], atol=1e-5)
    assert gain_db(stems["center"][:2], scene["voice"]) > -0.5
    assert gain_db(stems["center"][:2], scene["left"]) < -30
    for channel in (3, 4, 5):
        np.testing.assert_allclose(stems["center"][channel], 0, atol=1e-6)


def test_it_beats_phase_inversion_where_the_low_end_matters(stems_of, scene):
    """Left minus right, the old trick, loses everything centred and the stereo image."""
    backing = scene["left"] + scene["right"] + scene["bass"]
    mix = AudioBuffer(backing + scene["voice"], RATE)
    inverted = np.repeat((mix.samples[:1] - mix.samples[1:]) / 2, 2, axis=0)

    def error(estimate):
        middle = slice(RATE // 2, -RATE // 2)
        return np.sum((estimate - backing)[:, middle].astype(np.float64) ** 2)

    assert error(stems_of(mix, "center")["sides"]) < error(inverted) / 100
