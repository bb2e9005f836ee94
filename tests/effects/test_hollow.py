from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import Cancelled
from stemstudio.core.progress import Progress
from stemstudio.effects.hollow import PLATE_PRESET, check_hollow
from stemstudio.effects.presets import preset

RATE = 44100


def stereo(left, right):
    return AudioBuffer(np.stack([left, right]).astype(np.float32), RATE)


@pytest.fixture(scope="module")
def voices() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (2, 4 * RATE))


def test_equal_sides_are_solid(voices):
    report = check_hollow(stereo(voices[0], voices[0]))
    assert (report.verdict, report.mean_loss_db) == ("solid", pytest.approx(0, abs=1e-6))
    assert report.mean_correlation == pytest.approx(1)
    assert check_hollow(AudioBuffer(voices[:1].astype(np.float32), RATE)).verdict == "solid"


def test_sides_with_nothing_in_common_lose_three_decibels(voices):
    report = check_hollow(stereo(*voices))
    assert report.mean_loss_db == pytest.approx(3.0, abs=0.1)
    assert report.mean_correlation == pytest.approx(0, abs=0.02)


def test_cancelling_sides_are_hollow_and_the_advice_says_where(voices):
    right = voices[0].copy()
    right[2 * RATE : 3 * RATE] *= -0.9
    report = check_hollow(stereo(voices[0], right))
    assert report.verdict == "hollow"
    assert 2.0 <= report.worst[0] <= 2.8
    assert "0:02" in report.advice
    assert np.nanmax(report.loss_db) > 20
    assert np.nanmin(report.correlation) < -0.9
    assert len(report.times_s) == len(report.loss_db) == 10


def test_the_plate_fills_a_hollow_voice(voices):
    """What the button beside the advice does helps: less is lost in mono."""
    from stemstudio.effects.chain_source import ChainSource

    hollow = stereo(voices[0] + 0.5 * voices[1], -0.7 * voices[0] + 0.5 * voices[1])
    before = check_hollow(hollow)
    after = check_hollow(ChainSource(hollow, preset(PLATE_PRESET).chain))
    assert before.verdict == "hollow"
    assert after.mean_loss_db < before.mean_loss_db - 2


def test_pauses_do_not_count(voices):
    left = voices[0] * (np.arange(4 * RATE) < RATE)
    report = check_hollow(stereo(left, left + 1e-4 * voices[1]))
    assert report.verdict == "solid"
    assert np.isnan(report.loss_db[-1])
    assert check_hollow(stereo(0 * left, 0 * left)).verdict == "silent"


def test_it_can_be_stopped(voices):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        check_hollow(stereo(*voices), progress)
