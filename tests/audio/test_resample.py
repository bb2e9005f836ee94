from __future__ import annotations

import numpy as np
import pytest
import soxr

from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer

PAIRS = [(44100, 48000), (48000, 44100), (96000, 44100), (44100, 22050), (8000, 48000), (44101, 48000), (192000, 8000)]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_streaming_equals_converting_the_whole_with_silence_around_it(old, new):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 2 * old + 17)).astype(np.float32)
    source = resample(AudioBuffer(samples, old), new)
    assert source.sample_rate == new
    assert source.channels == 2
    assert source.frames == int(samples.shape[1] * new / old + 0.5)
    padded = soxr.resample(np.pad(samples, ((0, 0), (old, old))).T, old, new, "VHQ").T[:, new : new + source.frames]
    np.testing.assert_allclose(source.read(0, source.frames), padded, atol=1e-5)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_stretch_does_not_depend_on_where_reading_began(old, new):
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (1, 2 * old)).astype(np.float32)
    whole = resample(AudioBuffer(samples, old), new)
    expected = whole.read(0, whole.frames)
    fresh = resample(AudioBuffer(samples, old), new)
    for start, frames in ((new, 500), (0, 10), (33_000 % new, 2000), (whole.frames - 100, 100)):
        np.testing.assert_array_equal(fresh.read(start, frames), expected[:, start : start + frames])
    outside = fresh.read(-50, whole.frames + 100)
    assert not outside[:, :50].any()
    assert not outside[:, -50:].any()


def test_a_tone_keeps_its_level_and_what_no_longer_fits_is_gone():
    t = np.arange(96000) / 96000
    tones = np.stack([np.sin(2 * np.pi * 1000 * t), np.sin(2 * np.pi * 30_000 * t)]).astype(np.float32)
    low, high = resample(AudioBuffer(tones, 96000), 44100).read(4000, 30_000)
    expected = np.sin(2 * np.pi * 1000 * (4000 + np.arange(30_000)) / 44100)
    np.testing.assert_allclose(low, expected, atol=1e-5)
    assert np.abs(high).max() < 1e-5


def test_the_same_rate_is_the_same_source():
    source = AudioBuffer(np.zeros((1, 10), np.float32), 44100)
    assert resample(source, 44100) is source


def test_a_source_that_grows_is_heard_when_it_has_grown():
    class Growing:
        sample_rate, channels, frames = 48000, 1, 10_000

        def read(self, start: int, frames: int) -> np.ndarray:
            out = np.zeros((1, frames), np.float32)
            out[:, max(-start, 0) : max(self.frames - start, 0)] = 1
            return out

    growing = Growing()
    source = resample(growing, 44100)
    assert source.read(9000, 10)[0, 0] == pytest.approx(1, abs=0.01)
    assert not source.read(30_000, 10).any()
    growing.frames = 200_000
    assert source.read(30_000, 10) == pytest.approx(1, abs=0.01)
