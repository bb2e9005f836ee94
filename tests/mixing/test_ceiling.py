import numpy as np
import pytest

from stemstudio.audio.loudness import TruePeakMeter
from stemstudio.mixing.ceiling import held, margin_frames, segment_frames
from stemstudio.mixing.folddown import matrix

RATE = 44100
MARGIN = margin_frames(RATE)
FRAMES = 2 * MARGIN + (1 << 15)
FOLD = matrix(6)
SPREAD = np.linalg.pinv(FOLD.astype(float)).astype(np.float32)


@pytest.fixture
def loud():
    """5.1 that passes full scale now and then, its fold-down, and the safe way to say the same."""
    random = np.random.default_rng(2)
    wanted = random.normal(0, 0.1, (6, FRAMES)).astype(np.float32)
    wanted[4, MARGIN + 9000 : MARGIN + 9300] *= 8
    wanted[2, MARGIN + 20_000] = -1.8
    mix = FOLD @ wanted
    return wanted, (SPREAD @ mix).astype(np.float32)


def true_peak(samples):
    meter = TruePeakMeter(len(samples))
    meter.add(samples)
    return 10 ** (meter.dbtp() / 20)


@pytest.mark.parametrize("ceiling", [0.5, 0.8, 1.0])
def test_no_true_peak_passes_the_ceiling_and_the_fold_down_stays(loud, ceiling):
    wanted, safe = loud
    assert np.abs(safe).max() < 0.95
    safe *= ceiling  # safe has to be
    wanted = wanted * ceiling
    made = held(wanted, safe, ceiling, RATE)
    assert made.shape == (6, FRAMES - 2 * MARGIN)
    assert true_peak(wanted) > 1.5 * ceiling
    assert true_peak(made) <= ceiling
    np.testing.assert_allclose(FOLD @ made, (FOLD @ wanted)[:, MARGIN:-MARGIN], atol=1e-6)


def test_peaks_between_samples_are_held_too():
    t = np.arange(FRAMES)
    wave = np.sin(np.pi / 2 * t + np.pi / 4)[np.newaxis].astype(np.float32)
    wave[:, : MARGIN + 2000] *= 0.5
    wave[:, -MARGIN - 2000 :] *= 0.5
    assert np.abs(wave).max() < 0.71
    made = held(wave, np.zeros_like(wave), 0.9, RATE)
    assert true_peak(made) <= 0.9
    assert true_peak(made) > 0.85


def test_what_is_not_too_loud_is_not_touched(loud):
    wanted, safe = loud
    assert np.array_equal(held(0.1 * wanted, safe, 1.0, RATE), 0.1 * wanted[:, MARGIN:-MARGIN])
    far = held(wanted, safe, 1.0, RATE)[:, : 9000 - 40 * segment_frames(RATE)]
    np.testing.assert_allclose(far, wanted[:, MARGIN : MARGIN + far.shape[1]], atol=1e-7)


def test_what_is_given_does_not_depend_on_where_the_passage_begins(loud):
    wanted, safe = loud
    whole = held(wanted, safe, 1.0, RATE)
    step = 100 * segment_frames(RATE)
    later = held(wanted[:, step:], safe[:, step:], 1.0, RATE)
    np.testing.assert_allclose(later, whole[:, step:], atol=1e-6)
