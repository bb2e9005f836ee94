from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import Cancelled
from stemstudio.core.progress import Progress
from stemstudio.evaluation.evaluate import evaluate

RATE = 4000


def noise(seed, seconds=4.0, level=0.1):
    samples = np.random.default_rng(seed).normal(0, level, (2, round(seconds * RATE))).astype(np.float32)
    return AudioBuffer(samples, RATE)


def mixed(*parts):
    return AudioBuffer(sum(gain * source.samples for gain, source in parts), RATE)


@pytest.fixture
def truth():
    return {"vocals": noise(0), "drums": noise(1), "bass": noise(2, level=0.0), "other": noise(3)}


def test_every_score_of_a_known_separation(truth):
    hiss = noise(9)
    estimate = {
        "vocals": mixed((1, truth["vocals"]), (0.1, truth["other"])),
        "drums": mixed((0.5, truth["drums"]), (0.05, hiss)),
        "bass": mixed((0.1, truth["drums"])),
    }
    found = evaluate(truth, estimate, Progress())
    assert set(found.stems) == {"vocals", "drums"}
    vocals, drums = found.stems["vocals"], found.stems["drums"]
    assert vocals.si_sdr == pytest.approx(20, abs=0.3)
    assert vocals.si_sir == pytest.approx(20, abs=0.3)
    assert vocals.sir == pytest.approx(20, abs=1)
    assert vocals.si_sar > 80
    assert drums.si_sdr == pytest.approx(20, abs=0.3)
    assert drums.si_sar == pytest.approx(20, abs=0.3)
    assert drums.sdr == pytest.approx(6, abs=0.5), "half the level is distortion to BSS Eval for images"
    assert drums.isr == pytest.approx(6, abs=0.5)
    (silent,) = found.silent
    assert silent.stem == "bass"
    assert silent.leaked_db == pytest.approx(-40, abs=0.3)
    assert found.mean.si_sdr == pytest.approx((vocals.si_sdr + drums.si_sdr) / 2)


def test_a_shorter_estimate_is_followed_by_silence(truth):
    vocals = truth["vocals"]
    half = AudioBuffer(vocals.samples[:, : vocals.frames // 2], RATE)
    found = evaluate({"vocals": vocals}, {"vocals": half}, Progress())
    assert found.stems["vocals"].si_sdr == pytest.approx(0, abs=0.3)


def test_nothing_in_common_is_a_defect(truth):
    with pytest.raises(ValueError, match="no estimate"):
        evaluate(truth, {"kazoo": noise(5)}, Progress())


def test_only_silent_stems_have_no_mean(truth):
    found = evaluate({"bass": truth["bass"]}, {"bass": truth["bass"]}, Progress())
    assert not found.stems
    assert math.isnan(found.mean.sdr)
    assert found.silent[0].leaked_db == -math.inf


def test_a_stop_is_heard(truth):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        evaluate(truth, truth, progress)


class Endless:
    sample_rate, channels = RATE, 1

    def __init__(self, seconds, pace):
        self.frames, self._pace = seconds * RATE, pace

    def read(self, start, frames):
        n = np.arange(start, start + frames)
        samples = np.sin(self._pace * n * n % 977) * ((n >= 0) & (n < self.frames))
        return samples[None].astype(np.float32)


def test_memory_does_not_grow_with_the_song():
    peaks = []
    for seconds in (30, 90):
        sources = {"vocals": Endless(seconds, 0.1), "drums": Endless(seconds, 0.3)}
        tracemalloc.start()
        evaluate(sources, sources, Progress())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
