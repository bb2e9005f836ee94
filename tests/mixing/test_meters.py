import numpy as np
import pytest

from stemstudio.mixing.meters import SILENCE, decibels, level


def test_a_sine_has_its_amplitude_as_peak_and_three_decibels_less_as_rms():
    phase = np.arange(44100) / 44100 * 441 * 2 * np.pi
    measured = level(np.stack([0.5 * np.sin(phase), -0.25 * np.sin(phase)]).astype(np.float32))
    assert measured.peak == pytest.approx((0.5, 0.25), rel=1e-3)
    assert measured.rms == pytest.approx((0.5 * np.sqrt(0.5), 0.25 * np.sqrt(0.5)), rel=1e-3)


def test_the_peak_is_found_below_zero_too():
    assert level(np.array([[0.1, -0.9, 0.2]], np.float32)).peak == pytest.approx((0.9,))


def test_no_frames_are_silence():
    assert level(np.zeros((2, 0), np.float32)) == SILENCE


def test_decibels_end_at_their_floor():
    assert decibels(1.0) == 0.0
    assert decibels(0.1) == pytest.approx(-20)
    assert decibels(0.0) == -120.0
    assert decibels(1e-9, floor_db=-90) == -90.0
