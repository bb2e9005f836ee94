from __future__ import annotations

import shutil

import numpy as np
import pytest

from stemstudio.training.augment import equaliser, place, vary_speed
from stemstudio.training.instruments import RATE, Patch, play_samples
from stemstudio.training.score import Note, compose
from stemstudio.training.soundfont import SOUNDFONT, midi_file, play

needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not SOUNDFONT.exists(), reason="fluidsynth or its soundfont is not installed"
)


def pitch_hz(samples: np.ndarray) -> float:
    """Strongest frequency of the left channel."""
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(samples.shape[1])))
    return float(spectrum.argmax() * RATE / samples.shape[1])


def test_a_piece_is_the_same_for_the_same_seed_and_differs_otherwise() -> None:
    a, b, c = (compose(np.random.default_rng(seed), 12.0) for seed in (1, 1, 2))
    assert a == b
    assert a != c


@pytest.mark.parametrize("seed", range(12))
def test_the_notes_of_a_piece_are_playable_and_in_their_registers(seed: int) -> None:
    piece = compose(np.random.default_rng(seed), 12.0)
    assert 6 < piece.seconds < 20
    for part in (piece.drums, piece.bass, piece.chords, piece.arpeggio, piece.melody):
        assert part
        assert all(0 <= note.start_s <= piece.seconds and note.seconds > 0 and 0 < note.velocity <= 1 for note in part)
    assert all(21 <= note.pitch <= 60 for note in piece.bass)
    assert np.median([note.pitch for note in piece.bass]) < np.median([note.pitch for note in piece.chords]) - 9
    assert all(40 <= note.pitch <= 100 for note in piece.melody)


def test_a_midi_file_has_every_note() -> None:
    notes = [Note(0.0, 1.0, 60, 1.0), Note(0.5, 20.0, 64, 0.5)]
    data = midi_file(notes, 5)
    assert data.startswith(b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk")
    assert int.from_bytes(data[18:22], "big") == len(data) - 22
    assert b"\xc0\x05" in data
    # 480 ticks after the first, which take two bytes of seven bits: 3 * 128 + 96.
    assert b"\x00\x90\x3c\x7f\x83\x60\x90\x40\x3f" in data
    assert midi_file(notes, 0, percussion=True).count(b"\x99") == 2


@pytest.mark.parametrize("bass", [False, True])
def test_the_synthesiser_plays_the_pitch_that_is_written(bass: bool) -> None:
    for seed in range(4):
        sound = Patch(np.random.default_rng(seed), bass=bass).play([Note(0.0, 1.0, 57, 0.9)], RATE)
        assert sound.shape == (2, RATE)
        assert 0.001 < np.abs(sound).max() < 2
        ratio = pitch_hz(sound) / 220.0
        assert min(abs(ratio * k - 1) for k in (0.5, 1, 2)) < 0.02  # detuned by up to 18 cents, an octave by a sub


def test_samples_are_played_where_they_are_written() -> None:
    kit = {36: np.ones((2, 10), np.float32)}
    out = play_samples([Note(0.5, 0.1, 36, 1.0), Note(0.9999, 0.1, 36, 1.0), Note(0.2, 0.1, 38, 1.0)], kit, RATE)
    assert np.flatnonzero(out[0])[:10].tolist() == list(range(RATE // 2, RATE // 2 + 10))
    assert out[:, -4:].all()


@needs_fluidsynth
def test_the_soundfont_plays_the_pitch_that_is_written() -> None:
    sound = play([Note(0.1, 1.0, 69, 0.9)], 73, 2 * RATE)  # flute
    assert sound.shape == (2, 2 * RATE)
    assert not sound[:, : RATE // 20].any()
    assert pitch_hz(sound[:, RATE // 5 : RATE]) == pytest.approx(440, rel=0.01)


def test_faster_is_higher() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)[None].repeat(2, 0).astype(np.float32)
    assert pitch_hz(vary_speed(tone, 1.25, RATE)) == pytest.approx(550, rel=0.005)
    assert vary_speed(tone, 1.0, 100) == pytest.approx(tone[:, :100])


def test_placing_keeps_the_shape_and_never_adds_level() -> None:
    rng = np.random.default_rng(1)
    sound = rng.standard_normal((2, 1000)).astype(np.float32)
    for _ in range(30):
        assert np.abs(place(rng, sound)).max() <= np.abs(sound).max() + 1e-6


def test_the_equaliser_stays_within_its_range() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        curve = equaliser(rng, 2049)
        assert curve.shape == (2049,)
        assert curve.max() <= 10 ** (9 / 20) + 1e-3
        assert curve.min() > 0
