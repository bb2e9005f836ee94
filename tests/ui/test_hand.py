"""Selecting and mending in the window as a person does it: draw, hear, apply, undo, on real sound where it is there."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMessageBox

from stemstudio.repair.selection import Selection
from stemstudio.ui.actions.file import passages
from stemstudio.ui.dialogs.export_passage import Passage
from stemstudio.ui.main_window import MainWindow
from stemstudio.ui.markers import add_marker, markers
from stemstudio.ui.mending import Mending
from stemstudio.ui.settings import load_settings
from stemstudio.ui.spectrogram.selecting.mode import Mode

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SECONDS = 4


@pytest.fixture(scope="module")
def song(request, demo_folder, tmp_path_factory):
    """Four seconds of a real song or, where there is none, of the demo song; stereo, 44.1 kHz."""
    try:
        samples = request.getfixturevalue("song_excerpt")("Vibe_Ace", seconds=SECONDS).samples.T
    except pytest.skip.Exception:
        samples, _ = soundfile.read(demo_folder / "mixture.flac", start=8 * 44100, frames=SECONDS * 44100)
    path = tmp_path_factory.mktemp("song") / "song.wav"
    soundfile.write(path, samples, 44100, subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def project(song, tmp_path_factory, separated_project):
    """Folder of a project with the song, separated."""
    return separated_project(song, tmp_path_factory.mktemp("project") / "song.stemstudio")


@pytest.fixture
def window(qtbot, monkeypatch, project, tmp_path):
    """The window with a copy of the project; the harmonic stem is looked at."""
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    folder = tmp_path / project.name
    shutil.copytree(project, folder)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    window.open_path(folder)
    window.studio.select_lane("harmonic")
    window.inspector.show_page("Repair")
    window.activateWindow()
    window.spectrogram.setFocus()
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


@pytest.fixture
def page(window):
    return window.inspector.page("Repair")


def at(window, across, down):
    """Pixel of the picture, from the top left corner, in shares."""
    area = window.spectrogram.projection.picture
    return QPoint(round(area.left() + across * area.width()), round(area.top() + down * area.height()))


def take(window, tool):
    window.actions_by_id[f"tool_{tool}"][1].trigger()


def drag(window, *way, modifiers=NONE):
    view, points = window.spectrogram, [at(window, *share) for share in way]
    QTest.mousePress(view, LEFT, modifiers, points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, modifiers, points[-1])


def circle(x, y, radius, count=24):
    turns = np.linspace(0, 2 * np.pi, count)
    return [(x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in turns]


def choose(page, method):
    page.method.setCurrentIndex(page.method.findData(method))
    page.method.activated.emit(page.method.currentIndex())


def sound(window, name):
    lane = next(lane for lane in window.studio.lanes() if lane.key == name)
    return lane.source().read(0, lane.clip.frames)


def finish(qtbot, window):
    qtbot.waitUntil(lambda: not window.editor.working and not window.workplace.selecting.looking, timeout=20000)


def test_a_lasso_is_drawn_heard_applied_and_undone(qtbot, window, page):
    before = {name: sound(window, name) for name in ("harmonic", "residual")}
    take(window, "lasso")
    drag(window, *circle(0.5, 0.5, 0.2))
    extent = window.editor.selection.extent
    choose(page, "gain")
    page.form._controls["gain_db"]._slider.setValue(0)
    chip = window.workbench.chip
    assert chip.isVisible()
    qtbot.mouseClick(chip.preview, LEFT)
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    assert page.preview.text().startswith("Stop")
    assert page.new.isVisible()
    qtbot.mouseClick(page.old, LEFT)
    assert window.editor.old_is_heard
    qtbot.keyClick(window.spectrogram, Qt.Key.Key_X)
    assert page.new.isChecked()
    assert np.array_equal(sound(window, "harmonic"), before["harmonic"])
    qtbot.mouseClick(chip.apply, LEFT)
    finish(qtbot, window)
    after = {name: sound(window, name) for name in before}
    changed = np.flatnonzero((after["harmonic"] != before["harmonic"]).any(axis=0))
    reach = 8192
    assert len(changed)
    assert changed[0] >= extent.first - reach
    assert changed[-1] < extent.last + reach
    np.testing.assert_allclose(sum(after.values()), sum(before.values()), atol=1e-6)
    assert "Gain" in window.inspector.page("History")._list.item(0).text()
    window.actions_by_id["undo"][1].trigger()
    for name, samples in before.items():
        assert np.array_equal(sound(window, name), samples)


def test_enter_applies_and_the_selection_stays(qtbot, window, page):
    before = sound(window, "harmonic")
    take(window, "rectangle")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    selection = window.editor.selection
    choose(page, "erase")
    qtbot.keyClick(window.spectrogram, Qt.Key.Key_Return)
    finish(qtbot, window)
    assert not np.array_equal(sound(window, "harmonic"), before)
    assert window.editor.selection == selection


def test_a_preview_follows_what_is_changed_and_its_button_stops_it(qtbot, window, page):
    take(window, "rectangle")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    choose(page, "gain")
    qtbot.keyClick(window.spectrogram, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    first = window.editor._previewed.passages["harmonic"].samples
    page.form._controls["gain_db"]._slider.setValue(0)
    qtbot.waitUntil(
        lambda: (
            window.editor._previewed is not None
            and not np.array_equal(window.editor._previewed.passages["harmonic"].samples, first)
        ),
        timeout=10000,
    )
    assert window.player.playing
    qtbot.keyClick(window.spectrogram, Qt.Key.Key_P)
    assert not window.editor.previewing
    assert not window.player.playing


def test_enter_on_the_page_applies_but_ends_typing_in_a_field(qtbot, window, page):
    take(window, "rectangle")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    steps = len(window.studio.session.history.labels)
    page.fields.fields["low_hz"].setFocus()
    QTest.keyClicks(page.fields.fields["low_hz"], "1")
    QTest.keyClick(page.fields.fields["low_hz"], Qt.Key.Key_Return)
    assert not window.editor.working
    page.method.setFocus()
    QTest.keyClick(page.method, Qt.Key.Key_Return)
    finish(qtbot, window)
    assert len(window.studio.session.history.labels) == steps + 1


def test_the_chip_keeps_to_the_picture_and_goes_with_the_selection(window):
    take(window, "rectangle")
    chip, picture = window.workbench.chip, window.spectrogram.projection.picture
    for start, end in (((0.3, 0.3), (0.5, 0.6)), ((0.9, 0.5), (0.99, 0.99)), ((0.01, 0.01), (0.99, 0.99))):
        QTest.keyClick(window.spectrogram, Qt.Key.Key_Escape)
        assert not chip.isVisible()
        drag(window, start, end)
        assert chip.isVisible()
        corner = window.spectrogram.mapFrom(window.picture, chip.geometry().topLeft())
        assert picture.contains(QRectF(QPointF(corner), chip.size().toSizeF()))
    window.spectrogram.show_seconds(0, 0.1)
    window.editor.set_selection(Selection.box(44100, 3 * 44100, 3.5 * 44100, 200, 800))
    assert not chip.isVisible()
    window.spectrogram.fit()
    assert chip.isVisible()
    window.studio.select_lane("mixture")
    assert not chip.isVisible()


def test_delete_erases_whatever_method_is_in_hand(qtbot, window, page):
    take(window, "time")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    choose(page, "gain")
    qtbot.keyClick(window.spectrogram, Qt.Key.Key_Delete)
    finish(qtbot, window)
    extent = window.editor.selection.extent
    assert np.abs(sound(window, "harmonic")[:, extent.first + 4096 : extent.last - 4096]).max() < 1e-4
    assert window.workplace.mending.method_id == "gain"


def test_the_song_itself_says_that_it_stays(window, page):
    window.studio.select_lane("mixture")
    window.actions_by_id["select_all"][1].trigger()
    assert not page.apply.isEnabled()
    assert not window.workbench.chip.isVisible()
    assert "choose a stem" in page._notice.text()


def test_the_methods_stay_where_they_are(window, page):
    tops = set()
    for method in ("heal", "erase"):
        choose(page, method)
        QApplication.processEvents()
        tops.add(page.method.mapTo(window, QPoint(0, 0)).y())
    assert len(tops) == 1


def test_the_method_is_remembered(window, page):
    choose(page, "erase")
    assert load_settings().repair_method == "erase"
    again = Mending(window.studio, window.editor)
    assert again.method_id == "erase"
    window.studio.update_settings(replace(window.studio.settings, repair_method="a method of long ago"))
    assert Mending(window.studio, window.editor).method_id == "heal"


def test_sound_is_sent_to_another_stem_by_its_chip(qtbot, window, page):
    total = sound(window, "harmonic") + sound(window, "percussive")
    before = sound(window, "percussive")
    take(window, "rectangle")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    qtbot.mouseClick(page.moving.send.buttons["percussive"], LEFT)
    finish(qtbot, window)
    assert not np.array_equal(sound(window, "percussive"), before)
    np.testing.assert_allclose(sound(window, "harmonic") + sound(window, "percussive"), total, atol=1e-6)


def test_a_selection_becomes_a_new_stem_and_two_are_swapped(qtbot, window, page, monkeypatch):
    take(window, "time")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Hi-hat", True))
    qtbot.mouseClick(page.moving.new_stem, LEFT)
    finish(qtbot, window)
    assert "hi-hat" in [lane.key for lane in window.studio.lanes()]
    before = sound(window, "percussive")
    swap = next(action for action in page.moving.swap_menu.actions() if action.data() == "percussive")
    swap.trigger()
    finish(qtbot, window)
    assert not np.array_equal(sound(window, "percussive"), before)


def test_a_selection_is_separated_again(qtbot, window, page):
    before = sound(window, "harmonic")
    take(window, "time")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    page.moving.again_menu.aboutToShow.emit()
    again = next(action for action in page.moving.again_menu.actions() if action.data() == "hpss")
    again.trigger()
    qtbot.waitUntil(lambda: not window.editor.working, timeout=60000)
    assert len(window.studio.session.history.labels) == 4
    assert sound(window, "harmonic").shape == before.shape


def test_borrowing_offers_the_sounds_at_hand(qtbot, window, page):
    choose(page, "borrow")
    assert page.borrow.isVisible()
    assert list(page.borrow.buttons) == ["mixture", "percussive", "residual"]
    qtbot.mouseClick(page.borrow.buttons["percussive"], LEFT)
    assert window.workplace.mending.values()["source"] == "percussive"
    take(window, "time")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    qtbot.mouseClick(page.apply, LEFT)
    finish(qtbot, window)
    frame = round((window.editor.selection.extent.first + window.editor.selection.extent.last) / 2)
    here, there = sound(window, "harmonic"), sound(window, "percussive")
    part = slice(frame, frame + 100)
    np.testing.assert_allclose(here[:, part], there[:, part], atol=1e-4)


def test_what_is_taken_out_can_leave_the_song(qtbot, window, page):
    residual = sound(window, "residual")
    take(window, "rectangle")
    drag(window, (0.3, 0.3), (0.5, 0.6))
    choose(page, "erase")
    qtbot.mouseClick(page.taken_to.buttons[""], LEFT)
    qtbot.mouseClick(page.apply, LEFT)
    finish(qtbot, window)
    assert np.array_equal(sound(window, "residual"), residual)


def test_numbers_show_and_set_the_selection(qtbot, window, page):
    fields = page.fields.fields
    take(window, "rectangle")
    drag(window, (0.25, 0.3), (0.5, 0.6))
    extent = window.editor.selection.extent
    assert fields["first"].text() == f"0:{extent.first / 44100:06.3f}"
    for name, typed in (("first", "0:01.5"), ("last", "2,25"), ("low_hz", "A3"), ("high_hz", "2.4 kHz")):
        fields[name].selectAll()
        QTest.keyClicks(fields[name], typed)
        QTest.keyClick(fields[name], Qt.Key.Key_Return)
    extent = window.editor.selection.extent
    assert (extent.first, extent.last) == (round(1.5 * 44100), round(2.25 * 44100))
    assert extent.low_hz == pytest.approx(220, rel=1e-3)
    assert extent.high_hz == pytest.approx(2400, rel=1e-3)
    fields["last"].selectAll()
    QTest.keyClicks(fields["last"], "soon")
    QTest.keyClick(fields["last"], Qt.Key.Key_Return)
    assert fields["last"].text() == "0:02.250"
    assert window.editor.selection.extent == extent


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("first", "3", (3, 3.5, 220, 880)),
        ("first", "3.8", (3.8, 4, 220, 880)),
        ("last", "0.8", (0.3, 0.8, 220, 880)),
        ("low_hz", "1 kHz", (1, 1.5, 1000, 4000)),
        ("high_hz", "100", (1, 1.5, 25, 100)),
    ],
)
def test_a_start_beyond_the_end_moves_the_selection(window, page, name, typed, expected):
    window.editor.set_selection(Selection.box(44100, 44100, 66150, 220, 880))
    field = page.fields.fields[name]
    field.selectAll()
    QTest.keyClicks(field, typed)
    QTest.keyClick(field, Qt.Key.Key_Return)
    extent = window.editor.selection.extent
    assert (extent.first / 44100, extent.last / 44100, extent.low_hz, extent.high_hz) == pytest.approx(expected)


def test_numbers_select_where_nothing_is_selected(window, page):
    field = page.fields.fields["first"]
    assert page.fields._hint.isVisible()
    QTest.keyClicks(field, "1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.editor.selection.extent.first == 44100
    assert window.editor.selection.extent.last == SECONDS * 44100
    assert not page.fields._hint.isVisible()


def test_the_keyboard_alone_selects_moves_mends_and_takes_back(qtbot, window, page):
    view = window.spectrogram
    before = sound(window, "harmonic")
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert window.editor.selection.extent.frames == SECONDS * 44100
    window.spectrogram.show_seconds(1, 2)
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    assert window.editor.selection.extent.frames == 44100
    first = window.editor.selection.extent.first
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert window.editor.selection.extent.first > first
    last = window.editor.selection.extent.last
    qtbot.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert window.editor.selection.extent.last < last
    choose(page, "gain")
    qtbot.keyClick(view, Qt.Key.Key_Return)
    finish(qtbot, window)
    qtbot.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(sound(window, "harmonic"), before)
    inverse = window.editor.selection
    qtbot.keyClick(view, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert window.editor.selection != inverse
    qtbot.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.editor.selection is None
    qtbot.keyClick(view, Qt.Key.Key_B)
    assert window.workplace.selecting.tool.id == "brush"


def test_grow_shrink_and_feather_by_what_is_set(qtbot, window, page):
    rate = 44100
    window.editor.set_selection(Selection.box(rate, rate, 2 * rate, 400, 800))
    page.fields.time.set_value(100)
    page.fields.pitch.set_value(12)
    qtbot.mouseClick(page.fields.buttons["grow"], LEFT)
    extent = window.editor.selection.extent
    assert (extent.first, extent.last) == (round(0.9 * rate), round(2.1 * rate))
    assert (extent.low_hz, extent.high_hz) == pytest.approx((200, 1600))
    qtbot.mouseClick(page.fields.buttons["shrink"], LEFT)
    assert window.editor.selection.extent.first == rate
    qtbot.mouseClick(page.fields.buttons["feather"], LEFT)
    edge = window.editor.selection.weights(np.array([0.95 * rate]), np.array([600.0]))[0, 0]
    assert 0.1 < edge < 0.9


def test_start_and_end_snap_to_where_the_sound_crosses_zero(qtbot, window, page):
    window.editor.set_selection(Selection.box(44100, 44100, 2 * 44100, 400, 800))
    qtbot.mouseClick(page.fields.buttons["zero"], LEFT)
    finish(qtbot, window)
    extent, mono = window.editor.selection.extent, sound(window, "harmonic").sum(axis=0)
    assert mono[extent.first - 1] < 0 <= mono[extent.first]
    assert abs(extent.first - 44100) < 0.02 * 44100
    qtbot.mouseClick(page.fields.buttons["beats"], LEFT)
    finish(qtbot, window)
    assert window.editor.selection is not None


@pytest.mark.parametrize("tool", ["wand", "harmonics", "transient"])
def test_what_is_clicked_is_found_and_joins_as_the_mode_says(qtbot, window, tool):
    window.player.seek(44100)
    qtbot.waitUntil(lambda: window.spectrogram.playhead == 44100, timeout=5000)
    take(window, tool)
    window.actions_by_id["pick_at_playhead"][1].trigger()
    finish(qtbot, window)
    found = window.editor.selection
    assert found is not None
    window.workplace.selecting.set_mode(Mode.ADD)
    QTest.mouseClick(window.spectrogram, LEFT, NONE, at(window, 0.7, 0.55))
    finish(qtbot, window)
    extent = window.editor.selection.extent
    assert extent.first <= found.extent.first
    assert extent.last >= found.extent.last


def test_mode_buttons_and_tool_buttons_follow(qtbot, window):
    strip = window.workbench.strip
    for button in strip.tools.buttons():
        assert button.toolTip()
        qtbot.mouseClick(button, LEFT)
        assert button.isChecked()
        assert window.workbench.options._name.text() == button.accessibleName()
    qtbot.mouseClick(strip.modes.buttons()[1], LEFT)
    assert window.workplace.selecting.settings.mode is Mode.ADD


def test_the_brush_takes_its_size_from_the_options(window):
    take(window, "brush")
    size = window.workbench.options._controls["size"]
    size._slider.setValue(size._slider.maximum())
    drag(window, (0.4, 0.5), (0.6, 0.5))
    wide = window.editor.selection.extent
    size._slider.setValue(size._slider.minimum())
    drag(window, (0.4, 0.5), (0.6, 0.5))
    narrow = window.editor.selection.extent
    assert wide.high_hz / wide.low_hz > 2 * narrow.high_hz / narrow.low_hz


def test_the_history_goes_to_any_step(qtbot, window, page):
    before = sound(window, "harmonic")
    take(window, "rectangle")
    choose(page, "erase")
    for left in (0.2, 0.4, 0.6):
        QTest.keyClick(window.spectrogram, Qt.Key.Key_Escape)
        drag(window, (left, 0.3), (left + 0.1, 0.6))
        QTest.keyClick(window.spectrogram, Qt.Key.Key_Return)
        finish(qtbot, window)
    window.inspector.show_page("History")
    steps = window.inspector.page("History")._list
    assert steps.count() == 6
    assert len({steps.item(row).text() for row in range(3)}) == 3
    assert steps.currentRow() == 0
    qtbot.mouseClick(steps.viewport(), LEFT, pos=steps.visualItemRect(steps.item(3)).center())
    assert np.array_equal(sound(window, "harmonic"), before)
    assert steps.currentRow() == 3
    assert [steps.item(row).font().italic() for row in range(6)] == [True] * 3 + [False] * 3
    window.inspector.show_page("Repair")
    QTest.keyClick(window.spectrogram, Qt.Key.Key_Return)
    finish(qtbot, window)
    assert steps.count() == 4
    assert [steps.item(row).text() for row in (3, 2)] == ["New project", "Open song"]
    assert steps.currentRow() == 0
    assert not steps.item(0).font().italic()


def test_markers_are_added_named_gone_to_and_removed(qtbot, window):
    section = window.inspector.page("History").markers
    window.inspector.show_page("History")
    window.player.seek(44100)
    window.actions_by_id["add_marker"][1].trigger()
    window.editor.set_selection(Selection.box(44100, 2 * 44100, 3 * 44100, 400, 800))
    window.actions_by_id["add_region"][1].trigger()
    assert [section.list.topLevelItem(row).text(0) for row in range(2)] == ["Marker 1", "Region 1"]
    assert [place.frame for place in window.spectrogram.markers] == [44100, 2 * 44100]
    for typed, name in (("Refrain", "Refrain"), ("  ", "Refrain")):
        section.list.setCurrentItem(section.list.topLevelItem(0))
        QTest.keyClick(section.list, Qt.Key.Key_F2)
        field = section.list.findChild(QLineEdit)
        field.selectAll()
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda name=name: markers(window.studio)[0].name == name, timeout=2000)
        qtbot.waitUntil(lambda name=name: section.list.topLevelItem(0).text(0) == name, timeout=2000)
        qtbot.waitUntil(lambda: not section.list.findChildren(QLineEdit), timeout=2000)
    item = section.list.topLevelItem(1)
    qtbot.mouseClick(section.list.viewport(), LEFT, pos=section.list.visualItemRect(item).center())
    assert window.player.position == 2 * 44100
    assert window.player.loop == (2 * 44100, 3 * 44100)
    window.actions_by_id["previous_marker"][1].trigger()
    assert window.player.position == 44100
    QTest.keyClick(section.list, Qt.Key.Key_Delete)
    assert [each.name for each in markers(window.studio)] == ["Refrain"]
    window.actions_by_id["undo"][1].trigger()
    assert len(markers(window.studio)) == 2


def test_a_region_is_a_range_to_export(window):
    add_marker(window.studio, 44100)
    add_marker(window.studio, 44100, 88200, "Chorus")
    assert passages(window) == [Passage("Chorus", 1.0, 3.0)]


def test_a_marker_is_drawn_in_picture_and_ruler(window):
    window.spectrogram.setFocus()
    bare = window.spectrogram.grab().toImage()
    add_marker(window.studio, 2 * 44100)
    marked = window.spectrogram.grab().toImage()
    x = round(window.spectrogram.projection.x(2 * 44100))
    assert any(bare.pixel(x + dx, 3) != marked.pixel(x + dx, 3) for dx in range(6))
    assert any(bare.pixel(x, y) != marked.pixel(x, y) for y in range(200, 210))


def test_another_song_has_no_selection(qtbot, window, song):
    window.actions_by_id["select_all"][1].trigger()
    window.studio.import_song(song)
    qtbot.waitUntil(lambda: len(window.studio.session.project.tracks) == 2, timeout=20000)
    assert window.editor.selection is None
    assert window.spectrogram.selection_layer.selection is None
