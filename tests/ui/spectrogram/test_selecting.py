"""Every selecting tool, with the mouse and with the keys, on a view of its own."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from stemstudio.repair.selection import Extent, Selection
from stemstudio.ui.spectrogram import selection_layer
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.selecting.catalogue import TOOLS, tool
from stemstudio.ui.spectrogram.selecting.mode import Mode
from stemstudio.ui.spectrogram.selecting.settings import ToolSettings

RATE = 44100
LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def settings():
    values = {each.id: {spec.name: spec.default for spec in each.params} for each in TOOLS}
    return ToolSettings(values=values)


@pytest.fixture
def canvas(loaded):
    """The loaded view, which shows what its tools make."""
    loaded.selection_layer.made.connect(loaded.selection_layer.set_selection)
    return loaded


@pytest.fixture
def take(canvas, settings):
    def take(tool_id):
        spec = tool(tool_id)
        canvas.set_tool(spec.make(canvas, settings))
        canvas.selection_layer.shows_handles = spec.selects

    return take


def drag(view, *way, modifiers=NONE):
    points = [QPoint(*place) for place in way]
    QTest.mousePress(view, LEFT, modifiers, points[0])
    for start, end in itertools.pairwise(points):
        for share in (0.25, 0.5, 0.75, 1):
            QTest.mouseMove(view, start + (end - start) * share)
    QTest.mouseRelease(view, LEFT, modifiers, points[-1])


def click(view, x, y, modifiers=NONE):
    QTest.mouseClick(view, LEFT, modifiers, QPoint(x, y))


def extent(view):
    return view.selection_layer.selection.extent


def selected(view, x, y):
    at = view.projection
    return view.selection_layer.contains(at.frame(x), at.hertz(y))


def pixels(view):
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[:, :, :3].astype(int)


def test_rectangle_selects_what_was_dragged(canvas, take):
    take("rectangle")
    drag(canvas, (200, 150), (400, 300))
    at, made = canvas.projection, extent(canvas)
    assert made.first == round(at.frame(200))
    assert made.last == round(at.frame(400))
    assert made.high_hz == pytest.approx(at.hertz(150))
    assert made.low_hz == pytest.approx(at.hertz(300))


def test_a_box_dragged_to_the_edges_reaches_the_ends_of_the_spectrum(canvas, take):
    take("rectangle")
    drag(canvas, (200, 499), (400, 10))
    assert extent(canvas).low_hz == 0
    assert extent(canvas).high_hz == RATE / 2


def test_time_and_frequency_ranges_keep_the_other_axis_whole(canvas, take):
    take("time")
    drag(canvas, (200, 150), (400, 300))
    assert extent(canvas).low_hz == 0
    assert extent(canvas).high_hz == RATE / 2
    click(canvas, 700, 200)
    take("frequency")
    drag(canvas, (200, 150), (400, 300))
    assert (extent(canvas).first, extent(canvas).last) == (0, canvas.viewport.frames)
    assert extent(canvas).high_hz == pytest.approx(canvas.projection.hertz(150))


def test_lasso_selects_its_inside_also_where_it_is_open(canvas, take):
    take("lasso")
    drag(canvas, (200, 100), (500, 100), (500, 400), (210, 400))
    assert selected(canvas, 350, 250)
    assert selected(canvas, 230, 250)
    assert not selected(canvas, 150, 250)
    assert not selected(canvas, 520, 250)


def test_polygon_takes_corners_and_closes_by_double_click_first_corner_or_enter(canvas, take):
    take("polygon")
    for end in ("double", "first", "enter"):
        canvas.selection_layer.set_selection(None)
        for x, y in ((200, 400), (400, 100), (600, 400)):
            click(canvas, x, y)
        assert canvas.selection_layer.selection is None
        if end == "double":
            QTest.mouseDClick(canvas, LEFT, NONE, QPoint(600, 400))
            QTest.mouseRelease(canvas, LEFT, NONE, QPoint(600, 400))
        elif end == "first":
            click(canvas, 202, 399)
        else:
            QTest.keyClick(canvas, Qt.Key.Key_Return)
        assert selected(canvas, 400, 300), end
        assert not selected(canvas, 220, 150), end


def test_polygon_takes_a_corner_back_and_is_dropped_by_escape(canvas, take):
    take("polygon")
    for x, y in ((200, 400), (400, 100), (600, 400), (700, 50)):
        click(canvas, x, y)
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert not selected(canvas, 650, 200)
    click(canvas, 780, 480)
    click(canvas, 300, 100)
    click(canvas, 400, 100)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    kept = canvas.selection_layer.selection
    click(canvas, 780, 200)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.selection_layer.selection is kept


def test_a_polygon_edge_is_straight_on_the_screen_on_every_axis(canvas, take):
    for scale in ("log", "mel", "linear"):
        canvas.set_look(Look(scale=scale))
        canvas.selection_layer.set_selection(None)
        take("polygon")
        for x, y in ((200, 450), (600, 100), (200, 100)):
            click(canvas, x, y)
        QTest.keyClick(canvas, Qt.Key.Key_Return)
        # The long edge runs through (400, 275).
        assert selected(canvas, 392, 268), scale
        assert not selected(canvas, 408, 282), scale


def test_brush_paints_a_stroke_and_a_dot_as_wide_as_it_is_set(canvas, take, settings):
    settings.values["brush"] = {"size": 40.0, "softness": 0.0}
    take("brush")
    drag(canvas, (200, 250), (400, 250))
    assert selected(canvas, 300, 265)
    assert not selected(canvas, 300, 275)
    click(canvas, 600, 100)
    assert selected(canvas, 612, 100)
    assert not selected(canvas, 625, 100)
    assert not selected(canvas, 300, 250)


def test_a_soft_brush_leaves_a_soft_edge(canvas, take, settings):
    settings.values["brush"] = {"size": 80.0, "softness": 100.0}
    take("brush")
    drag(canvas, (200, 250), (400, 250))
    at, made = canvas.projection, canvas.selection_layer.selection
    column = made.weights(np.array([at.frame(300)]), np.array([at.hertz(y) for y in range(290, 250, -1)]))[:, 0]
    assert np.sum((column > 0.1) & (column < 0.9)) > 10


@pytest.mark.parametrize(
    ("modifiers", "mode", "inside"),
    [
        (SHIFT, Mode.NEW, (True, True, True)),
        (ALT, Mode.NEW, (True, False, False)),
        (SHIFT | ALT, Mode.NEW, (False, True, False)),
        (NONE, Mode.ADD, (True, True, True)),
        (NONE, Mode.SUBTRACT, (True, False, False)),
        (NONE, Mode.INTERSECT, (False, True, False)),
        (NONE, Mode.NEW, (False, True, True)),
    ],
)
def test_modes_combine(canvas, take, settings, modifiers, mode, inside):
    take("rectangle")
    drag(canvas, (200, 150), (400, 300))
    settings.mode = mode
    # From outside of the selection, so that it does not take hold of it.
    drag(canvas, (600, 350), (300, 100), modifiers=modifiers)
    assert (selected(canvas, 250, 250), selected(canvas, 350, 250), selected(canvas, 500, 250)) == inside


def test_a_drag_inside_moves_and_one_on_a_handle_resizes(canvas, take):
    take("lasso")
    drag(canvas, (300, 200), (400, 200), (400, 300), (300, 300))
    before = extent(canvas)
    drag(canvas, (350, 250), (450, 200))
    at, moved = canvas.projection, extent(canvas)
    assert moved.first == pytest.approx(before.first + at.frame(450) - at.frame(350), abs=2)
    assert np.log2(moved.low_hz / before.low_hz) == pytest.approx(np.log2(at.hertz(200) / at.hertz(250)), abs=1e-3)
    assert moved.last - moved.first == before.last - before.first
    right, middle = round(at.x(moved.last)), round((at.y(moved.low_hz) + at.y(moved.high_hz)) / 2)
    drag(canvas, (right, middle), (right + 80, middle + 30))
    resized = extent(canvas)
    assert resized.first == pytest.approx(moved.first, abs=1)
    assert resized.last == pytest.approx(at.frame(right + 80), abs=at.frame(101) - at.frame(100))
    assert resized.low_hz == pytest.approx(moved.low_hz)


def test_a_small_selection_can_be_moved_by_its_middle(canvas, take):
    take("rectangle")
    drag(canvas, (300, 200), (312, 212))
    length = extent(canvas).frames
    drag(canvas, (306, 206), (406, 206))
    assert extent(canvas).frames == length
    assert extent(canvas).first == pytest.approx(canvas.projection.frame(400), abs=2)


def test_the_picture_moves_its_outline_without_computing_it_anew(canvas, take, monkeypatch):
    take("lasso")
    drag(canvas, (300, 150), (450, 200), (430, 320), (280, 300))
    pixels(canvas)
    monkeypatch.setattr(selection_layer, "outline", lambda *_: pytest.fail("computed anew"))
    canvas.set_viewport(canvas.viewport.panned(0.1).zoomed(1.1, 0.5))
    pixels(canvas)


def test_what_is_moved_stays_in_the_song(canvas, take):
    take("rectangle")
    drag(canvas, (100, 150), (200, 300))
    length = extent(canvas).frames
    drag(canvas, (150, 200), (60, 35))
    assert extent(canvas).first == 0
    assert extent(canvas).frames == length
    assert extent(canvas).high_hz <= RATE / 2


def test_escape_ends_the_gesture_then_the_selection(canvas, take):
    take("rectangle")
    drag(canvas, (200, 150), (400, 300))
    before = canvas.selection_layer.selection
    QTest.mousePress(canvas, LEFT, NONE, QPoint(500, 100))
    QTest.mouseMove(canvas, QPoint(600, 200))
    assert canvas.selection_layer.drafting
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseMove(canvas, QPoint(620, 220))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(620, 220))
    assert not canvas.selection_layer.drafting
    assert canvas.selection_layer.selection is before
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.selection_layer.selection is None


def test_a_click_outside_selects_nothing_and_the_next_plays_from_there(qtbot, canvas, take):
    take("rectangle")
    drag(canvas, (200, 150), (400, 300))
    click(canvas, 300, 200)
    assert canvas.selection_layer.selection is not None
    click(canvas, 600, 200)
    assert canvas.selection_layer.selection is None
    with qtbot.waitSignal(canvas.seek_requested) as asked:
        click(canvas, 600, 200)
    assert asked.args == [round(canvas.projection.frame(600))]


def test_a_finder_is_told_where_it_was_clicked_and_how_to_join(qtbot, canvas, take):
    take("wand")
    with qtbot.waitSignal(canvas.selection_layer.picked) as asked:
        click(canvas, 300, 200, SHIFT)
    pick = asked.args[0]
    assert pick.frame == round(canvas.projection.frame(300))
    assert pick.hertz == pytest.approx(canvas.projection.hertz(200))
    assert pick.mode is Mode.ADD


def test_arrows_with_alt_move_and_with_shift_resize(qtbot, canvas, take):
    take("rectangle")
    drag(canvas, (200, 150), (400, 300))
    before, seen = extent(canvas), canvas.viewport
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up):
        QTest.keyClick(canvas, key, ALT)
    moved = extent(canvas)
    assert moved.first > before.first
    assert moved.frames == before.frames
    assert moved.low_hz > before.low_hz
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down):
        QTest.keyClick(canvas, key, SHIFT)
    smaller = extent(canvas)
    assert smaller.first == moved.first
    assert smaller.last < moved.last
    assert smaller.high_hz < moved.high_hz
    assert canvas.viewport == seen
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    with qtbot.waitSignal(canvas.selection_layer.apply_requested):
        QTest.keyClick(canvas, Qt.Key.Key_Return)


def test_the_outline_is_drawn_where_the_selection_is_at_every_zoom(qtbot, canvas, take):
    """A lasso drawn at one zoom is the same set of sounds, and its line lies on it, at every other."""
    take("lasso")
    drag(canvas, (300, 150), (450, 200), (430, 320), (280, 300))
    drawn = canvas.selection_layer.selection
    canvas.selection_layer.shows_handles = False
    for show in (lambda: canvas.zoom(4.0), lambda: canvas.show_seconds(6, 9), canvas.fit):
        show()
        assert canvas.selection_layer.selection is drawn
        qtbot.wait(150)
        canvas.selection_layer.set_selection(None)
        bare = pixels(canvas)
        canvas.selection_layer.set_selection(drawn)
        changed = (pixels(canvas) != bare).any(axis=2)
        at = canvas.projection
        area = at.picture.toRect()
        xs, ys = np.arange(area.left(), area.right()), np.arange(area.top(), area.bottom())
        hertz = np.array([at.hertz(y + 0.5) for y in ys[::-1]])
        inside = drawn.weights(np.array([at.frame(x + 0.5) for x in xs]), hertz)[::-1] >= 0.5
        seen = changed[area.top() : area.bottom(), area.left() : area.right()]
        # Two pixels of line may lie on either side.
        near = np.zeros_like(inside)
        for dx in range(-3, 4):
            for dy in range(-3, 4):
                near |= np.roll(inside, (dy, dx), (0, 1))
        assert (seen & ~near)[4:-4, 4:-4].sum() == 0
        assert (inside & ~seen)[4:-4, 4:-4].mean() < 0.01


def test_a_selection_out_of_sight_is_not_drawn(canvas):
    canvas.show_seconds(10, 12)
    bare = pixels(canvas)
    canvas.selection_layer.set_selection(Selection.box(RATE, 0, RATE, 100, 1000))
    assert np.array_equal(pixels(canvas), bare)
    assert canvas.selection_layer.bounds().isEmpty()


def test_a_soft_edge_is_shaded_beyond_the_line(qtbot, canvas):
    bare = pixels(canvas)
    box = Selection.box(RATE, 8 * RATE, 12 * RATE, 300, 3000)
    canvas.selection_layer.set_selection(box)
    hard = pixels(canvas)
    canvas.selection_layer.set_selection(box.feathered(2.0, 0))
    soft, at = pixels(canvas), canvas.projection
    y = round(at.y(1000))
    places = [round(at.x(second * RATE)) for second in (10, 7.6, 6.4)]
    light = [int((soft[y, x] - bare[y, x]).sum()) for x in places]
    assert light[0] > light[1] > light[2] > 0
    assert np.array_equal(hard[y, places[2]], bare[y, places[2]])


def test_a_selection_with_a_hole_shades_the_ring_only(canvas, take):
    whole = Selection.box(RATE, 2 * RATE, 12 * RATE, 100, 8000)
    bare = pixels(canvas)
    canvas.selection_layer.set_selection(whole.subtracted(Selection.box(RATE, 5 * RATE, 9 * RATE, 300, 3000)))
    at = canvas.projection
    changed = (pixels(canvas) != bare).any(axis=2)
    assert changed[round(at.y(150)), round(at.x(4 * RATE))]
    assert not changed[round(at.y(1000)), round(at.x(7 * RATE))]


def test_resizing_follows_numbers(canvas):
    canvas.selection_layer.set_selection(Selection.box(RATE, 0, RATE, 100, 1000))
    resized = canvas.selection_layer.selection.resized(Extent(RATE, 3 * RATE, 200, 4000))
    canvas.selection_layer.set_selection(resized)
    bounds, at = canvas.selection_layer.bounds(), canvas.projection
    assert bounds.left() == pytest.approx(at.x(RATE))
    assert bounds.top() == pytest.approx(at.y(4000))


def test_brush_shows_its_rim_where_the_mouse_is(canvas, take):
    take("brush")
    canvas.set_look(Look())
    QTest.mouseMove(canvas, QPoint(100, 100))
    one = pixels(canvas)[250:350, 250:350]
    QTest.mouseMove(canvas, QPointF(300, 300).toPoint())
    assert not np.array_equal(pixels(canvas)[250:350, 250:350], one)


def test_the_brush_hides_nothing(canvas, take):
    canvas.set_playhead(0)
    take("brush")
    canvas.set_look(Look())
    QTest.mouseMove(canvas, QPoint(100, 100))
    before = pixels(canvas)[295:305, 295:305]
    QTest.mouseMove(canvas, QPoint(300, 300))
    assert np.array_equal(pixels(canvas)[295:305, 295:305], before)


def test_the_ring_of_the_keyboard_is_only_a_ring(canvas, take):
    take("rectangle")
    canvas.set_look(Look())
    QTest.mouseMove(canvas, QPoint(700, 100))
    before = pixels(canvas)[290:310, 290:310]
    canvas.clearFocus()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert canvas._focus_ring
    assert np.array_equal(pixels(canvas)[290:310, 290:310], before)
