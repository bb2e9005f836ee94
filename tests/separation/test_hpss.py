from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer

RATE = 44100


@pytest.fixture
def hpss(stems_of):
    return lambda mix, **values: stems_of(mix, "hpss", **values)


@pytest.mark.parametrize("seconds", [0.05, 0.2, 6.0])
@pytest.mark.parametrize("margin", [1.0, 3.0])
def test_it_equals_librosa_on_real_music_with_both_ends(hpss, song_excerpt, seconds, margin):
    import librosa

    mix = song_excerpt("Lets_Go_Fishin", start_s=30, seconds=seconds + 0.001)
    ours = hpss(mix, margin=margin)
    harmonic, percussive = librosa.effects.hpss(mix.samples, margin=margin)
    assert np.abs(harmonic).max() > 0.01
    np.testing.assert_allclose(ours["harmonic"], harmonic, atol=1e-5)
    np.testing.assert_allclose(ours["percussive"], percussive, atol=1e-5)
    np.testing.assert_allclose(ours["residual"], mix.samples - harmonic - percussive, atol=2e-5)


def test_other_parameters_equal_librosa_too(hpss, song_excerpt):
    import librosa

    mix = song_excerpt("Vibe_Ace", seconds=3)
    ours = hpss(mix, power=1.0, time_frames=17, frequency_bins=46, frame_samples="1024")
    harmonic, percussive = librosa.effects.hpss(mix.samples, power=1.0, kernel_size=(17, 46), n_fft=1024)
    np.testing.assert_allclose(ours["harmonic"], harmonic, atol=1e-5)
    np.testing.assert_allclose(ours["percussive"], percussive, atol=1e-5)


def test_a_tone_and_clicks_come_apart(hpss):
    t = np.arange(3 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None]
    clicks = np.zeros_like(tone)
    clicks[:, RATE // 4 :: RATE // 2] = 0.9
    stems = hpss(AudioBuffer(tone + clicks, RATE))
    middle = slice(RATE // 2, 5 * RATE // 2)
    for name, true in (("harmonic", tone), ("percussive", clicks)):
        error = np.sum((stems[name] - true)[:, middle] ** 2) / np.sum(true[:, middle] ** 2)
        assert error < 0.02, name


def test_a_higher_margin_leaves_more_in_the_residual(hpss, song_excerpt):
    mix = song_excerpt("Vibe_Ace", seconds=3)
    levels = [np.std(hpss(mix, margin=margin)["residual"]) for margin in (1.0, 2.0, 5.0)]
    assert levels[0] < 1e-6
    assert levels[0] < levels[1] < levels[2]


def test_channels_do_not_touch_each_other(hpss, song_excerpt):
    mix = song_excerpt("Vibe_Ace", seconds=2)
    alone = hpss(AudioBuffer(mix.samples[1:], mix.sample_rate))
    assert np.array_equal(hpss(mix)["harmonic"][1:], alone["harmonic"])
