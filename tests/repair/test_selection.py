from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.errors import BadInput
from stemstudio.repair.selection import Extent, Selection

RATE = 44100
HALF = RATE / 2
FRAMES = np.arange(0, RATE, 100.0)
HERTZ = np.geomspace(20, HALF, 400)


def share(selection, frames=FRAMES, hertz=HERTZ):
    return float(selection.weights(frames, hertz).mean())


def lasso(frame=RATE / 2, hertz=800.0, frames=10000.0, octaves=2.0, points=200):
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return list(zip(frame + frames * np.cos(turn), hertz * 2 ** (octaves * np.sin(turn)), strict=True))


def test_a_box_holds_its_first_frame_but_not_its_last_and_both_its_frequencies():
    box = Selection.box(RATE, 100, 200, 440, 880)
    weights = box.weights(np.array([99, 100, 199, 200]), np.array([439.9, 440, 880, 880.1]))
    assert weights.tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert box.extent == Extent(100, 200, 440, 880)
    assert Selection.box(RATE, 200, 100, 880, 440) == box


def test_ranges_reach_from_nothing_to_half_the_sample_rate():
    time = Selection.time_range(RATE, 100, 200)
    assert time.weights(np.array([150.0]), np.array([0, 10, HALF])).all()
    assert time.extent == Extent(100, 200, 0, HALF)
    assert Selection.frequency_range(RATE, 100, 200, frames=RATE).extent == Extent(0, RATE, 100, 200)


def test_axes_may_run_down_as_the_rows_of_a_screen_do():
    selection = Selection.polygon(RATE, lasso(hertz=500))
    upwards = selection.weights(FRAMES, HERTZ)
    assert np.array_equal(selection.weights(FRAMES, HERTZ[::-1]), upwards[::-1])
    assert np.array_equal(selection.weights(FRAMES[::-1], HERTZ), upwards[:, ::-1])


def test_a_lasso_is_an_ellipse_over_time_and_log_frequency():
    weights = Selection.polygon(RATE, lasso(points=2000)).weights(FRAMES, HERTZ)
    u, v = (FRAMES - RATE / 2) / 10000, np.log2(HERTZ / 800)[:, None] / 2
    inside = u * u + v * v
    assert weights[inside < 0.999].all()
    assert not weights[inside > 1.001].any()


def test_a_lasso_that_crosses_itself_has_no_hole():
    # A pentagram: the even-odd rule would leave its middle out.
    turn = np.arange(5) * 4 * np.pi / 5
    star = Selection.polygon(RATE, list(zip(20000 + 9000 * np.cos(turn), 1000 * 2 ** np.sin(turn), strict=True)))
    assert star.weights(np.array([20000.0]), np.array([1000.0])) == 1
    assert star.weights(np.array([28000.0]), np.array([1800.0])) == 0


def test_a_lasso_is_the_same_at_every_zoom():
    selection = Selection.polygon(RATE, lasso()).feathered(0.02, 1.0)
    fine = selection.weights(np.arange(15000, 16000, 10.0), np.linspace(700, 800, 11))
    coarse = selection.weights(np.arange(15000, 16000, 100.0), np.linspace(700, 800, 3))
    assert fine[::5, ::10] == pytest.approx(coarse, abs=1e-6)


def test_a_brush_is_round_and_soft_to_its_rim():
    stroke = Selection.stroke(RATE, [(1000, 440), (5000, 440)], 1000, 0.5, softness=0.5)
    across = stroke.weights(np.array([3000.0]), 440 * 2 ** np.array([0, 0.24, 0.375, 0.499, 0.51]))[:, 0]
    assert across == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-3)
    beyond = stroke.weights(np.array([-1, 250.0, 500.0]), np.array([440.0]))[0]
    assert beyond == pytest.approx([0, 0.5, 1], abs=1e-3)
    assert stroke.extent.first <= 0
    assert stroke.extent.last >= 6000


def test_thinning_a_stroke_changes_nothing_to_be_seen():
    turn = np.linspace(0, 6, 200)
    points = list(zip(20000 + 8000 * np.cos(turn), 800 * 2 ** np.sin(2 * turn), strict=True))
    thin = Selection.stroke(RATE, points, 2000, 0.3, 0.5)
    full = [Selection.stroke(RATE, points[k : k + 2], 2000, 0.3, 0.5).weights(FRAMES, HERTZ) for k in range(199)]
    assert len(thin.parts[0].shape.points) < 80
    assert np.abs(thin.weights(FRAMES, HERTZ) - np.max(full, axis=0)).max() < 0.1


def test_cells_keep_their_weight_on_any_grid():
    chosen = np.zeros((10, 12), bool)
    chosen[3:5, 4] = True
    selection = Selection.cells(RATE, chosen, 1000, 512, 200, 20)
    inside_frames = 1000 + 512 * (4 + np.linspace(-0.5, 0.5, 7))
    assert selection.weights(inside_frames, 200 + 20 * np.linspace(2.5, 4.5, 9)).min() > 0.999
    assert not selection.weights(np.array([1000 + 512 * 5.0]), np.array([260.0])).any()
    assert Selection.cells(RATE, np.zeros((3, 3), bool), 0, 512, 0, 20).is_empty


def test_tracks_are_ribbons():
    selection = Selection.tracks(RATE, [[(0, 100, 10), (1000, 200, 20)], [(0, 400, 10), (1000, 400, 10)]])
    column = selection.weights(np.array([0.5]), np.array([85, 95, 105, 115, 300, 395]))[:, 0]
    assert column.tolist() == [0, 1, 1, 0, 0, 1]


def test_soft_weights_stay_soft_when_combined():
    soft = Selection.stroke(RATE, [(20000, 500)], 10000, 1, 1.0)
    other = Selection.stroke(RATE, [(25000, 700)], 10000, 1, 1.0)
    one, two = soft.weights(FRAMES, HERTZ), other.weights(FRAMES, HERTZ)
    assert np.array_equal(soft.added(other).weights(FRAMES, HERTZ), np.maximum(one, two))
    assert np.array_equal(soft.subtracted(other).weights(FRAMES, HERTZ), np.minimum(one, 1 - two))
    assert np.array_equal(soft.intersected(other).weights(FRAMES, HERTZ), np.minimum(one, two))


def test_what_was_combined_combines_as_a_whole():
    ring = Selection.box(RATE, 0, 30000, 100, 1000).subtracted(Selection.box(RATE, 10000, 20000, 200, 500))
    field = Selection.time_range(RATE, 5000, 40000)
    weights = ring.weights(FRAMES, HERTZ)
    whole = field.weights(FRAMES, HERTZ)
    assert np.array_equal(field.subtracted(ring).weights(FRAMES, HERTZ), np.minimum(whole, 1 - weights))
    assert np.array_equal(field.intersected(ring).weights(FRAMES, HERTZ), np.minimum(whole, weights))
    assert np.array_equal(field.added(ring).weights(FRAMES, HERTZ), np.maximum(whole, weights))


def test_inverting_twice_gives_back_what_lies_inside():
    extent = Extent(0, RATE, 0, HALF)
    selection = Selection.polygon(RATE, lasso())
    once = selection.inverted(extent)
    assert np.array_equal(once.weights(FRAMES, HERTZ), 1 - selection.weights(FRAMES, HERTZ))
    assert np.array_equal(once.inverted(extent).weights(FRAMES, HERTZ), selection.weights(FRAMES, HERTZ))


def test_a_box_cut_by_a_box_shows_its_new_ends():
    box = Selection.box(RATE, 1000, 9000, 100, 1000)
    assert box.subtracted(Selection.time_range(RATE, 5000, 20000)).extent == Extent(1000, 5000, 100, 1000)
    assert box.subtracted(Selection.box(RATE, 0, 20000, 50, 300)).extent == Extent(1000, 9000, 300, 1000)
    assert box.intersected(Selection.time_range(RATE, 5000, 20000)).extent == Extent(5000, 9000, 100, 1000)
    assert box.subtracted(box).is_empty


def test_growing_and_shrinking_move_the_edge_by_as_much():
    box = Selection.box(RATE, 10000, 20000, 400, 800)
    assert box.grown(1000 / RATE, 12).extent == Extent(9000, 21000, 200, 1600)
    assert box.grown(-1000 / RATE, -1).extent.frames == 8000
    assert box.grown(-1, 0).is_empty
    corner = box.added(Selection.box(RATE, 20000, 25000, 400, 500))
    grown = corner.grown(1000 / RATE, 0).weights(np.array([9150, 25850.0, 26150]), np.array([450.0, 700]))
    assert grown.tolist() == [[1, 1, 0], [1, 0, 0]]
    shrunk = corner.grown(-1000 / RATE, 0).weights(np.array([10900, 11200, 19500.0]), np.array([700.0]))
    assert shrunk.tolist() == [[0, 1, 0]]


def test_a_feather_fades_outwards_and_leaves_what_was_selected():
    box = Selection.box(RATE, 10000, 20000, 400, 800)
    lone = box.feathered(1000 / RATE, 12)
    pair = box.added(Selection.box(RATE, 11000, 12000, 500, 600)).feathered(1000 / RATE, 12)
    assert lone.extent == Extent(9000, 21000, 200, 1600)
    frames, hertz = np.linspace(8500, 21500, 400), np.geomspace(150, 2000, 300)
    exact, traced = lone.weights(frames, hertz), pair.weights(frames, hertz)
    assert exact[box.weights(frames, hertz) == 1].min() == 1
    assert exact == pytest.approx(traced, abs=0.05)
    half = lone.weights(np.array([9500.0]), np.array([400, 400 / 2**0.5]))[:, 0]
    assert half == pytest.approx([0.5, 0.25], abs=1e-3)


def test_a_short_selection_survives_a_long_feather():
    click = Selection.stroke(RATE, [(20000, 1000)], 30, 0.5).feathered(0.1, 6)
    assert click.weights(np.array([20000.0]), np.array([1000.0])) == pytest.approx(1, abs=0.01)


def test_moving_and_resizing_carry_all_shapes():
    chosen = np.ones((4, 4), bool)
    whole = (
        Selection.box(RATE, 10000, 12000, 400, 500)
        .added(Selection.polygon(RATE, lasso()))
        .added(Selection.stroke(RATE, lasso()[:40], 500, 0.2))
        .subtracted(Selection.cells(RATE, chosen, 20000, 512, 800, 40))
    )
    moved = whole.moved(3000, 1.0)
    assert np.array_equal(moved.weights(FRAMES + 3000, HERTZ * 2), whole.weights(FRAMES, HERTZ))
    target = Extent(0, 50000, 100, 6400)
    resized = whole.resized(target)
    assert (resized.extent.first, resized.extent.last) == pytest.approx((0, 50000), abs=2)
    assert (resized.extent.low_hz, resized.extent.high_hz) == pytest.approx((100, 6400))
    back = resized.resized(whole.extent)
    assert share(back) == pytest.approx(share(whole), rel=0.01)


def test_open_ends_stay_open_until_they_are_moved():
    time = Selection.time_range(RATE, 1000, 2000)
    assert time.moved(500, 1.0).extent == Extent(1500, 2500, 0, HALF)
    assert time.resized(Extent(0, 500, 0, HALF)).extent == Extent(0, 500, 0, HALF)
    narrow = time.resized(Extent(0, 500, 100, 1000)).extent
    assert (narrow.low_hz, narrow.high_hz) == pytest.approx((100, 1000))
    assert Selection.box(RATE, 0, 10, 100, 1000).resized(Extent(0, 10, 0, HALF)).parts[0].shape.high_hz == np.inf


def test_outlines_of_boxes_and_lassos_are_exact_whatever_the_grid():
    points = [(1000.0, 400.0), (9000.0, 500.0), (5000.0, 4000.0)]
    coarse = np.linspace(0, 10000, 4)
    (line,) = Selection.polygon(RATE, points).outlines(coarse, np.linspace(0, HALF, 4))
    assert all((line == point).all(axis=1).any() for point in points)
    assert (line[0] == line[-1]).all()
    (box,) = Selection.box(RATE, 100, 200, 300, 400).outlines(coarse, coarse)
    assert box.tolist() == [[100, 300], [200, 300], [200, 400], [100, 400], [100, 300]]


def test_a_long_edge_of_a_polygon_is_straight_over_log_frequency():
    (line,) = Selection.polygon(RATE, [(0, 100), (10000, 6400), (0, 6400)]).outlines(FRAMES, HERTZ)
    edge = line[(line[:, 1] > 100) & (line[:, 1] < 6400) & (line[:, 0] > 0)]
    assert len(edge) > 20
    assert edge[:, 1] == pytest.approx(100 * 64 ** (edge[:, 0] / 10000))


def test_outlines_of_others_close_at_the_edge_of_the_view():
    ring = Selection.box(RATE, -10000, 30000, 100, 1000).subtracted(Selection.box(RATE, 10000, 20000, 200, 500))
    lines = ring.outlines(np.arange(0, 40000, 50.0), np.geomspace(20, HALF, 600))
    assert len(lines) == 2
    assert all((line[0] == line[-1]).all() for line in lines)
    hole = min(lines, key=lambda line: np.ptp(line[:, 0]))
    assert (hole[:, 0].min(), hole[:, 0].max()) == pytest.approx((10000, 20000), abs=50)


def test_a_wide_feather_does_not_make_it_empty():
    small = Selection.polygon(RATE, [(0, 100), (3000, 500), (100, 900)])
    assert not small.feathered(60.0, 0).is_empty
    assert not small.grown(60.0, 1.0).is_empty
    assert small.grown(-1.0, 1.0).is_empty


def test_what_is_far_off_every_song_is_refused_in_words():
    box = Selection.box(RATE, 0, 1000, 100, 900)
    for make in (
        lambda: Selection.box(RATE, 0, 1e300, 100, 900),
        lambda: box.feathered(1e300, 0),
        lambda: box.grown(1e300, 0),
    ):
        with pytest.raises(BadInput, match="finite"):
            make()
    assert not box.grown(0, 1e5).is_empty


def test_nothing_selected_is_empty():
    assert Selection(RATE).is_empty
    assert Selection(RATE).outlines(FRAMES, HERTZ) == []
    assert not Selection(RATE).weights(FRAMES, HERTZ).any()
    assert Selection.polygon(RATE, lasso()[:2]).is_empty
    assert Selection.polygon(RATE, lasso()).subtracted(Selection.polygon(RATE, lasso(frames=20000, octaves=3))).is_empty
    assert not Selection.polygon(RATE, lasso()).subtracted(Selection.polygon(RATE, lasso(frames=8000))).is_empty
    box = Selection.box(RATE, 0, 10, 100, 200)
    assert np.array_equal(Selection(RATE).added(box).weights(FRAMES, HERTZ), box.weights(FRAMES, HERTZ))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Selection.box(RATE, 0, float("nan"), 0, 100),
        lambda: Selection.polygon(RATE, [(0, float("inf")), (1, 2), (2, 3)]),
        lambda: Selection.stroke(RATE, [(0, 100)], 0, 1),
        lambda: Selection.stroke(RATE, [], 10, 1),
        lambda: Selection.time_range(RATE, 0, 10).feathered(-1, 0),
        lambda: Selection.time_range(RATE, 0, 10).grown(float("nan"), 0),
        lambda: Selection.time_range(RATE, 0, 10).resized(Extent(5, 5, 0, 100)),
    ],
)
def test_numbers_that_make_no_selection_are_refused(make):
    with pytest.raises(BadInput):
        make()


def test_a_selection_of_a_thousand_strokes_is_one():
    selection = Selection(RATE)
    for k in range(1000):
        selection = selection.added(Selection.stroke(RATE, [(40 * k, 1000)], 30, 0.3))
    assert selection.weights(np.array([20000.0, 40.0 * 999]), np.array([1000.0])).all()
    assert Selection.from_text(selection.to_text()) == selection


def test_growing_step_by_step_is_one_adjustment():
    lassoed = Selection.polygon(RATE, lasso())
    assert lassoed.grown(0.25, 1).grown(0.5, 0).parts == lassoed.grown(0.75, 1).parts
    assert len(lassoed.grown(0.1, 1).grown(-0.2, 0).parts) == 3


def test_boxes_that_overlap_have_one_outline():
    cross = Selection.box(RATE, 0, 30000, 400, 800).added(Selection.box(RATE, 10000, 20000, 100, 3200))
    (line,) = cross.outlines(np.arange(0, RATE, 50.0), HERTZ)
    assert (line[:, 0].min(), line[:, 0].max()) == pytest.approx((0, 30000), abs=50)
