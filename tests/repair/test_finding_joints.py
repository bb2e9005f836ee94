from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.repair.finding.beats import beats
from stemstudio.repair.finding.snapping import snapped_to_beats, snapped_to_zero_crossings
from stemstudio.repair.finding.transient import transient
from stemstudio.repair.selection import Selection

RATE = 44100


def noise(seconds, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def clicks(at_s, seconds):
    """Noise bursts that decay by 20 dB in 23 ms, over noise 40 dB lower."""
    samples = 0.003 * noise(seconds)
    burst = 0.3 * noise(0.1, 1) * np.exp(-np.arange(round(0.1 * RATE)) / (0.01 * RATE))
    for start in at_s:
        first = round(start * RATE)
        samples[first : first + len(burst)] += burst[: len(samples) - first]
    return AudioBuffer(np.float32(samples)[None], RATE)


@pytest.mark.parametrize("off_s", [-0.05, -0.01, 0.0, 0.02, 0.05])
def test_an_attack_is_found_from_its_onset_to_its_decay(off_s):
    extent = transient(clicks([1.0], 2), (1.0 + off_s) * RATE).extent
    assert extent.first / RATE == pytest.approx(1.0, abs=0.002)
    assert extent.last / RATE == pytest.approx(1.023, abs=0.008)
    assert (extent.low_hz, extent.high_hz) == (0, RATE / 2)


def test_a_slow_attack_starts_where_it_begins_to_rise():
    samples = 0.0003 * noise(2)
    rise = round(0.03 * RATE)
    samples[RATE : RATE + rise] += 0.3 * noise(0.03, 1) * np.linspace(0, 1, rise) ** 2
    extent = transient(AudioBuffer(np.float32(samples)[None], RATE), 1.02 * RATE).extent
    assert extent.first / RATE == pytest.approx(1.001, abs=0.003)


def test_an_attack_may_be_limited_to_a_band_and_need_not_be_there():
    extent = transient(clicks([1.0], 2), RATE, 1000, 5000).extent
    assert (extent.low_hz, extent.high_hz) == (1000, 5000)
    assert transient(clicks([1.0], 2), 1.6 * RATE).is_empty
    assert transient(AudioBuffer(np.zeros((1, RATE), np.float32), RATE), RATE / 2).is_empty


def test_of_two_attacks_the_nearer_is_taken():
    assert transient(clicks([1.0, 1.08], 2), 1.09 * RATE).extent.first / RATE == pytest.approx(1.08, abs=0.005)


def test_both_ends_snap_to_where_the_sum_of_the_channels_rises_through_zero():
    time = np.arange(RATE) / RATE
    source = AudioBuffer(np.float32([np.sin(2 * np.pi * 100 * time), np.zeros(RATE)]), RATE)
    snapped = snapped_to_zero_crossings(Selection.box(RATE, 10000, 20100, 200, 300), source).extent
    assert (snapped.first, snapped.last) == (10143, 20286)
    mono = source.samples.sum(axis=0)
    for frame in (snapped.first, snapped.last):
        assert mono[frame - 1] < 0 <= mono[frame]
    assert (snapped.low_hz, snapped.high_hz) == (200, 300)


def test_an_end_without_a_crossing_stays():
    source = AudioBuffer(np.ones((1, RATE), np.float32), RATE)
    selection = Selection.time_range(RATE, 10000, 20000)
    assert snapped_to_zero_crossings(selection, source) == selection
    assert snapped_to_zero_crossings(Selection(RATE), source).is_empty


@pytest.mark.parametrize("beats_per_minute", [72, 100, 128, 150])
def test_beats_of_a_click_track_are_found(beats_per_minute):
    period = 60 / beats_per_minute
    true_s = np.arange(0.5, 20, period)
    found_s = beats(clicks(true_s, 20), 10 * RATE) / RATE
    distance = np.abs(found_s[:, None] - true_s).min(axis=1)
    assert np.median(np.diff(found_s)) == pytest.approx(period, rel=0.02)
    assert np.mean(distance < 0.03) > 0.95


def test_both_ends_snap_to_beats_and_a_short_selection_becomes_one():
    source = clicks(np.arange(0.5, 12, 0.5), 12)
    long = snapped_to_beats(Selection.time_range(RATE, round(3.1 * RATE), round(4.9 * RATE)), source).extent
    assert (long.first / RATE, long.last / RATE) == pytest.approx((3.0, 5.0), abs=0.03)
    short = snapped_to_beats(Selection.time_range(RATE, round(3.6 * RATE), round(3.65 * RATE)), source).extent
    assert (short.first / RATE, short.last / RATE) == pytest.approx((3.5, 4.0), abs=0.03)


def test_silence_has_no_beats():
    silence = AudioBuffer(np.zeros((2, 5 * RATE), np.float32), RATE)
    assert not len(beats(silence, RATE))
    assert not len(beats(silence, 1000 * RATE))
    selection = Selection.time_range(RATE, 100, 200)
    assert snapped_to_beats(selection, silence) == selection


def test_a_real_song_keeps_its_tempo(song_excerpt):
    song = song_excerpt("Vibe_Ace", seconds=20.0)
    found = beats(song, 10 * song.sample_rate) / song.sample_rate
    assert 60 / np.median(np.diff(found)) == pytest.approx(129.2, rel=0.02)
