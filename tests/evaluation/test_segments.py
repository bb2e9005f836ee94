from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.evaluation.segments import score_segments

RATE = 1000


def noise(seed, seconds=20, level=0.1):
    samples = np.random.default_rng(seed).normal(0, level, (2, seconds * RATE)).astype(np.float32)
    return AudioBuffer(samples, RATE)


def plus(a, b, gain=1.0):
    return AudioBuffer(a.samples + np.float32(gain) * b.samples, RATE)


def test_mean_over_the_segments_in_which_a_stem_is_heard():
    vocals, drums = noise(0).samples.copy(), noise(1)
    vocals[:, : 5 * RATE] = 0  # not heard
    vocals[:, 5 * RATE : 10 * RATE] *= 0.02  # 34 dB under the mix: not heard
    vocals = AudioBuffer(vocals, RATE)
    estimate = plus(vocals, drums, 0.1)
    found = score_segments({"vocals": vocals, "drums": drums}, {"vocals": estimate, "drums": drums})
    assert found["vocals"].segments == 2
    assert found["vocals"].si_sdr_db == pytest.approx(20, abs=0.3)
    assert found["vocals"].mixture_db == pytest.approx(0, abs=0.3)
    assert found["vocals"].gain_db == pytest.approx(20, abs=0.5)
    assert found["drums"].segments == 2, "alone is nothing to separate"
    assert found["drums"].si_sdr_db == 30, "a perfect estimate is held at 30 dB"


def test_joint_references_are_compared_with_the_sum():
    bass, other, vocals = noise(0), noise(1), noise(2)
    swapped = {"bass": other, "other": bass, "vocals": vocals}
    found = score_segments({"bass+other": plus(bass, other), "vocals": vocals}, swapped)
    assert found["bass+other"].si_sdr_db == 30


def test_silence_as_an_estimate_counts_as_the_lowest_score():
    vocals, drums = noise(0), noise(1)
    nothing = AudioBuffer(np.zeros_like(vocals.samples), RATE)
    assert score_segments({"vocals": vocals, "drums": drums}, {"vocals": nothing})["vocals"].si_sdr_db == -30


def test_what_has_no_estimate_or_is_never_heard_is_left_out():
    vocals, drums = noise(0), noise(1, level=1e-6)
    found = score_segments({"vocals": vocals, "drums": drums}, {"drums": drums})
    assert found == {}


def test_an_inaudible_mixture_does_not_count():
    vocals, drums = noise(0, level=1e-4), noise(1, level=1e-4)
    assert score_segments({"vocals": vocals, "drums": drums}, {"vocals": vocals}) == {}
