import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.automation import gain_curve, with_point
from stemstudio.mixing.mixer import Mixer, MixInput

RATE = 8000
NOISE = AudioBuffer(np.random.default_rng(2).normal(0, 0.2, (2, 5000)).astype(np.float32), RATE)


def test_gain_moves_straight_in_decibels_and_stays_beyond_its_points():
    curve = gain_curve(((100, 0.0), (300, -20.0), (400, -120.0)), 0, 500)
    np.testing.assert_allclose(20 * np.log10(curve[[0, 100, 200, 300]]), [0, 0, -10, -20], atol=1e-5)
    assert curve[400] == curve[499] == 0


@pytest.mark.parametrize("block", [1, 7, 512, 5000])
def test_a_block_is_the_same_however_it_is_cut(block):
    points = with_point(with_point(((4000, -30.0),), 10, 3.0), 4000, -12.0)
    assert points == ((10, 3.0), (4000, -12.0))
    mixer = Mixer((MixInput(NOISE, width=1.7, pan=0.3, pan_law="power", automation=points, invert=True),))
    whole = mixer.read(0, 5000)
    cut = np.concatenate([mixer.read(at, min(block, 5000 - at)) for at in range(0, 5000, block)], 1)
    np.testing.assert_array_equal(cut, whole)


def test_width_polarity_and_pan_law():
    def heard(**strip):
        return Mixer((MixInput(NOISE, **strip),)).read(0, 5000)

    left, right = NOISE.samples
    np.testing.assert_allclose(heard(width=0.0), np.stack([(left + right) / 2] * 2), atol=1e-6)
    wide = heard(width=2.0)
    np.testing.assert_allclose(wide[0] - wide[1], 2 * (left - right), atol=1e-6)
    np.testing.assert_allclose(wide.sum(0), left + right, atol=1e-6)
    np.testing.assert_array_equal(heard(invert=True), -NOISE.samples)
    np.testing.assert_array_equal(heard(pan_law="power"), NOISE.samples)
    panned = heard(pan_law="power", pan=1.0)
    np.testing.assert_allclose(panned[1], np.sqrt(2) * right, rtol=1e-5)
    assert np.abs(panned[0]).max() < 1e-6
    mono = AudioBuffer(NOISE.samples[:1], RATE)
    power = [np.sum(Mixer((MixInput(mono, pan_law="power", pan=p),)).read(0, 5000) ** 2) for p in (0, 0.4, -1)]
    np.testing.assert_allclose(power, power[0], rtol=1e-5)
