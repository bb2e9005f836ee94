import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import UserError
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.tools import HandTool, Tool
from stemstudio.ui.theme import DARK, LIGHT

RATE = 44100
NONE, CONTROL, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def turn_wheel(view, at, y=0, x=0, modifiers=NONE):
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.mapToGlobal(at)),
        QPoint(),
        QPoint(x, y),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def drag(view, start, end, button=Qt.MouseButton.LeftButton):
    QTest.mousePress(view, button, NONE, start)
    for share in (0.25, 0.5, 0.75, 1):
        at = start + (end - start) * share
        QTest.mouseMove(view, at)
    QTest.mouseRelease(view, button, NONE, end)


def pixels(view):
    """What is on the screen, as (height, width, blue-green-red-alpha)."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4).copy()


def picture(view):
    area = view.projection.picture.toRect()
    return pixels(view)[area.top() :, area.left() :, :3].astype(int)


def test_the_tone_is_a_bright_line_at_its_frequency(loaded):
    brightness = picture(loaded).sum(axis=2).mean(axis=1)
    wanted = loaded.projection.y(1000) - loaded.projection.picture.top()
    assert abs(np.argmax(brightness) - wanted) <= 2
    assert brightness.max() > 3 * np.median(brightness)


def test_wheel_zooms_time_around_the_mouse(loaded):
    at = QPoint(311, 200)
    before = loaded.projection.frame(at.x())
    for notches in (1, 1, 2, -1):
        turn_wheel(loaded, at, y=120 * notches)
        assert loaded.projection.frame(at.x()) == pytest.approx(before, abs=1e-3)
    assert loaded.viewport.span == pytest.approx(20 * RATE / 1.25**3)
    assert (loaded.viewport.bottom, loaded.viewport.top) == (0, 1)


def test_wheel_with_control_or_on_the_axis_zooms_frequency_around_the_mouse(loaded):
    for at, modifiers in ((QPoint(311, 170), CONTROL), (QPoint(20, 300), NONE)):
        before = loaded.projection.hertz(at.y())
        turn_wheel(loaded, at, y=240, modifiers=modifiers)
        assert loaded.projection.hertz(at.y()) == pytest.approx(before, rel=1e-9)
    assert loaded.viewport.top - loaded.viewport.bottom == pytest.approx(1 / 1.25**4)
    assert loaded.viewport.shows_whole_song


def test_wheel_sideways_moves_time_and_with_shift_frequency(loaded):
    loaded.set_viewport(loaded.viewport.over(5 * RATE, 5 * RATE).in_band(0.2, 0.6))
    turn_wheel(loaded, QPoint(300, 200), x=-120)
    assert loaded.viewport.start == pytest.approx(5.5 * RATE)
    turn_wheel(loaded, QPoint(300, 200), y=120, modifiers=SHIFT)
    assert loaded.viewport.bottom == pytest.approx(0.24)
    assert loaded.viewport.span == 5 * RATE


@pytest.mark.parametrize("y", [10, 250])
def test_click_in_ruler_or_picture_seeks_to_the_exact_frame(qtbot, loaded, y):
    loaded.show_seconds(3, 9)
    x = 417
    wanted = round(3 * RATE + (x - 48) / (800 - 48) * 6 * RATE)
    with qtbot.waitSignal(loaded.seek_requested) as seek:
        QTest.mouseClick(loaded, Qt.MouseButton.LeftButton, NONE, QPoint(x, y))
    assert seek.args == [wanted]


def test_seek_never_leaves_the_sound(qtbot, loaded, sound):
    with qtbot.waitSignal(loaded.seek_requested) as seek:
        loaded.request_seek(sound.frames + 5)
    assert seek.args == [sound.frames - 1]


def test_seek_beyond_32_bits(qtbot, loaded):
    loaded.set_viewport(loaded.viewport.of_length(2**33))
    with qtbot.waitSignal(loaded.seek_requested) as seek:
        loaded.request_seek(2**32 + 7)
    assert seek.args == [2**32 + 7]


def test_drag_in_the_ruler_makes_a_loop_either_way(qtbot, loaded):
    for start, end in ((148, 448), (448, 148)):
        with qtbot.waitSignal(loaded.loop_changed) as loop, qtbot.assertNotEmitted(loaded.seek_requested):
            drag(loaded, QPoint(start, 12), QPoint(end, 12))
        assert loop.args == [round(100 / 752 * 20 * RATE), round(400 / 752 * 20 * RATE)]


def test_loop_is_shaded(loaded):
    before = picture(loaded)
    loaded.set_loop((5 * RATE, 10 * RATE))
    after = picture(loaded)
    changed = np.flatnonzero((before != after).any(axis=(0, 2)))
    assert abs(changed.min() - 752 / 4) <= 2
    assert abs(changed.max() - 752 / 2) <= 2


def test_escape_breaks_off_a_loop(qtbot, loaded):
    with qtbot.assertNotEmitted(loaded.loop_changed), qtbot.assertNotEmitted(loaded.seek_requested):
        QTest.mousePress(loaded, Qt.MouseButton.LeftButton, NONE, QPoint(148, 12))
        QTest.mouseMove(loaded, QPoint(348, 12))
        QTest.keyClick(loaded, Qt.Key.Key_Escape)
        QTest.mouseRelease(loaded, Qt.MouseButton.LeftButton, NONE, QPoint(348, 12))


def test_middle_button_drags_the_sound_along(loaded):
    loaded.set_viewport(loaded.viewport.over(5 * RATE, 5 * RATE).in_band(0.3, 0.6))
    start, end = QPoint(400, 250), QPoint(320, 280)
    frame, hertz = loaded.projection.frame(start.x()), loaded.projection.hertz(start.y())
    drag(loaded, start, end, Qt.MouseButton.MiddleButton)
    assert loaded.projection.frame(end.x()) == pytest.approx(frame, abs=1)
    assert loaded.projection.hertz(end.y()) == pytest.approx(hertz, rel=1e-6)


def test_hand_tool_drags_with_the_left_button(qtbot, loaded):
    loaded.show_seconds(5, 10)
    loaded.set_tool(HandTool(loaded))
    with qtbot.assertNotEmitted(loaded.seek_requested):
        drag(loaded, QPoint(400, 250), QPoint(300, 250))
    assert loaded.viewport.start == pytest.approx((5 + 5 * 100 / 752) * RATE, rel=1e-4)


def test_a_tool_hears_of_time_and_frequency_and_draws(loaded):
    heard = []

    class Listening(Tool):
        def press(self, at):
            heard.append((at.frame, at.hertz))

        def release(self, at):
            heard.append((at.frame, at.hertz))

        def paint(self, painter):
            painter.fillRect(self.view.rect(), Qt.GlobalColor.green)

    loaded.set_tool(Listening(loaded))
    y = round(loaded.projection.y(1000))
    drag(loaded, QPoint(424, y), QPoint(612, y))
    (pressed, hertz), (released, _) = heard
    assert (pressed, released) == pytest.approx((10 * RATE, 15 * RATE), rel=1e-6)
    assert hertz == pytest.approx(1000, rel=0.01)
    shown = pixels(loaded)
    assert tuple(shown[250, 400, :3]) == (0, 255, 0)
    assert tuple(shown[10, 400, :3]) != (0, 255, 0)


def test_keys(loaded):
    loaded.set_viewport(loaded.viewport.over(8 * RATE, 4 * RATE))
    for key, start_s in (
        (Qt.Key.Key_Right, 8.4),
        (Qt.Key.Key_Left, 8.0),
        (Qt.Key.Key_PageDown, 11.6),
        (Qt.Key.Key_PageUp, 8.0),
        (Qt.Key.Key_End, 16.0),
        (Qt.Key.Key_Home, 0.0),
    ):
        QTest.keyClick(loaded, key)
        assert loaded.viewport.start == pytest.approx(start_s * RATE)
    QTest.keyClick(loaded, Qt.Key.Key_F)
    assert loaded.viewport.shows_whole_song
    QTest.keyClick(loaded, Qt.Key.Key_Plus)
    assert loaded.viewport.span == pytest.approx(20 * RATE / 1.25**2)
    assert loaded.viewport.frame(0.5) == pytest.approx(10 * RATE)
    QTest.keyClick(loaded, Qt.Key.Key_Minus)
    assert loaded.viewport.shows_whole_song
    QTest.keyClick(loaded, Qt.Key.Key_Up, CONTROL)
    assert loaded.viewport.top - loaded.viewport.bottom == pytest.approx(0.8)
    QTest.keyClick(loaded, Qt.Key.Key_Down)
    assert loaded.viewport.bottom == pytest.approx(0.02)


def test_keys_zoom_around_the_playhead(loaded):
    loaded.set_playhead(5 * RATE)
    QTest.keyClick(loaded, Qt.Key.Key_Plus)
    assert loaded.viewport.frame(0.25) == pytest.approx(5 * RATE)


def test_double_click_in_ruler_and_axis_show_all(loaded):
    loaded.set_viewport(loaded.viewport.over(8 * RATE, 4 * RATE).in_band(0.2, 0.5))
    QTest.mouseDClick(loaded, Qt.MouseButton.LeftButton, NONE, QPoint(400, 10))
    assert loaded.viewport.shows_whole_song
    assert loaded.viewport.bottom == 0.2
    QTest.mouseDClick(loaded, Qt.MouseButton.LeftButton, NONE, QPoint(20, 200))
    assert (loaded.viewport.bottom, loaded.viewport.top) == (0, 1)


def test_playhead_is_drawn_where_the_sound_is_and_nothing_else_changes(loaded):
    before = pixels(loaded)
    loaded.set_playhead(10 * RATE)
    after = pixels(loaded)
    changed = np.flatnonzero((before != after).any(axis=(0, 2)))
    x = loaded.projection.x(10 * RATE)
    assert len(changed) > 0
    assert np.all(np.abs(changed - x) <= 7)
    loaded.set_playhead(None)
    assert np.array_equal(pixels(loaded), before)


def test_playhead_moving_by_less_than_a_pixel_paints_nothing(qtbot, loaded):
    class Paints(Tool):
        count = 0

        def paint(self, painter):
            Paints.count += 1

    loaded.set_tool(Paints(loaded))
    loaded.set_playhead(10 * RATE)
    qtbot.wait(30)
    painted = Paints.count
    loaded.set_playhead(10 * RATE + 2)
    qtbot.wait(30)
    assert Paints.count == painted
    loaded.set_playhead(11 * RATE)
    qtbot.waitUntil(lambda: Paints.count > painted, timeout=2000)


def test_picture_turns_pages_with_the_playhead(loaded):
    loaded.show_seconds(0, 4)
    loaded.set_playhead(int(3.9 * RATE))
    assert loaded.viewport.start == 0
    loaded.set_playhead(int(4.01 * RATE))
    assert loaded.viewport.start == pytest.approx(3.81 * RATE)
    loaded.set_follow(False)
    loaded.set_playhead(10 * RATE)
    assert loaded.viewport.start == pytest.approx(3.81 * RATE)


def test_picture_looked_at_elsewhere_is_left_alone(loaded):
    loaded.set_playhead(1 * RATE)
    loaded.show_seconds(10, 14)
    loaded.set_playhead(int(1.1 * RATE))
    assert loaded.viewport.start == 10 * RATE


def test_read_out_tells_time_note_frequency_and_level(loaded):
    before = pixels(loaded)
    y = round(loaded.projection.y(1000))
    QTest.mouseMove(loaded, QPoint(300, y))
    after = pixels(loaded)
    rows, columns = np.nonzero((before != after).any(axis=2))
    assert columns.min() > 500
    assert rows.max() < 90
    # It steps aside when the mouse comes there.
    QTest.mouseMove(loaded, QPoint(740, 50))
    _, columns = np.nonzero((before != pixels(loaded)).any(axis=2))
    assert columns.max() < 300
    QApplication.sendEvent(loaded, QEvent(QEvent.Type.Leave))
    assert np.array_equal(pixels(loaded), before)


def test_view_changed_tells_seconds(qtbot, loaded):
    with qtbot.waitSignal(loaded.view_changed) as changed:
        loaded.show_seconds(2, 5.5)
    assert changed.args == pytest.approx([2, 5.5])


def test_look_changes_without_a_new_analysis(qtbot, view, sound):
    class Counting:
        sample_rate, channels, frames, reads = RATE, 2, sound.frames, 0

        def read(self, start, frames):
            Counting.reads += 1
            return sound.read(start, frames)

    view.set_source(Counting(), "mix")
    qtbot.waitUntil(lambda: not view.is_busy, timeout=30_000)
    reads, seen = Counting.reads, set()
    for look in (Look(), Look(scale="mel"), Look(scale="linear"), Look(colour_map="viridis"), Look(range_db=50)):
        view.set_look(look)
        seen.add(picture(view).tobytes())
    assert len(seen) == 5
    assert not view.is_busy
    assert Counting.reads == reads


def test_switching_back_is_instant(qtbot, loaded, sound):
    loaded.show_seconds(3, 5)
    qtbot.waitUntil(lambda: not loaded.is_busy, timeout=30_000)
    mix = picture(loaded)
    quiet = AudioBuffer(sound.samples * 0.01, RATE)
    loaded.set_source(quiet, "vocals")
    assert loaded.viewport.start == 3 * RATE
    qtbot.waitUntil(lambda: not loaded.is_busy, timeout=30_000)
    assert not np.array_equal(picture(loaded), mix)
    loaded.set_source(sound, "mix")
    assert np.array_equal(picture(loaded), mix)


def test_growing_sound_appears(qtbot, view, sound):
    class Arriving:
        sample_rate, channels, frames, there = RATE, 2, sound.frames, 0

        def read(self, start, frames):
            out = sound.read(start, frames)
            out[:, max(0, Arriving.there - start) :] = 0
            return out

    view.set_source(Arriving(), "live")
    qtbot.waitUntil(lambda: not view.is_busy, timeout=30_000)
    dark = picture(view)
    Arriving.there = sound.frames // 2
    view.invalidate(0, Arriving.there)
    qtbot.waitUntil(lambda: not view.is_busy, timeout=30_000)
    half = picture(view)
    changed = (dark != half).any(axis=(0, 2))
    middle = 752 // 2
    assert changed[: middle - 8].all()
    assert not changed[middle + 8 :].any()


def test_sound_that_gets_longer_keeps_being_seen_whole(qtbot, view, sound):
    class Longer:
        sample_rate, channels, frames = RATE, 2, 2 * RATE

        def read(self, start, frames):
            out = sound.read(start, frames)
            out[:, max(0, Longer.frames - start) :] = 0
            return out

    view.set_source(Longer(), "decoding")
    Longer.frames = 15 * RATE
    view.invalidate(2 * RATE, 15 * RATE)
    assert view.viewport.frames == 15 * RATE
    assert view.viewport.shows_whole_song


def test_unreadable_sound_says_so(qtbot, view):
    class Gone:
        sample_rate, channels, frames = RATE, 1, RATE

        def read(self, start, frames):
            raise UserError("The disk is gone.", "Plug it in.")

    empty = picture(view)
    view.set_source(Gone(), "gone")
    qtbot.waitUntil(lambda: not view.is_busy, timeout=5000)
    QApplication.sendPostedEvents()
    assert not np.array_equal(picture(view), empty)
    assert threading.active_count() > 1  # the worker lives on for the next sound


def test_empty_state_and_themes(view):
    dark = pixels(view)
    view.set_theme(LIGHT)
    light = pixels(view)
    for shown, theme in ((dark, DARK), (light, LIGHT)):
        red, green, blue = (int(theme.ground[at : at + 2], 16) for at in (1, 3, 5))
        assert tuple(shown[5, 5, :3]) == (blue, green, red)
    assert np.ptp(light[:, :, 0]) > 100, "nothing says what to do"
    for event in (Qt.Key.Key_Plus, Qt.Key.Key_F):
        QTest.keyClick(view, event)
    drag(view, QPoint(100, 100), QPoint(200, 200))
    turn_wheel(view, QPoint(100, 100), y=120)


def test_focus_is_shown_for_the_keyboard_only(qtbot, loaded):
    loaded.clearFocus()
    plain = pixels(loaded)
    loaded.setFocus(Qt.FocusReason.MouseFocusReason)
    assert np.array_equal(pixels(loaded), plain)
    loaded.clearFocus()
    loaded.setFocus(Qt.FocusReason.TabFocusReason)
    assert loaded.hasFocus()
    assert not np.array_equal(pixels(loaded), plain)


def test_people_who_cannot_see_it_are_told_what_it_is(loaded):
    assert loaded.accessibleName() == "Spectrogram"
    assert "zoom" in loaded.accessibleDescription()


def test_shutdown_ends_the_thread_in_the_middle_of_its_work(qtbot, view):
    class Slow:
        sample_rate, channels, frames = RATE, 1, 3600 * RATE

        def read(self, start, frames):
            time.sleep(0.02)
            return np.zeros((1, frames), np.float32)

    view.set_source(Slow(), "slow")
    assert any(thread.name == "spectrogram" for thread in threading.enumerate())
    view.shutdown()
    assert not any(thread.name == "spectrogram" for thread in threading.enumerate())
    view.show_seconds(1, 2)
    assert not any(thread.name == "spectrogram" for thread in threading.enumerate())


def test_real_song_fills_the_picture(qtbot, view, song_excerpt):
    view.set_source(song_excerpt("Vibe_Ace", start_s=20, seconds=8), "song")
    qtbot.waitUntil(lambda: not view.is_busy, timeout=30_000)
    shown = picture(view)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 100
    # Low notes are there, the top end is quieter.
    assert shown[300:440].sum() > 1.5 * shown[:60].sum() * 140 / 60
