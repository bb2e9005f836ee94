from __future__ import annotations

import math
import re

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.repair.finding.harmonics import harmonics
from stemstudio.spectral.stft import StftSpec, stft

RATE = 44100
START_S, LENGTH_S, CLICK_S = 0.5, 1.2, 0.9


def note(fundamental, vibrato_cents=0.0, inharmonicity=0.0):
    """20 partials that fall by 6 dB per octave; the samples and the fundamental at each of them."""
    time = np.arange(round(LENGTH_S * RATE)) / RATE
    hertz = fundamental * 2 ** (vibrato_cents / 1200 * np.sin(2 * np.pi * 6 * time))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    stretch = [k * math.sqrt(1 + inharmonicity * k * k) for k in range(1, 21)]
    partials = sum(np.sin(s * phase + s) / s for s in stretch if s * fundamental < 0.45 * RATE)
    fade = np.minimum(1, np.minimum(time / 0.02, (LENGTH_S - time) / 0.05))
    samples = np.zeros(round(2.2 * RATE))
    start = round(START_S * RATE)
    samples[start : start + len(time)] = 0.2 * partials * fade
    return samples, hertz


def shares(selection, sound, background, n_fft):
    """Shares of the power of both that the selection holds."""
    spec = StftSpec(n_fft, n_fft // 4)
    power, noise = (np.abs(stft(np.float32(each)[None], spec)[0]) ** 2 for each in (sound, background))
    weights = selection.weights(np.arange(power.shape[1]) * float(spec.hop), spec.frequencies_hz(RATE))
    during = slice(round(START_S * RATE / spec.hop), round((START_S + LENGTH_S) * RATE / spec.hop))
    return (power * weights).sum() / power.sum(), (noise * weights)[:, during].sum() / noise[:, during].sum()


@pytest.mark.parametrize("clicked", [1, 2, 3, 5])
@pytest.mark.parametrize(("fundamental", "vibrato"), [(82, 0), (147, 50), (220, 100), (440, 100)])
def test_one_click_takes_the_note_and_leaves_the_rest(fundamental, vibrato, clicked):
    sound, hertz = note(fundamental, vibrato)
    background = 0.003 * np.random.default_rng(0).standard_normal(len(sound))
    source = AudioBuffer(np.float32(sound + background)[None], RATE)
    click = round(CLICK_S * RATE)
    selection = harmonics(source, click, clicked * hertz[click - round(START_S * RATE)])
    of_note, of_rest = shares(selection, sound, background, 2048 if fundamental > 140 else 8192)
    assert of_note > 0.9
    assert of_rest < 0.2
    assert selection.extent.first / RATE == pytest.approx(START_S, abs=0.05)
    assert selection.extent.last / RATE == pytest.approx(START_S + LENGTH_S, abs=0.05)


def test_the_stretched_partials_of_a_stiff_string_are_followed():
    sound, hertz = note(110, inharmonicity=4e-4)
    source = AudioBuffer(np.float32(sound)[None], RATE)
    selection = harmonics(source, CLICK_S * RATE, hertz[0])
    high = 12 * 110 * math.sqrt(1 + 4e-4 * 144)
    assert selection.weights(np.array([CLICK_S * RATE]), np.array([high])) == 1


def test_the_next_note_is_left():
    step = round(LENGTH_S * RATE)
    song = np.pad(note(220)[0], (0, step)) + np.pad(note(262)[0], (step, 0))
    selection = harmonics(AudioBuffer(np.float32(song)[None], RATE), CLICK_S * RATE, 220)
    assert selection.extent.last / RATE == pytest.approx(START_S + LENGTH_S, abs=0.08)


def test_where_there_is_no_tone_nothing_is_selected():
    silence = AudioBuffer(np.zeros((2, RATE), np.float32), RATE)
    assert harmonics(silence, RATE / 2, 440).is_empty
    assert harmonics(silence, -5, 440).is_empty
    assert harmonics(silence, RATE / 2, 1e6).is_empty


def test_partials_are_counted_from_the_fundamental():
    sound, hertz = note(220)
    selection = harmonics(AudioBuffer(np.float32(sound)[None], RATE), CLICK_S * RATE, 3 * hertz[0], partials=2)
    assert len(selection.parts) == 2
    assert 440 < selection.extent.high_hz < 500


def test_sung_vowels_are_found_from_any_of_their_first_partials(audio_folder):
    import soundfile

    names = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    paths = sorted((audio_folder / "samples" / "berklee_voice_ccby").glob("*voice_*.mp3"))[::5]
    assert paths
    for path in paths:
        name, sign, octave = re.search(r"_([A-Ga-g])([#b]?)(\d)$", path.stem).groups()
        midi = names[name.upper()] + {"#": 1, "b": -1, "": 0}[sign] + 12 * (int(octave) + 1)
        expected = 440 * 2 ** ((midi - 69) / 12)
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        source = AudioBuffer(samples.T, rate)
        for clicked in (1, 2, 3):
            selection = harmonics(source, source.frames / 2, clicked * expected)
            lowest = selection.weights(np.array([source.frames / 2]), expected * np.geomspace(0.4, 1.2, 500))[:, 0]
            middle = expected * np.geomspace(0.4, 1.2, 500)[np.flatnonzero(lowest)].mean()
            assert middle == pytest.approx(expected, rel=0.06), (path.name, clicked)
            assert selection.extent.frames > 0.7 * source.frames
