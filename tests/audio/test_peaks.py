from __future__ import annotations

import numpy as np
import pytest

from stemstudio.audio.peaks import BLOCK, Peaks, build_peaks, envelope
from stemstudio.core.buffer import AudioBuffer

RATE = 44100


def truth(samples: np.ndarray, start: float, end: float, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Envelope by looking at every sample of every column, widened to whole blocks."""
    edges = start + (end - start) / columns * np.arange(columns + 1)
    low, high = np.zeros(columns), np.zeros(columns)
    for column in range(columns):
        first, last = max(int(np.floor(edges[column])), 0), min(int(np.ceil(edges[column + 1])), samples.shape[1])
        if first < last:
            part = samples[:, first:last]
            low[column], high[column] = part.min(), part.max()
    return low, high


@pytest.mark.parametrize("columns", [1, 7, 300, 515])
def test_the_envelope_covers_what_is_there_and_nothing_far_from_it(columns, music):
    peaks = build_peaks(AudioBuffer(music, RATE))
    low, high = peaks.draw(0, music.shape[1], columns)
    exact_low, exact_high = truth(music, 0, music.shape[1], columns)
    assert (low <= exact_low + 1e-3).all()
    assert (high >= exact_high - 1e-3).all()
    # A column may show its neighbours' samples up to two blocks of its level away.
    width = music.shape[1] / columns
    wide_low = [truth(music, c * width - 2 * width, (c + 3) * width, 1)[0][0] for c in range(columns)]
    assert (low >= np.array(wide_low) - 1e-3).all()


def test_growing_in_uneven_blocks_gives_the_same_as_all_at_once(music):
    whole, grown = build_peaks(AudioBuffer(music, RATE)), Peaks()
    start = 0
    for n in [1, 255, 256, 257, 1000, 13, 60_000, 5] * 10:
        grown.add(start, music[:, start : start + n])
        start = min(start + n, music.shape[1])
        if start == music.shape[1]:
            break
    assert grown.frames == whole.frames == music.shape[1]
    for columns in (1, 50, 400):
        np.testing.assert_array_equal(grown.draw(0, start, columns), whole.draw(0, start, columns))


def test_what_is_not_there_yet_is_flat(music):
    peaks = Peaks(music.shape[1])
    peaks.add(0, music[:, : 100 * BLOCK])
    low, high = peaks.draw(0, 200 * BLOCK, 200)
    assert high[:100].max() > 0.1
    assert not high[100:].any()
    assert not low[100:].any()


def test_outside_the_sound_is_flat(music):
    peaks = build_peaks(AudioBuffer(music, RATE))
    low, high = peaks.draw(-50_000, music.shape[1] + 50_000, 100)
    assert not high[:15].any()
    assert not low[-15:].any()
    assert high[40:60].any()
    assert not np.any(peaks.draw(music.shape[1] + 1000, music.shape[1] + 9000, 10))
    assert not np.any(Peaks().draw(0, 1000, 10))


def test_loud_and_quiet_keep_their_shape():
    samples = np.zeros((1, 10 * BLOCK), np.float32)
    samples[0, 100], samples[0, 1000], samples[0, 2000] = 3.5, -1e-5, 1e9
    low, high = build_peaks(AudioBuffer(samples, RATE)).draw(0, 10 * BLOCK, 10)
    assert high[0] == pytest.approx(3.5, rel=1e-3)
    assert low[1000 // BLOCK] == pytest.approx(-1e-5, rel=1e-2)
    assert high[2000 // BLOCK] == pytest.approx(65504)


def test_narrow_columns_show_samples(music):
    source = AudioBuffer(music, RATE)
    peaks = build_peaks(source)
    low, high = envelope(source, peaks, 10_000, 10_500, 250)
    exact = music[:, 10_000:10_500].reshape(2, 250, 2)
    np.testing.assert_array_equal(low, exact.min(axis=(0, 2)))
    np.testing.assert_array_equal(high, exact.max(axis=(0, 2)))
    wide = envelope(source, peaks, 0, music.shape[1], 100)
    np.testing.assert_array_equal(wide, peaks.draw(0, music.shape[1], 100))


def test_saved_peaks_are_the_same_after_loading(music, tmp_path):
    peaks = build_peaks(AudioBuffer(music, RATE))
    peaks.save(tmp_path / "x.peaks")
    loaded = Peaks.load(tmp_path / "x.peaks")
    assert loaded is not None
    assert loaded.frames == peaks.frames
    for columns in (1, 33, 500):
        np.testing.assert_array_equal(loaded.draw(0, 1e5, columns), peaks.draw(0, 1e5, columns))
    assert Peaks.load(tmp_path / "missing.peaks") is None
