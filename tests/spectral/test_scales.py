import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstudio.spectral.decibels import STEP_DB
from stemstudio.spectral.grids import LinearGrid
from stemstudio.spectral.scales import (
    SCALES,
    BinLadder,
    FrequencyScale,
    hertz_label,
    hertz_ticks,
    note_name,
    row_map,
)

RATES = (8000, 22050, 44100, 96000, 192000)


@given(kind=st.sampled_from(SCALES), rate=st.sampled_from(RATES), place=st.floats(0, 1))
def test_hertz_and_place_are_inverse(kind, rate, place):
    scale = FrequencyScale.full(kind, rate)
    assert scale.place(scale.hertz(place)) == pytest.approx(place, abs=1e-9)
    assert scale.low_hz - 1e-6 <= scale.hertz(place) <= scale.high_hz * (1 + 1e-9)


def test_octaves_are_equally_high_on_the_logarithmic_scale():
    scale = FrequencyScale.full("log", 44100)
    places = [scale.place(hertz) for hertz in (125, 250, 500, 1000, 2000)]
    assert np.diff(places) == pytest.approx(np.full(4, places[1] - places[0]))


def test_mel_scale_has_1000_mel_at_1_khz():
    scale = FrequencyScale.full("mel", 44100)
    mel_at_top = 2595 * np.log10(1 + 22050 / 700)
    assert scale.place(1000) * mel_at_top == pytest.approx(1000, rel=1e-3)


@pytest.mark.parametrize("arguments", [("bark", 20, 20000), ("log", 0, 20000), ("linear", 200, 100)])
def test_impossible_axis_is_refused(arguments):
    with pytest.raises(ValueError, match=r"axis|kind"):
        FrequencyScale(*arguments)


@pytest.mark.parametrize("kind", SCALES)
@pytest.mark.parametrize("height", [40, 333, 840, 1700])
def test_every_bin_on_the_axis_is_seen_where_it_belongs(kind, height):
    rate, ladder = 44100, BinLadder(1025)
    scale = FrequencyScale.full(kind, rate)
    rows = row_map(scale, 0, 1, height, LinearGrid(ladder.bins, rate / 2048), ladder)
    codes = np.zeros((ladder.bins, ladder.bins), np.uint8)
    np.fill_diagonal(codes, 200)
    seen = rows.apply(ladder.climb(codes))
    for number in range(2, ladder.bins - 1):
        place = scale.place(number * rate / 2048)
        if not 0.01 < place < 0.99:
            continue
        column = seen[:, number]
        assert column.max() >= 40, f"bin {number} vanishes"
        spread = (scale.place((number + 1) * rate / 2048) - scale.place((number - 1) * rate / 2048)) * height
        assert abs(np.argmax(column) + 0.5 - (1 - place) * height) <= 2 + spread


def test_a_level_spread_over_all_bins_keeps_its_level_on_every_row():
    ladder = BinLadder(2049)
    rows = row_map(FrequencyScale.full("log", 44100), 0, 1, 700, LinearGrid(2049, 44100 / 4096), ladder)
    assert np.all(rows.apply(ladder.climb(np.full((2049, 3), 123, np.uint8))) == 123)


def test_interpolation_is_exact_between_extremes():
    ladder = BinLadder(33)
    rows = row_map(FrequencyScale("linear", 0, 50), 0, 1, 101, LinearGrid(33, 50.0), ladder)
    codes = np.zeros((33, 1), np.uint8)
    codes[1] = 255  # 50 Hz; 0 Hz is silent
    picture = rows.apply(ladder.climb(codes))[::-1, 0].astype(int)
    wanted = 255 * (np.arange(101) + 0.5) / 101
    assert np.max(np.abs(picture - wanted)) <= 2
    assert np.all(np.diff(picture) >= 0)


def test_tilt_lifts_by_decibels_per_octave_and_leaves_1_khz():
    ladder, scale = BinLadder(2049), FrequencyScale.full("log", 44100)
    flat = np.full((2049, 1), 100, np.uint8)
    rows = row_map(scale, 0, 1, 900, LinearGrid(2049, 44100 / 4096), ladder, tilt_db=4.0)
    seen = rows.apply(ladder.climb(flat))[:, 0].astype(int)
    at = {hertz: seen[round((1 - scale.place(hertz)) * 900 - 0.5)] for hertz in (250, 1000, 4000)}
    assert abs(at[1000] - 100) <= 1
    assert abs(at[4000] - 100 - 8 / STEP_DB) <= 1
    assert abs(at[250] - 100 + 8 / STEP_DB) <= 1


def test_part_of_the_axis_shows_the_same_rows_as_the_whole_twice_as_high():
    ladder, scale = BinLadder(2049), FrequencyScale.full("mel", 44100)
    rng = np.random.default_rng(1)
    stored = ladder.climb(rng.integers(0, 255, (2049, 2), dtype=np.uint8))
    whole = row_map(scale, 0, 1, 800, LinearGrid(2049, 44100 / 4096), ladder).apply(stored)
    half = row_map(scale, 0.5, 1, 400, LinearGrid(2049, 44100 / 4096), ladder).apply(stored)
    assert np.array_equal(whole[:400], half)


@pytest.mark.parametrize(
    ("hertz", "name"), [(440, "A4"), (261.63, "C4"), (27.5, "A0"), (466.2, "B♭4"), (884, "A5"), (10, "")]
)
def test_note_names(hertz, name):
    assert note_name(hertz) == name


def test_octaves_are_labelled_as_on_the_sketch():
    scale = FrequencyScale.full("log", 44100)
    ticks = hertz_ticks(scale, scale.place(100), 1, 40 / 675)
    assert [hertz_label(hertz) for hertz in ticks] == ["125", "250", "500", "1k", "2k", "4k", "8k", "16k"]


@given(
    kind=st.sampled_from(SCALES),
    rate=st.sampled_from(RATES),
    bottom=st.floats(0, 0.97),
    band=st.floats(0.02, 1),
    gap=st.floats(0.02, 0.3),
)
def test_ticks_are_in_sight_and_apart(kind, rate, bottom, band, gap):
    scale, top = FrequencyScale.full(kind, rate), min(bottom + band, 1)
    least = gap * (top - bottom)
    ticks = hertz_ticks(scale, bottom, top, least)
    places = [scale.place(hertz) for hertz in ticks]
    assert all(bottom - 1e-6 <= place <= top + 1e-6 for place in places)
    assert all(b - a >= least * 0.99 for a, b in itertools.pairwise(places))
    assert ticks == sorted(ticks)


def test_joined_bins_are_drawn_without_an_offset():
    ladder, height = BinLadder(1025), 128  # eight bins to a row
    rows = row_map(FrequencyScale.full("linear", 44100), 0, 1, height, LinearGrid(1025, 44100 / 2048), ladder)
    codes = np.zeros((ladder.bins, ladder.bins), np.uint8)
    np.fill_diagonal(codes, 200)
    numbers = np.arange(100, 900)
    seen = rows.apply(ladder.climb(codes))[::-1, numbers].astype(float)
    centroids = (seen * (np.arange(height)[:, None] + 0.5)).sum(axis=0) / seen.sum(axis=0)
    assert np.mean(centroids - numbers / 8) == pytest.approx(0, abs=0.1)


def test_tilt_stops_at_the_ends_of_a_byte():
    ladder, scale = BinLadder(2049), FrequencyScale.full("log", 44100)
    rows = row_map(scale, 0, 1, 300, LinearGrid(2049, 44100 / 4096), ladder, tilt_db=6.0)
    assert rows.apply(ladder.climb(np.full((2049, 1), 250, np.uint8)))[0, 0] == 255
    assert rows.apply(ladder.climb(np.full((2049, 1), 5, np.uint8)))[-1, 0] == 0
