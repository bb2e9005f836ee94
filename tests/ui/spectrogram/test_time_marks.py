import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstudio.core.tempo import Tempo
from stemstudio.ui.spectrogram.time_marks import TimeRuler

RATE = 44100
BARS = TimeRuler("bars", Tempo(120.0, 0.25))


def texts(ruler, start_s, end_s, least_s):
    marks = ruler.marks(RATE, start_s * RATE, end_s * RATE, least_s * RATE)
    return {round(mark.frame / RATE, 4): mark.text for mark in marks if mark.text}


def test_seconds():
    assert texts(TimeRuler(), 0, 3, 0.9) == {0: "0:00", 1: "0:01", 2: "0:02", 3: "0:03"}


def test_samples_stand_at_round_numbers():
    marks = TimeRuler("samples").marks(RATE, 99_000, 131_000, 9000)
    assert [(mark.frame, mark.text) for mark in marks if mark.text] == [
        (100_000, "100\u202f000"),
        (110_000, "110\u202f000"),
        (120_000, "120\u202f000"),
        (130_000, "130\u202f000"),
    ]


def test_bars_beats_and_groups_of_bars_as_room_allows():
    assert texts(BARS, 0, 5, 1.5) == {0.25: "1", 2.25: "2", 4.25: "3"}
    assert texts(BARS, 0.2, 2.3, 0.4) == {0.25: "1.1", 0.75: "1.2", 1.25: "1.3", 1.75: "1.4", 2.25: "2.1"}
    assert texts(BARS, 0, 33, 7) == {0.25: "1", 8.25: "5", 16.25: "9", 24.25: "13", 32.25: "17"}


def test_what_lies_before_the_first_beat_is_counted_down():
    assert texts(TimeRuler("bars", Tempo(120.0, 4.25)), 0, 5, 1.5) == {0.25: "−1", 2.25: "0", 4.25: "1"}


def test_waltzes_have_three_beats():
    assert texts(TimeRuler("bars", Tempo(60.0, 0.0, 3)), 0, 6.5, 2.5) == {0: "1", 3: "2", 6: "3"}


def test_read_out():
    assert TimeRuler().label(17.482 * RATE, RATE) == "0:17.482"
    assert TimeRuler("samples").label(1_234_567.4, RATE) == "1\u202f234\u202f567"
    assert BARS.label(0.25 * RATE, RATE) == "1.1.00"
    assert BARS.label(3.0 * RATE, RATE) == "2.2.50"


def test_bars_without_a_tempo_are_seconds():
    assert TimeRuler("bars").marks(RATE, 0, RATE, 9000) == TimeRuler().marks(RATE, 0, RATE, 9000)


@given(
    kind=st.sampled_from(("seconds", "samples", "bars")),
    start=st.floats(0, 1e9),
    span=st.floats(2205, 1e9),
    bpm=st.floats(20, 480),
)
def test_labels_have_room_and_marks_lie_in_sight(kind, start, span, bpm):
    least = span / 12
    marks = TimeRuler(kind, Tempo(bpm, 0.3)).marks(RATE, start, start + span, least)
    assert len(marks) < 200
    slack = 1e-6 * (start + span)
    assert all(start - slack <= mark.frame <= start + span + slack for mark in marks)
    places = [mark.frame for mark in marks if mark.text]
    assert all(b - a >= least - slack for a, b in itertools.pairwise(places))
    assert len(places) >= 1 or kind == "bars" or span < 12 * least
    assert np.all(np.diff([mark.frame for mark in marks]) > 0)


@pytest.mark.parametrize("kind", ["seconds", "samples", "bars"])
def test_no_label_is_wider_than_the_read_out_allows_for(kind):
    ruler = TimeRuler(kind, Tempo(118.0, 0.232))
    assert all(len(ruler.label(second * RATE, RATE)) <= len(ruler.longest_label) for second in (0.1, 100, 3700))
