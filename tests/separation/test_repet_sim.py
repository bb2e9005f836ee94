from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.separation.classic.similar import likest_frames, median_of_frames, outline, repeating_magnitude

RATE = 22050


def si_sdr(true, guess):
    true, guess = true.ravel().astype(np.float64), guess.ravel().astype(np.float64)
    wanted = np.dot(true, guess) ** 2 / np.dot(true, true)
    return 10 * np.log10(wanted / (np.dot(guess, guess) - wanted))


@pytest.fixture(scope="module")
def loop_and_voice():
    """A bar of noise bursts and chords, six times over, and a wandering voice."""
    rng = np.random.default_rng(0)
    bar = np.zeros(2 * RATE)
    for beat in range(4):
        t = np.arange(RATE // 2) / RATE
        chord = sum(np.sin(2 * np.pi * hz * t) for hz in rng.choice([220, 262, 330, 392, 523, 660], 3, replace=False))
        bar[beat * RATE // 2 : (beat + 1) * RATE // 2] = 0.1 * chord + 0.2 * rng.normal(size=len(t)) * np.exp(-30 * t)
    loop = np.tile(bar, 6)
    t = np.arange(len(loop)) / RATE
    pitch = 400 * 2 ** (0.8 * np.sin(2 * np.pi * 0.13 * t) + 0.3 * np.sin(2 * np.pi * 0.71 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = 0.1 * sum(np.sin(k * phase) / k for k in (1, 2, 3, 4, 5)) * (np.sin(2 * np.pi * 0.4 * t) > -0.3)
    return (np.stack([x, x]).astype(np.float32) for x in (loop, voice))


def test_a_voice_over_a_loop_is_lifted_off_it(stems_of, loop_and_voice):
    loop, voice = loop_and_voice
    stems = stems_of(AudioBuffer(loop + voice, RATE), "repet-sim")
    assert si_sdr(voice, stems["vocals"]) > si_sdr(voice, loop + voice) + 8
    assert si_sdr(loop, stems["accompaniment"]) > si_sdr(loop, loop + voice) + 4


def test_nothing_low_is_voice(stems_of):
    rng = np.random.default_rng(0)
    t = np.arange(4 * RATE) / RATE
    wandering = 0.3 * np.sin(2 * np.pi * np.cumsum(60 + 20 * np.sin(t * rng.normal())) / RATE)
    mix = AudioBuffer(wandering[None].astype(np.float32), RATE)
    assert np.std(stems_of(mix, "repet-sim")["vocals"]) < 0.01 * np.std(mix.samples)


def test_the_likest_frames_keep_their_distance():
    alike = np.array([[0.9, 0.8, 0.1, 0.7, 0.6, -1.0, 0.5]], np.float32)
    assert likest_frames(alike, 4, 1).tolist() == [[0, 3, 6, -1]]
    assert likest_frames(alike, 2, 0).tolist() == [[0, 1]]


def test_the_median_is_that_of_the_frames_named():
    magnitude = np.abs(np.random.default_rng(0).normal(size=(20, 130))).astype(np.float32)
    chosen = np.array([[3, 1, 4, 15], [9, 2, 6, -1], [5, -1, -1, -1], [-1, -1, -1, -1]])
    out = median_of_frames(magnitude, chosen)
    for row, names in enumerate(([3, 1, 4, 15], [9, 2, 6], [5])):
        np.testing.assert_allclose(out[row], np.median(magnitude[names], axis=0), atol=1e-7)
    assert not out[3].any()


def test_the_background_looks_no_further_than_it_may():
    rng = np.random.default_rng(0)
    magnitude = np.abs(rng.normal(size=(2, 300, 33))).astype(np.float32)
    options = {"count": 5, "distance": 3, "reach": 60}
    whole = repeating_magnitude(magnitude, outline(magnitude), slice(140, 160), **options)
    part = magnitude[:, 50:250]
    assert np.array_equal(whole, repeating_magnitude(part, outline(part), slice(90, 110), **options))
    assert np.all(whole <= magnitude[:, 140:160])
