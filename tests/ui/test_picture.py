"""Looking at the sound in the window: transforms, scales, rulers, colours, comparisons, stacks; by mouse and menu."""

import itertools
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QMessageBox

from stemstudio.core.tempo import Tempo
from stemstudio.operations.tempo import with_tempo
from stemstudio.project.document import ClipRef, Patch, with_stem
from stemstudio.repair.selection import Selection
from stemstudio.ui.dialogs.tempo import TempoDialog
from stemstudio.ui.main_window import MainWindow
from stemstudio.ui.settings import load_settings
from stemstudio.ui.spectrogram.colour_bar import LEAST_RANGE_DB

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
RATE = 44100
SECONDS = 8


@pytest.fixture(scope="module")
def project(demo_folder, tmp_path_factory, separated_project):
    """Folder of a project with eight seconds of the demo song, separated."""
    samples, rate = soundfile.read(demo_folder / "mixture.flac", start=8 * RATE, frames=SECONDS * RATE)
    song = tmp_path_factory.mktemp("song") / "song.wav"
    soundfile.write(song, samples, rate, subtype="FLOAT")
    return separated_project(song, tmp_path_factory.mktemp("project") / "song.stemstudio")


@pytest.fixture
def window(qtbot, monkeypatch, project, tmp_path):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    folder = tmp_path / project.name
    shutil.copytree(project, folder)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    window.open_path(folder)
    window.studio.select_lane("harmonic")
    settle(qtbot, window)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def settle(qtbot, window):
    qtbot.waitUntil(lambda: not window.spectrogram.is_busy, timeout=60_000)


def trigger(window, action):
    window.actions_by_id[action][1].trigger()


def pixels(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[:, :, :3].astype(int)


def companions(window):
    return window.picture.stack.companions


def silence(window, name, start, end):
    """Patch a stem with silence, as a repair would."""
    studio = window.studio
    stem = next(stem for stem in studio.track.stems if stem.name == name)
    writer = studio.session.clips.create(stem.clip.channels, end - start, RATE)
    writer.write(0, np.zeros((stem.clip.channels, end - start), np.float32))
    patch = Patch(start, ClipRef(writer.finish(), stem.clip.channels, end - start, RATE))
    edited = replace(stem, patches=(*stem.patches, patch))
    studio.edit("Silence", lambda project: with_stem(project, studio.track.id, edited))


def test_every_transform_scale_and_map_has_a_menu_entry_and_its_own_picture(qtbot, window):
    seen = {pixels(window.spectrogram).tobytes()}
    actions = [
        "frame_512",
        "frame_16384",
        "transform_multi",
        "transform_cqt",
        "reassigned",
        "scale_mel",
        "scale_linear",
    ]
    for action in (*actions, "colour_map_viridis"):
        trigger(window, action)
        settle(qtbot, window)
        seen.add(pixels(window.spectrogram).tobytes())
        assert window.actions_by_id[action][1].isChecked()
    assert len(seen) == 9
    assert load_settings() == window.studio.settings
    assert (load_settings().transform, load_settings().frame) == ("reassigned", "16384")


def test_a_fixed_frame_leaves_the_transforms_that_have_none(window):
    trigger(window, "transform_cqt")
    assert not window.actions_by_id["frame_auto"][1].isChecked()
    trigger(window, "frame_1024")
    assert window.studio.settings.transform == "stft"
    trigger(window, "reassigned")
    trigger(window, "frame_2048")
    assert window.studio.settings.transform == "reassigned"


def test_buttons_over_the_picture_open_the_menus(window):
    window.resize(window.minimumSize())
    bar = window.picture.view_bar
    assert list(bar.buttons) == ["Transform", "Scale", "Ruler", "Compare", "Stack"]
    for title, button in bar.buttons.items():
        assert button.isVisible()
        assert button.accessibleName()
        assert button.menu().actions()
        assert button.width() >= button.fontMetrics().horizontalAdvance(title) + 19, "its name is cut off"
        assert button.geometry().right() <= bar.width()


@pytest.mark.parametrize("handle", ["high", "low", "gamma"])
def test_handles_of_the_colour_bar_are_dragged(window, handle):
    bar = window.picture.colour_bar
    before, picture = bar.levels, pixels(window.spectrogram)
    start = bar.handle_point(handle).toPoint()
    QTest.mousePress(bar, LEFT, NONE, start)
    for step in range(1, 6):
        QTest.mouseMove(bar, start + QPoint(0, 8 * step))
    assert not np.array_equal(pixels(window.spectrogram), picture), "it is seen while it is dragged"
    assert load_settings().gamma == before.gamma
    QTest.mouseRelease(bar, LEFT, NONE, start + QPoint(0, 40))
    after = bar.levels
    assert after.place(handle) < before.place(handle) - 3
    assert sum(getattr(before, name) != getattr(after, name) for name in ("high_db", "low_db", "gamma")) == 1
    assert load_settings().gamma == after.gamma
    assert load_settings().high_db == after.high_db
    assert load_settings().high_db - load_settings().range_db == pytest.approx(after.low_db)
    QTest.mouseDClick(bar, LEFT, NONE, start)
    assert bar.levels == before
    assert np.array_equal(pixels(window.spectrogram), picture)


def test_handles_do_not_pass_each_other(window):
    bar = window.picture.colour_bar
    for handle, to in (("high", bar.height() - 2), ("low", 2), ("gamma", 2), ("gamma", bar.height() - 2)):
        QTest.mousePress(bar, LEFT, NONE, bar.handle_point(handle).toPoint())
        QTest.mouseMove(bar, QPoint(10, to))
        QTest.mouseRelease(bar, LEFT, NONE, QPoint(10, to))
        levels = bar.levels
        assert levels.high_db - levels.low_db >= LEAST_RANGE_DB
        assert levels.low_db < levels.place("gamma") < levels.high_db
    assert load_settings().range_db >= LEAST_RANGE_DB


def test_the_colour_bar_works_by_keyboard(window):
    bar = window.picture.colour_bar
    before = bar.levels
    QTest.keyClick(bar, Qt.Key.Key_Down)
    assert bar.levels.high_db == before.high_db - 1
    QTest.keyClick(bar, Qt.Key.Key_Left)
    QTest.keyClick(bar, Qt.Key.Key_Up)
    assert bar.levels.low_db == before.low_db + 1
    QTest.keyClick(bar, Qt.Key.Key_Home)
    assert bar.levels == before


def test_rulers(qtbot, window, monkeypatch):
    view = window.spectrogram
    seconds = pixels(view)[:28]
    trigger(window, "ruler_samples")
    samples = pixels(view)[:28]
    window.studio.edit("Tempo", lambda project: with_tempo(project, window.studio.track.id, Tempo(100.0, 0.1)))
    trigger(window, "ruler_bars")
    bars = pixels(view)[:28]
    assert len({each.tobytes() for each in (seconds, samples, bars)}) == 3
    assert view.ruler.label(0.1 * RATE, RATE) == "1.1.00"
    trigger(window, "undo")
    assert np.array_equal(pixels(view)[:28], seconds), "bars without a tempo are seconds"


def test_tempo_is_estimated_on_request_and_kept_with_the_song(qtbot, window):
    dialog = TempoDialog(window.studio, window.player, window)
    window.player.seek(RATE // 2)
    dialog.estimate.click()
    qtbot.waitUntil(dialog.estimate.isEnabled, timeout=30_000)
    assert 40 < dialog.bpm.value() < 240
    dialog.here.click()
    dialog.bpm.setValue(99.5)
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).click()
    assert window.studio.track.tempo == Tempo(99.5, 0.5, 4)
    assert window.studio.settings.ruler == "bars"
    folder = window.studio.session.folder
    window.studio.new_project()
    window.open_path(folder)
    assert window.studio.track.tempo == Tempo(99.5, 0.5, 4)
    dialog.deleteLater()


def test_comparing_with_the_song_and_with_what_was(qtbot, window):
    view = window.spectrogram
    plain = pixels(view)
    trigger(window, "comparison_mix")
    settle(qtbot, window)
    against_song = pixels(view)
    assert not np.array_equal(plain, against_song)
    silence(window, "harmonic", 3 * RATE, 5 * RATE)
    area = view.projection.picture.toRect()
    for action in ("comparison_base", "comparison_step"):
        trigger(window, action)
        settle(qtbot, window)
        inside = pixels(view)[area.top() + 60 : area.bottom() - 40, area.left() : area.right()]
        colourful = (np.ptp(inside, axis=2) > 40).mean(axis=0)
        where = np.arange(len(colourful)) / len(colourful) * SECONDS
        assert colourful[(where > 3.2) & (where < 4.8)].mean() > 0.4
        assert colourful[(where < 2.8) | (where > 5.2)].max() < 0.05
    trigger(window, "comparison_none")
    trigger(window, "undo")
    settle(qtbot, window)
    assert np.array_equal(pixels(view), plain)


def test_an_edit_undo_and_redo_keep_the_picture_of_the_rest(qtbot, window):
    view = window.spectrogram
    before = view.pyramid
    picture = pixels(view)
    silence(window, "harmonic", 3 * RATE, 4 * RATE)
    assert view.pyramid is before
    settle(qtbot, window)
    edited = pixels(view)
    changed = np.flatnonzero((edited != picture).any(axis=(0, 2)))
    area = view.projection.picture
    assert 2.7 < (changed.min() - area.left()) / area.width() * SECONDS < 3.1
    assert 3.9 < (changed.max() - area.left()) / area.width() * SECONDS < 4.3
    for action, wanted in (("undo", picture), ("redo", edited), ("undo", picture)):
        trigger(window, action)
        assert view.pyramid is before
        settle(qtbot, window)
        assert np.array_equal(pixels(view), wanted)


def test_a_finished_separation_keeps_the_picture_of_its_stems(qtbot, window):
    studio, view = window.studio, window.spectrogram
    studio.separate("center", {})
    qtbot.waitUntil(lambda: any(lane.live for lane in studio.lanes()) or not studio.running, timeout=30_000)
    studio.select_lane("center")
    if not studio.running:
        pytest.skip("the separation was faster than the eye")
    growing = view.pyramid
    qtbot.waitUntil(lambda: not studio.running, timeout=60_000)
    assert studio.lane.key == "center"
    assert view.pyramid is growing
    settle(qtbot, window)
    kept = pixels(view)
    window.picture.spectrogram.set_source(studio.lane.source(), "anew")
    settle(qtbot, window)
    assert np.array_equal(pixels(view), kept)


def test_stems_are_stacked_and_move_together(qtbot, window):
    view = window.spectrogram
    assert not companions(window)
    trigger(window, "stacked")
    settle(qtbot, window)
    others = companions(window)
    assert len(others) == 2
    assert all(widget.isVisible() for widget in others)
    assert abs(others[0].height() - view.height()) <= 1
    assert view.y() < others[0].y() < others[1].y(), "in the order of the lanes"
    before = [pixels(widget) for widget in others]
    assert not np.array_equal(before[0], before[1])
    middle = QPointF(others[0].rect().center())
    wheel = QWheelEvent(
        middle,
        others[0].mapToGlobal(middle),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    held = others[0].projection.frame(middle.x())
    QApplication.sendEvent(others[0], wheel)
    assert view.viewport.span < SECONDS * RATE
    assert view.projection.frame(middle.x()) == pytest.approx(held, abs=1)
    assert others[1].projection.viewport == view.viewport
    settle(qtbot, window)
    assert not np.array_equal(pixels(others[0]), before[0])
    trigger(window, "stacked")
    assert not companions(window)
    assert load_settings().stacked is False


def test_selection_playhead_and_loop_go_through_the_whole_stack(qtbot, window):
    trigger(window, "stacked")
    settle(qtbot, window)
    other = companions(window)[0]
    seen = [pixels(other)]
    window.spectrogram.set_playhead(2 * RATE)
    seen.append(pixels(other))
    window.spectrogram.set_loop((3 * RATE, 4 * RATE))
    seen.append(pixels(other))
    window.spectrogram.selection_layer.set_selection(Selection.box(RATE, 5 * RATE, 6 * RATE, 500, 2000))
    seen.append(pixels(other))
    area = other.projection.picture
    for (before, after), (start, end) in zip(itertools.pairwise(seen), ((0, 2), (3, 4), (5, 6)), strict=True):
        changed = np.flatnonzero((before != after).any(axis=(0, 2)))
        left, right = ((x - area.left()) / area.width() * SECONDS for x in (changed.min(), changed.max()))
        assert left == pytest.approx(start, abs=0.1)
        assert right == pytest.approx(end, abs=0.1)


def test_one_movement_in_another_picture_selects_its_lane_and_draws_there(qtbot, window):
    trigger(window, "stacked")
    trigger(window, "tool_rectangle")
    settle(qtbot, window)
    other = companions(window)[1]
    start, end = QPoint(300, other.height() // 3), QPoint(400, 2 * other.height() // 3)
    wanted = [other.projection.frame(x.x()) for x in (start, end)]
    high, low = (other.projection.hertz(y.y()) for y in (start, end))
    places = [other.mapToGlobal(point) for point in (start, (start + end) / 2, end)]
    QTest.mousePress(other, LEFT, NONE, start)
    assert window.studio.lane.key == "residual"
    for place in places[1:]:
        QTest.mouseMove(other, other.mapFromGlobal(place))
    QTest.mouseRelease(other, LEFT, NONE, other.mapFromGlobal(places[-1]))
    extent = window.spectrogram.selection_layer.selection.extent
    assert [extent.first, extent.last] == pytest.approx(wanted, abs=RATE * 0.02)
    assert extent.low_hz == pytest.approx(low, rel=0.05)
    assert extent.high_hz == pytest.approx(high, rel=0.05)
    assert [window.spectrogram.y() > each.y() for each in companions(window)] == [True, True]


def test_the_common_ruler_seeks_and_loops(qtbot, window):
    trigger(window, "stacked")
    ruler = window.picture.stack.findChild(type(window.picture.stack._ruler))
    view = window.spectrogram
    with qtbot.waitSignal(view.seek_requested) as seek:
        QTest.mouseClick(ruler, LEFT, NONE, QPoint(248, 10))
    assert seek.args[0] == pytest.approx(view.projection.frame(248), abs=1)
    with qtbot.waitSignal(view.loop_changed):
        QTest.mousePress(ruler, LEFT, NONE, QPoint(148, 10))
        QTest.mouseMove(ruler, QPoint(200, 10))
        QTest.mouseMove(ruler, QPoint(248, 10))
        QTest.mouseRelease(ruler, LEFT, NONE, QPoint(248, 10))


def test_which_lanes_are_stacked_is_chosen_in_the_menu(window):
    trigger(window, "stacked")
    menu = window.picture.view_bar.buttons["Stack"].menu()
    menu.aboutToShow.emit()
    entries = {action.text(): action for action in menu.actions() if action.text()}
    assert entries["Percussive"].isChecked()
    assert not entries["Song"].isChecked()
    entries["Percussive"].trigger()
    assert len(companions(window)) == 1
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Song").trigger()
    assert len(companions(window)) == 2
    assert load_settings().unstacked == ("percussive",)


def test_a_comparison_is_drawn_in_the_whole_stack(qtbot, window):
    trigger(window, "stacked")
    settle(qtbot, window)
    before = [pixels(each) for each in companions(window)]
    trigger(window, "comparison_mix")
    settle(qtbot, window)
    for other, plain in zip(companions(window), before, strict=True):
        assert not np.array_equal(pixels(other), plain)
    trigger(window, "comparison_none")
    for other, plain in zip(companions(window), before, strict=True):
        assert np.array_equal(pixels(other), plain)


def test_edits_of_a_stacked_stem_are_drawn_where_it_stands(qtbot, window):
    trigger(window, "stacked")
    settle(qtbot, window)
    other = companions(window)[0]
    before, pyramid = pixels(other), other.sound.whole
    silence(window, "percussive", 3 * RATE, 4 * RATE)
    settle(qtbot, window)
    assert other.sound.whole is pyramid
    assert not np.array_equal(pixels(other), before)
    trigger(window, "undo")
    settle(qtbot, window)
    assert np.array_equal(pixels(other), before)


def test_the_keys_belong_to_the_picture_once_a_song_has_come(window):
    assert window.focusWidget() is window.spectrogram
