import numpy as np
import pytest

from stemstudio.mixing.pan import SILENT_DB, amplitude, balance, gains


def test_the_centre_changes_nothing():
    assert balance(0.0) == (1.0, 1.0)
    assert gains(0.0, 0.0).tolist() == [[1.0], [1.0]]


def test_either_end_is_silent_on_the_far_side_and_unchanged_on_the_near():
    assert balance(-1.0) == (1.0, 0.0)
    assert balance(1.0) == (0.0, 1.0)
    assert balance(7.0) == balance(1.0)


def test_moving_lowers_the_far_side_only_and_steadily():
    pans = np.linspace(0, 1, 21)
    left = np.array([balance(pan)[0] for pan in pans])
    assert all(balance(pan)[1] == 1.0 for pan in pans)
    assert np.all(np.diff(left) < 0)
    assert balance(0.5)[0] == pytest.approx(10 ** (-3.0103 / 20), rel=1e-4)


def test_gain_in_decibels():
    assert amplitude(0.0) == 1.0
    assert amplitude(-6.0206) == pytest.approx(0.5, rel=1e-5)
    assert amplitude(SILENT_DB) == 0.0
    assert amplitude(float("-inf")) == 0.0
