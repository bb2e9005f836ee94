import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from stemstudio.ui.spectrogram.overview import Overview
from stemstudio.ui.theme import LIGHT

RATE = 44100
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def overview(qtbot, loaded):
    overview = Overview(loaded)
    qtbot.addWidget(overview)
    overview.resize(800, 56)
    with qtbot.waitExposed(overview):
        overview.show()
    return overview


def drag(widget, start, end):
    QTest.mousePress(widget, LEFT, NONE, start)
    QTest.mouseMove(widget, (start + end) / 2)
    QTest.mouseMove(widget, end)
    QTest.mouseRelease(widget, LEFT, NONE, end)


def x_of(seconds):
    return round(48 + seconds / 20 * 752)


def test_window_follows_the_view(loaded, overview):
    loaded.show_seconds(5, 10)
    window = overview.window_rect()
    assert (window.left(), window.right()) == pytest.approx((48 + 188, 48 + 376))


def test_drag_of_the_window_moves_the_view(qtbot, loaded, overview):
    loaded.show_seconds(5, 10)
    with qtbot.assertNotEmitted(overview.seek_requested):
        drag(overview, QPoint(x_of(7), 30), QPoint(x_of(12), 30))
    assert loaded.viewport.start / RATE == pytest.approx(10, abs=0.05)
    assert loaded.viewport.span == 5 * RATE


@pytest.mark.parametrize(("edge_s", "target_s", "shown"), [(5, 2, (2, 10)), (10, 16, (5, 16))])
def test_drag_of_an_edge_zooms(loaded, overview, edge_s, target_s, shown):
    loaded.show_seconds(5, 10)
    drag(overview, QPoint(x_of(edge_s), 30), QPoint(x_of(target_s), 30))
    assert (loaded.viewport.start / RATE, loaded.viewport.end / RATE) == pytest.approx(shown, abs=0.05)


def test_click_plays_from_there_and_looks_there(qtbot, loaded, overview):
    loaded.show_seconds(1, 3)
    with qtbot.waitSignal(overview.seek_requested) as seek:
        QTest.mouseClick(overview, LEFT, NONE, QPoint(x_of(15), 30))
    assert seek.args == [pytest.approx(15 * RATE, abs=RATE * 0.05)]
    assert loaded.viewport.frame(0.5) == pytest.approx(15 * RATE, abs=RATE * 0.05)


def test_double_click_shows_the_whole_song(loaded, overview):
    loaded.show_seconds(1, 3)
    QTest.mouseDClick(overview, LEFT, NONE, QPoint(300, 30))
    assert loaded.viewport.shows_whole_song


def test_window_and_playhead_are_drawn(loaded, overview):
    whole = overview.grab().toImage()
    loaded.show_seconds(5, 10)
    assert overview.grab().toImage() != whole
    loaded.fit()
    for seconds in (10, 15):
        loaded.set_playhead(seconds * RATE)
        shown = overview.grab().toImage()
        assert shown.pixelColor(x_of(seconds), 40).name() == "#ffffff"
    assert shown.pixelColor(x_of(10), 40).name() != "#ffffff"


def test_theme_of_the_view_is_that_of_the_overview(loaded, overview):
    loaded.set_theme(LIGHT)
    assert overview.grab().toImage().pixelColor(5, 5).name() == LIGHT.ground.lower()


def test_empty_overview(loaded, overview):
    loaded.set_source(None)
    image = overview.grab().toImage()
    assert len({image.pixel(x, 30) for x in np.arange(0, 800, 10)}) == 1
    drag(overview, QPoint(100, 30), QPoint(200, 30))
