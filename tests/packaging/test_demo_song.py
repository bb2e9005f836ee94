"""The demo song is what its README says."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
STEMS = ("vocals", "drums", "bass", "other")


@pytest.fixture(scope="module")
def song():
    folder = ROOT / "resources" / "demo"
    return {name: soundfile.read(folder / f"{name}.flac", dtype="int16")[0].astype(int) for name in ("mixture", *STEMS)}


def test_it_lasts_thirty_seconds_in_stereo(song):
    assert all(sound.shape == (30 * 44100, 2) for sound in song.values())


def test_the_mixture_is_the_sum_of_the_stems_to_the_bit(song):
    np.testing.assert_array_equal(sum(song[name] for name in STEMS), song["mixture"])


def test_nothing_clips_and_it_ends_in_silence(song):
    assert np.abs(song["mixture"]).max() < 0.9 * 32768
    assert all(np.abs(sound[-100:]).max() <= 2 for sound in song.values())


@pytest.mark.parametrize("name", STEMS)
def test_every_stem_is_heard(song, name):
    level_db = 10 * np.log10(np.mean((song[name] / 32768) ** 2))
    assert -30 < level_db < -18


def test_the_title_is_in_the_file():
    with soundfile.SoundFile(ROOT / "resources" / "demo" / "mixture.flac") as file:
        assert file.title == "Sum to One"


@pytest.mark.slow
def test_the_code_makes_it_again(song, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "packaging" / "demo_song")
    spec = importlib.util.spec_from_file_location("demo_song", ROOT / "packaging" / "demo_song" / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.make()
    for name in ("bass", "chords", "drums", "phones", "score", "singing", "space", "voice"):
        sys.modules.pop(name, None)
    for name, sound in made.items():
        # Sines differ in their last bits between processors, and now and then a sum of them by a step of 16 bits.
        assert np.abs(sound.T - song[name]).max() <= 2, name
