from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.spectral.stft import OverlapAdd, StftSpec, istft, stft, stream_stft

SPEC = StftSpec(64, 16)
LENGTHS = (1, 2, 15, 16, 17, 63, 64, 65, 1000)


def noise(channels: int, frames: int) -> np.ndarray:
    return np.random.default_rng(frames).normal(0, 0.3, (channels, frames)).astype(np.float32)


def test_a_frame_is_the_windowed_fourier_transform_around_its_centre():
    samples = noise(2, 500)
    spectrum = stft(samples, SPEC)
    assert spectrum.dtype == np.complex64
    assert spectrum.shape == (2, 33, 1 + 500 // 16)
    n = np.arange(64)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / 64)
    padded = np.pad(samples.astype(np.float64), ((0, 0), (32, 64)))
    for t in (0, 7, 31):
        frame = padded[:, t * 16 : t * 16 + 64] * window
        for k in (0, 5, 32):
            expected = frame @ np.exp(-2j * np.pi * k * n / 64)
            np.testing.assert_allclose(spectrum[:, k, t], expected, atol=1e-5)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("spec", [SPEC, StftSpec(64, 8), StftSpec(64, 16, "hamming")])
def test_an_unchanged_spectrum_gives_the_sound_back_with_its_ends(length, spec):
    samples = noise(3, length)
    back = istft(stft(samples, spec), spec, length)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, samples, atol=2e-6)


def test_no_sound_has_no_frames():
    empty = np.zeros((2, 0), np.float32)
    assert istft(stft(empty, SPEC), SPEC, 0).shape == (2, 0)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("block", [1, 3, 8, 100])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 5), (40, 1)])
def test_a_stream_is_the_whole_to_the_last_bit(length, block, before, after):
    samples = noise(2, length)
    source = AudioBuffer(samples, 8000)
    whole = stft(samples, SPEC).swapaxes(1, 2)
    gain = np.linspace(0, 1, 33, dtype=np.float32)
    adder, parts, position = OverlapAdd(SPEC, 2, length), [], 0
    for one in stream_stft(source, SPEC, block, before, after):
        assert one.low == max(0, one.first - before)
        assert np.array_equal(one.spectrum, whole[:, one.low : min(one.last + after, whole.shape[1])])
        assert np.array_equal(one.own, whole[:, one.first : one.last])
        assert adder.start == position
        parts.append(adder.add(one.own * gain))
        position += parts[-1].shape[1]
    expected = istft((whole * gain).swapaxes(1, 2), SPEC, length)
    assert np.array_equal(np.concatenate(parts, axis=1), expected)


def test_the_frame_scales_with_the_sample_rate():
    sizes = [StftSpec.at_rate(rate, 2048).n_fft for rate in (8000, 22050, 44100, 48000, 96000, 192000)]
    assert sizes == [512, 1024, 2048, 2048, 4096, 8192]
    assert StftSpec.at_rate(1000, 64) == StftSpec(32, 8)
    assert StftSpec.at_rate(44100, 2048).frequencies_hz(44100)[[0, 512, 1024]].tolist() == [0, 11025, 22050]


@pytest.mark.parametrize(("n_fft", "hop"), [(0, 1), (63, 21), (64, 24), (64, 0)])
def test_sizes_that_do_not_fit_are_refused(n_fft, hop):
    with pytest.raises(ValueError, match="multiple"):
        StftSpec(n_fft, hop)


def test_wide_steps_analyse_but_do_not_invert():
    wide = StftSpec(64, 32)
    assert stft(noise(1, 100), wide).shape == (1, 33, 4)
    with pytest.raises(ValueError, match="invert"):
        OverlapAdd(wide, 1, 100)


def test_the_number_of_frames_must_fit_the_length():
    with pytest.raises(ValueError, match="frames"):
        istft(stft(noise(1, 100), SPEC), SPEC, 200)
