from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.repair.finding.wand import magic_wand
from stemstudio.repair.selection import Extent

RATE = 44100


@pytest.fixture(scope="module")
def two_bursts():
    """Bursts of one tone at 0.5 s and 1.5 s, the second 3 dB softer, another tone 40 dB softer all along."""
    time = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * time)
    gate = ((time > 0.5) & (time < 0.7)) + 0.7 * ((time > 1.5) & (time < 1.7))
    return AudioBuffer(np.float32([0.3 * tone * gate + 0.003 * np.sin(2 * np.pi * 5000 * time)] * 2), RATE)


def holds(selection, seconds, hertz):
    return bool(selection.weights(np.array([seconds * RATE]), np.array([hertz]))[0, 0])


def test_contiguous_takes_the_burst_that_was_clicked(two_bursts):
    selection = magic_wand(two_bursts, 0.6 * RATE, 1000)
    assert holds(selection, 0.55, 1000)
    assert holds(selection, 0.65, 1000)
    assert not holds(selection, 1.6, 1000)
    assert not holds(selection, 0.6, 5000)
    assert selection.extent.first > 0.45 * RATE
    assert selection.extent.last < 0.75 * RATE


def test_elsewhere_takes_all_that_is_as_loud(two_bursts):
    selection = magic_wand(two_bursts, 0.6 * RATE, 1000, contiguous=False)
    assert holds(selection, 1.6, 1000)
    assert not holds(selection, 1.6, 5000)


def test_the_tolerance_decides(two_bursts):
    assert not holds(magic_wand(two_bursts, 0.6 * RATE, 1000, tolerance_db=1, contiguous=False), 1.6, 1000)
    assert holds(magic_wand(two_bursts, 0.6 * RATE, 1000, tolerance_db=50, contiguous=False), 1.6, 5000)


def test_nothing_beyond_the_given_extent_is_taken(two_bursts):
    within = Extent(0, round(0.6 * RATE), 900, 1100)
    selection = magic_wand(two_bursts, 0.55 * RATE, 1000, contiguous=False, within=within)
    assert holds(selection, 0.55, 1000)
    assert selection.extent.last < 0.62 * RATE
    assert selection.extent.high_hz < 1130


def test_a_click_outside_selects_nothing(two_bursts):
    assert magic_wand(two_bursts, -1, 1000).is_empty
    assert magic_wand(two_bursts, 3 * RATE, 1000).is_empty
    assert magic_wand(two_bursts, RATE, 30000).is_empty
    assert magic_wand(two_bursts, RATE, 1000, within=Extent(0, 10, 0, 100)).is_empty


def test_a_real_song_gives_a_part_of_it(song_excerpt):
    song = song_excerpt("Vibe_Ace", seconds=8.0)
    selection = magic_wand(song, 4 * song.sample_rate, 5000)
    frames, hertz = np.arange(0, song.frames, 512.0), np.linspace(0, song.sample_rate / 2, 513)
    assert selection.weights(np.array([4.0 * song.sample_rate]), np.array([5000.0])) == pytest.approx(1, abs=0.5)
    assert 0 < selection.weights(frames, hertz).mean() < 0.7
    everywhere = magic_wand(song, 4 * song.sample_rate, 5000, contiguous=False)
    assert everywhere.weights(frames, hertz).mean() >= selection.weights(frames, hertz).mean()
