from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer

STEMS = ("vocals", "drums", "bass", "other")


def si_sdr(true, guess):
    true, guess = true.ravel().astype(np.float64), guess.ravel().astype(np.float64)
    wanted = np.dot(true, guess) ** 2 / np.dot(true, true)
    return 10 * np.log10(wanted / (np.dot(guess, guess) - wanted))


@pytest.fixture(scope="module")
def demo(demo_folder):
    import soundfile

    def load(name):
        samples, rate = soundfile.read(demo_folder / f"{name}.flac", dtype="float32", always_2d=True)
        return AudioBuffer(samples.T[:, 4 * rate : 14 * rate], rate)

    return {name: load(name) for name in STEMS}


def mixture(stems):
    return AudioBuffer(sum(source.samples for source in stems.values()), stems["vocals"].sample_rate)


def test_every_stem_is_better_than_the_mix_itself(stems_of, demo):
    mix = mixture(demo)
    found = stems_of(mix, "classic-4")
    for name, true in demo.items():
        assert si_sdr(true.samples, found[name]) > si_sdr(true.samples, mix.samples) + 1, name


def test_the_masks_add_up_to_one(stems_of, demo):
    found = stems_of(mixture(demo), "classic-4")
    assert np.abs(found["residual"]).max() < 1e-6


@pytest.mark.parametrize("name", ["vocals", "drums", "bass"])
def test_a_bias_moves_what_is_in_doubt(stems_of, demo, name):
    mix = mixture(demo)
    less, more = (np.std(stems_of(mix, "classic-4", **{f"{name}_db": gain})[name]) for gain in (-12.0, 12.0))
    assert less < more


def test_mono_is_separated_too(stems_of, demo):
    mono = {name: AudioBuffer(source.samples.mean(axis=0, keepdims=True), 44100) for name, source in demo.items()}
    found = stems_of(mixture(mono), "classic-4")
    assert si_sdr(mono["drums"].samples, found["drums"]) > si_sdr(mono["drums"].samples, mixture(mono).samples)
