from __future__ import annotations

import shutil

import numpy as np
import pytest

from stemstudio.training.instruments import RATE
from stemstudio.training.score import Note
from stemstudio.training.voices import restyle, shift, sing_vowels, sing_words


def pitch_hz(samples: np.ndarray) -> float:
    """Pitch of the left channel by autocorrelation, from 100 to 900 Hz."""
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(samples.shape[1]), 2 * samples.shape[1])) ** 2
    lags = np.fft.irfft(spectrum)
    first, last = RATE // 900, RATE // 100
    return RATE / float(first + np.argmax(lags[first:last]))


def vowel(hz: float, seconds: float = 1.5) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 12)) * 0.2
    return np.stack([sound, sound]).astype(np.float32)


def test_the_pitch_moves_and_the_tempo_with_it() -> None:
    moved = shift(vowel(220), 7.0, 2.0)
    assert moved.shape[1] == pytest.approx(0.75 * RATE, rel=0.02)
    assert pitch_hz(moved) == pytest.approx(220 * 2 ** (7 / 12), rel=0.02)


def test_another_singer_is_another_pitch() -> None:
    for seed in range(3):
        assert abs(np.log2(pitch_hz(restyle(np.random.default_rng(seed), vowel(220))) / 220)) > 0.6 / 12


def test_vowels_sing_the_melody() -> None:
    melody = [Note(0.0, 1.0, 57, 1.0), Note(1.0, 1.0, 64, 1.0)]
    sung = sing_vowels(np.random.default_rng(1), {57: [vowel(220)]}, melody, 2 * RATE)
    first, second = (pitch_hz(sung[:, round(at * RATE) : round((at + 0.5) * RATE)]) for at in (0.3, 1.3))
    assert second / first == pytest.approx(2 ** (7 / 12), rel=0.05)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_words_sing_where_the_melody_says() -> None:
    melody = [Note(0.5, 0.8, 57, 1.0), Note(2.0, 0.8, 60, 1.0)]
    sung = sing_words(np.random.default_rng(1), melody, 3 * RATE)
    assert not sung[:, : RATE // 2].any()
    assert np.abs(sung[:, round(0.6 * RATE) : round(1.2 * RATE)]).max() > 0.02
    assert not sung[:, round(1.4 * RATE) : 2 * RATE - 1].any()
