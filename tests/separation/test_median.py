from __future__ import annotations

import numpy as np
import pytest

from stemstudio.separation.classic.median import median_over_bins, median_over_frames

SHAPES = [(1, 1), (3, 5), (40, 9), (40, 65), (200, 130)]


def magnitude(shape):
    return np.abs(np.random.default_rng(sum(shape)).normal(size=shape)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 3, 16, 31])
@pytest.mark.parametrize("shape", SHAPES)
def test_medians_equal_scipy(shape, size):
    from scipy.ndimage import median_filter

    values = magnitude(shape)
    frames = median_filter(values, size=(size, 1), mode="reflect")
    bins = median_filter(values, size=(1, size), mode="reflect")
    assert np.array_equal(median_over_frames(values, 0, shape[0], size), frames)
    assert np.array_equal(median_over_bins(values, 0, shape[0], size), bins)


def test_a_part_of_the_frames_is_that_part_of_all():
    values = magnitude((200, 130))
    whole = median_over_frames(values, 0, 200, 31)
    assert np.array_equal(median_over_frames(values, 60, 140, 31), whole[60:140])
    whole = median_over_bins(values, 0, 200, 31)
    assert np.array_equal(median_over_bins(values, 60, 140, 31), whole[60:140])


def test_equal_values_and_zeros_are_no_trouble():
    values = np.zeros((50, 70), np.float32)
    values[20:] = 1
    out = median_over_frames(values, 0, 50, 5)
    assert np.array_equal(out, values)
