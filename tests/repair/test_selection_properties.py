from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstudio.repair.selection import Extent, Selection

RATE = 16000
FRAMES = np.linspace(-2000, 18000, 61)
HERTZ = np.concatenate([[0.0], np.geomspace(15, RATE / 2, 47)])

frames = st.integers(-1000, 17000)
hertz = st.floats(0, RATE / 2)
points = st.tuples(st.floats(-1000, 17000), hertz)
amounts = st.floats(0, 0.3)
semitones = st.floats(0, 8)


def _cells(bits: list[bool], first: float, low_hz: float) -> Selection:
    return Selection.cells(RATE, np.array(bits).reshape(4, 6), first, 256, low_hz, 40)


simple = st.one_of(
    st.builds(lambda *corners: Selection.box(RATE, *corners), frames, frames, hertz, hertz),
    st.builds(lambda first, last: Selection.time_range(RATE, first, last), frames, frames),
    st.builds(lambda line: Selection.polygon(RATE, line), st.lists(points, min_size=3, max_size=12)),
    st.builds(
        lambda line, *brush: Selection.stroke(RATE, line, *brush),
        st.lists(points, min_size=1, max_size=5),
        st.floats(10, 3000),
        st.floats(0.02, 3),
        st.floats(0, 1),
    ),
    st.builds(_cells, st.lists(st.booleans(), min_size=24, max_size=24), st.floats(0, 9000), st.floats(0, 5000)),
)


def _combined(inner):
    return st.one_of(
        st.builds(Selection.added, inner, inner),
        st.builds(Selection.subtracted, inner, inner),
        st.builds(Selection.intersected, inner, inner),
        st.builds(lambda one, by, also: one.grown(by - 0.1, also - 3), inner, amounts, semitones),
        st.builds(Selection.feathered, inner, amounts, semitones),
        st.builds(lambda one: one.inverted(Extent(0, RATE, 0, RATE / 2)), inner),
        st.builds(lambda one, by, octaves: one.moved(by, octaves), inner, frames, st.floats(-2, 2)),
    )


selections = st.recursive(simple, _combined, max_leaves=5)
quick = settings(max_examples=60, deadline=None)


@quick
@given(selections)
def test_weights_lie_between_nothing_and_all_and_inside_the_extent(selection):
    weights = selection.weights(FRAMES, HERTZ)
    assert weights.shape == (len(HERTZ), len(FRAMES))
    assert weights.dtype == np.float32
    assert np.isfinite(weights).all()
    assert weights.min() >= 0
    assert weights.max() <= 1
    extent = selection.extent
    rows, columns = np.nonzero(weights)
    if len(rows):
        assert not extent.is_empty
        assert extent.first <= FRAMES[columns].min()
        assert FRAMES[columns].max() <= extent.last
        assert extent.low_hz <= HERTZ[rows].min()
        assert HERTZ[rows].max() <= extent.high_hz


@quick
@given(selections)
def test_text_says_all(selection):
    again = Selection.from_text(selection.to_text())
    assert again == selection
    assert hash(again) == hash(selection)
    assert np.array_equal(again.weights(FRAMES, HERTZ), selection.weights(FRAMES, HERTZ))


@quick
@given(simple, simple, selections)
def test_the_order_of_adding_does_not_matter(one, two, three):
    assert np.array_equal(one.added(two).weights(FRAMES, HERTZ), two.added(one).weights(FRAMES, HERTZ))
    # The lattice of an adjustment may be coarser where more of it is asked for.
    difference = one.added(three).weights(FRAMES, HERTZ) - three.added(one).weights(FRAMES, HERTZ)
    assert np.mean(np.abs(difference) > 0.2) < 0.02


@quick
@given(simple, frames, st.floats(-2, 2))
def test_what_is_moved_there_and_back_is_the_same(selection, by, octaves):
    again = selection.moved(by, octaves).moved(-by, -octaves)
    # Off the edges, where the last bit of a product decides.
    assert np.mean(np.abs(again.weights(FRAMES, HERTZ) - selection.weights(FRAMES, HERTZ)) > 1e-3) < 0.02


@quick
@given(selections)
def test_outlines_are_closed_and_lie_around_the_half_that_is_more_selected(selection):
    lines = selection.outlines(FRAMES, HERTZ)
    weights = selection.weights(FRAMES, HERTZ)
    for line in lines:
        assert line.ndim == 2
        assert np.isfinite(line).all()
        assert (line[0] == line[-1]).all()
    rows, columns = np.nonzero(weights > 0.5)
    if len(rows):
        around = np.concatenate(lines)
        assert around[:, 0].min() <= FRAMES[columns].min()
        assert around[:, 0].max() >= FRAMES[columns].max()
        assert around[:, 1].min() <= max(HERTZ[rows].min(), 0.5)
        assert around[:, 1].max() >= HERTZ[rows].max() * (1 - 1e-9)
