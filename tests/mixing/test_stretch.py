import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.mixing.stretch import stretched, stretched_frames

RATE = 44100
CASES = [(0.8, 0.0), (1.25, 0.0), (1.0, 3.0), (1.1, -2.0)]


def whole(sources, guide, tempo=1.0, semitones=0.0):
    return np.concatenate(list(stretched(sources, guide, tempo, semitones)), axis=1)


def level_db(error, reference):
    return 10 * np.log10(np.sum(error.astype(float) ** 2) / np.sum(reference.astype(float) ** 2))


@pytest.mark.parametrize(("tempo", "semitones"), CASES)
def test_stretched_stems_add_up_to_the_stretched_mix(stems, tempo, semitones):
    mix = Mixer(tuple(MixInput(each) for each in stems.values()))
    made = whole([*stems.values(), mix], mix, tempo, semitones)
    assert made.shape == (10, stretched_frames(mix.frames, tempo))
    total = made[:8].reshape(4, 2, -1).sum(axis=0)
    assert level_db(total - made[8:], made[8:]) < -100
    assert 10 * np.log10(np.mean(made[8:] ** 2) / np.mean(mix.read(0, mix.frames) ** 2)) == pytest.approx(0, abs=0.7)


def test_nothing_changes_at_the_same_tempo_in_the_same_key(stems):
    drums = stems["drums"]
    assert level_db(whole([drums], drums) - drums.samples, drums.samples) < -100


def tone(hertz, seconds=3.0):
    t = np.arange(round(seconds * RATE)) / RATE
    return AudioBuffer(np.stack([0.4 * np.sin(2 * np.pi * hertz * t), 0.2 * np.sin(2 * np.pi * hertz * t)]), RATE)


@pytest.mark.parametrize(("tempo", "semitones"), CASES)
def test_a_tone_stays_a_steady_tone_in_its_place(tempo, semitones):
    made = whole([tone(440.0)], tone(440.0), tempo, semitones)
    inner = made[:, RATE // 2 : -RATE // 2]
    spectrum = np.abs(np.fft.rfft(inner[0] * np.hanning(inner.shape[1]), 1 << 19))
    expected = 440.0 * 2 ** (semitones / 12)
    assert np.argmax(spectrum) * RATE / (1 << 19) == pytest.approx(expected, abs=0.5)
    t = np.arange(inner.shape[1]) / RATE
    carrier = np.exp(-2j * np.pi * expected * t) * np.hanning(inner.shape[1])
    blocks = (inner[0] * np.exp(-2j * np.pi * expected * t))[: inner.shape[1] // 2205 * 2205].reshape(-1, 2205).mean(1)
    assert abs(carrier @ inner[0]) > 0
    assert np.abs(blocks) * 2 == pytest.approx(0.4, rel=0.02)
    np.testing.assert_allclose(inner[1], 0.5 * inner[0], atol=1e-5)


@pytest.mark.parametrize("tempo", [0.75, 1.3])
def test_beats_are_where_the_tempo_puts_them_and_stay_sharp(tempo):
    clicks = np.zeros((2, 4 * RATE), np.float32)
    random = np.random.default_rng(1)
    beats = RATE // 2 * np.arange(1, 8)
    for beat in beats:
        clicks[:, beat : beat + 600] = random.normal(0, 0.2, 600) * np.exp(-np.arange(600) / 120)
    made = whole([AudioBuffer(clicks, RATE)], AudioBuffer(clicks, RATE), tempo)
    for beat in beats:
        place = round(beat / tempo)
        energy = np.cumsum(made[0, place - 4000 : place + 4000].astype(float) ** 2)
        middle = np.searchsorted(energy, 0.5 * energy[-1]) - 4000
        assert abs(middle - 80) < 500
        assert np.searchsorted(energy, 0.95 * energy[-1]) - np.searchsorted(energy, 0.05 * energy[-1]) < 2500


def test_attacks_stay_sharp_over_tones_that_go_on():
    random, t = np.random.default_rng(1), np.arange(4 * RATE) / RATE
    clicks, beats = np.zeros((2, 4 * RATE), np.float32), RATE // 2 * np.arange(1, 8)
    for beat in beats:
        clicks[:, beat : beat + 600] = random.normal(0, 0.2, 600) * np.exp(-np.arange(600) / 120)
    chord = sum(0.03 * np.sin(2 * np.pi * hertz * t) for hertz in (220, 277, 330, 1500.3, 5200.7))
    hiss = random.normal(0, 0.009, len(t))
    whole_song = AudioBuffer((clicks + chord + hiss).astype(np.float32), RATE)
    made = whole([AudioBuffer(clicks, RATE)], whole_song, 1.3)
    widths = []
    for beat in beats:
        place = round(beat / 1.3)
        energy = np.cumsum(made[0, place - 4000 : place + 4000].astype(float) ** 2)
        widths.append(np.searchsorted(energy, 0.9 * energy[-1]) - np.searchsorted(energy, 0.1 * energy[-1]))
    assert np.mean(widths) < 480  # 400; without a new start at each attack 580


def test_silence_and_the_shortest_sounds():
    nothing = AudioBuffer(np.zeros((2, 3), np.float32), RATE)
    assert not whole([nothing], nothing, 0.5, 2.0).any()
    assert whole([nothing], nothing, 0.5, 2.0).shape == (2, 6)
