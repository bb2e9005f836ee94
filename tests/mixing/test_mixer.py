from dataclasses import replace

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.mixer import Mixer, MixInput

FRAMES = 5000


class Watched:
    """A source that counts how often it is read."""

    def __init__(self, buffer):
        self._buffer = buffer
        self.sample_rate, self.channels, self.frames = buffer.sample_rate, buffer.channels, buffer.frames
        self.reads = 0

    def read(self, start, frames):
        self.reads += 1
        return self._buffer.read(start, frames)


def noise(seed, channels=2, frames=FRAMES, rate=44100):
    samples = np.random.default_rng(seed).standard_normal((channels, frames)) * 0.1
    return AudioBuffer(samples.astype(np.float32), rate)


@pytest.fixture
def stems():
    return tuple(MixInput(noise(seed)) for seed in range(4))


def read(*inputs):
    return Mixer(inputs).read(0, FRAMES)


def test_one_untouched_input_comes_out_bit_for_bit(stems):
    assert np.array_equal(read(stems[0]), stems[0].source.samples)


def test_untouched_stems_add_up_to_the_song(song_excerpt):
    song = song_excerpt("Vibe_Ace", seconds=2)
    parts = [noise(seed, frames=song.frames, rate=song.sample_rate).samples for seed in range(3)]
    rest = song.samples - np.sum(parts, axis=0)
    mixer = Mixer(tuple(MixInput(AudioBuffer(part, song.sample_rate)) for part in [*parts, rest]))
    error = mixer.read(0, song.frames) - song.samples
    assert np.sqrt(np.mean(error**2)) < 1e-6 * np.sqrt(np.mean(song.samples**2))


def test_reading_is_the_same_in_any_blocks(stems):
    mixer = Mixer((replace(stems[0], gain_db=-3.0, pan=0.3), *stems[1:]))
    whole = mixer.read(-100, FRAMES + 200)
    blocks = [mixer.read(first, 333) for first in range(-100, FRAMES + 100, 333)]
    assert np.array_equal(np.concatenate(blocks, axis=1)[:, : FRAMES + 200], whole)


def test_gain_and_pan_are_those_of_the_strip(stems):
    mixed = read(replace(stems[0], gain_db=-20.0, pan=-1.0))
    assert mixed[0] == pytest.approx(stems[0].source.samples[0] * 0.1, rel=1e-6)
    assert not mixed[1].any()


def test_mono_stands_in_the_centre_at_its_level():
    mono = noise(1, channels=1)
    assert np.array_equal(read(MixInput(mono)), np.repeat(mono.samples, 2, axis=0))


def test_solo_silences_the_others_and_mute_is_stronger(stems):
    a, b, c, d = stems
    assert np.array_equal(read(replace(a, solo=True), b, c), a.source.samples)
    both = read(replace(a, solo=True), b, replace(c, solo=True))
    assert np.array_equal(both, a.source.samples + c.source.samples)
    assert np.array_equal(read(replace(a, solo=True, mute=True), replace(b, solo=True), d), b.source.samples)
    assert not read(replace(a, solo=True, mute=True), b).any()
    assert Mixer((replace(a, mute=True), b)).audible == (False, True)


def test_what_is_not_heard_is_not_read():
    silent = [
        MixInput(Watched(noise(1)), mute=True),
        MixInput(Watched(noise(2)), gain_db=-120.0),
        MixInput(Watched(noise(3)), gain_db=float("-inf")),
        MixInput(Watched(noise(4))),
    ]
    mixer = Mixer((*silent, MixInput(noise(5), solo=True)))
    mixer.read(0, 100)
    mixer.levels(0, 100)
    assert [each.source.reads for each in silent] == [0, 0, 0, 0]


def test_sources_are_not_changed_by_mixing(stems):
    before = [each.source.samples.copy() for each in stems]
    read(*(replace(each, gain_db=-6.0, pan=0.5) for each in stems))
    assert all(np.array_equal(each.source.samples, old) for each, old in zip(stems, before, strict=True))


def test_the_longest_input_sets_the_length():
    mixer = Mixer((MixInput(noise(1, frames=100)), MixInput(noise(2, frames=300))))
    assert mixer.frames == 300
    assert np.array_equal(mixer.read(200, 100), noise(2, frames=300).samples[:, 200:])


def test_levels_are_measured_behind_the_fader(stems):
    loud, quiet, muted = stems[0], replace(stems[0], gain_db=-20.0), replace(stems[0], mute=True)
    levels = Mixer((loud, quiet, muted)).levels(0, FRAMES)
    assert levels[0].peak == pytest.approx(np.abs(loud.source.samples).max(axis=1))
    assert levels[1].rms == pytest.approx(np.array(levels[0].rms) / 10, rel=1e-5)
    assert levels[2].peak == (0.0, 0.0)


def test_rates_that_differ_are_refused():
    with pytest.raises(ValueError, match="sample rate"):
        Mixer((MixInput(noise(1)), MixInput(noise(2, rate=48000))))
    with pytest.raises(ValueError, match="sample rate"):
        Mixer(())
    with pytest.raises(ValueError, match="9"):
        Mixer((MixInput(noise(1, channels=9)),))
