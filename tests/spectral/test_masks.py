from __future__ import annotations

import numpy as np
import pytest

from stemstudio.spectral.masks import soft_mask


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 8.0])
def test_shares_are_those_of_the_powers(power):
    wanted, other = np.random.default_rng(0).uniform(0.1, 2, (2, 5, 7)).astype(np.float32)
    expected = wanted**power / (wanted**power + other**power)
    np.testing.assert_allclose(soft_mask(wanted, other, power), expected, rtol=1e-5)
    np.testing.assert_allclose(soft_mask(wanted, other, power) + soft_mask(other, wanted, power), 1, rtol=1e-6)


def test_very_loud_and_very_faint_values_neither_overflow_nor_vanish():
    faint, loud = np.full((1, 1), 1e-30, np.float32), np.full((1, 1), 1e30, np.float32)
    for size in (faint, loud):
        np.testing.assert_allclose(soft_mask(2 * size, size, 4.0), 16 / 17, rtol=1e-6)
    assert soft_mask(faint, loud) == 0
    assert soft_mask(loud, faint) == 1


def test_where_both_are_silent_the_caller_decides():
    silence = np.zeros((2, 3), np.float32)
    assert not soft_mask(silence, silence).any()
    assert np.all(soft_mask(silence, silence, empty=0.5) == 0.5)
