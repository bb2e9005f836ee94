import numpy as np
import pytest

from stemstudio.mixing.folddown import fold_down, matrix

H = np.sqrt(0.5)


def test_mono_plays_in_both_ears_at_its_level():
    mono = np.array([[0.25, -1.0]], np.float32)
    assert np.array_equal(fold_down(mono), [[0.25, -1.0], [0.25, -1.0]])


def test_stereo_stays_as_it_is():
    stereo = np.random.default_rng(1).standard_normal((2, 9)).astype(np.float32)
    assert np.array_equal(fold_down(stereo), stereo)


def test_five_point_one_follows_the_equations_of_the_recommendation():
    left, right, centre, low, left_surround, right_surround = np.eye(6, dtype=np.float32)[:, np.newaxis]
    song = np.concatenate([left, right, centre, low, left_surround, right_surround])
    folded = fold_down(song)
    assert folded[0] == pytest.approx([1, 0, H, 0, H, 0])
    assert folded[1] == pytest.approx([0, 1, H, 0, 0, H])


@pytest.mark.parametrize("channels", range(1, 9))
def test_every_layout_is_the_same_from_left_and_from_right(channels):
    sides = {1: [0], 2: [1, 0], 3: [1, 0, 2], 4: [1, 0, 3, 2], 5: [1, 0, 2, 4, 3], 6: [1, 0, 2, 3, 5, 4]}
    sides |= {7: [1, 0, 2, 3, 4, 6, 5], 8: [1, 0, 2, 3, 5, 4, 7, 6]}
    assert np.array_equal(matrix(channels)[0], matrix(channels)[1, sides[channels]])


def test_more_channels_are_refused():
    with pytest.raises(ValueError, match="9"):
        matrix(9)
