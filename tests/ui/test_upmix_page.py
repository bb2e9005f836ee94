"""The room in the window: places dragged and typed, heard, measured, written, undone."""

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox

from stemstudio.mixing.binaural import BinauralSource
from stemstudio.mixing.folddown import fold_down, null_db
from stemstudio.mixing.pan import SILENT_DB
from stemstudio.mixing.upmix import UpmixSource
from stemstudio.ui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
RATE = 44100
FRAMES = 3 * RATE


@pytest.fixture
def window(qtbot, monkeypatch, tone_and_beats):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window = MainWindow()
    window.resize(1280, 900)
    window.show()
    qtbot.waitExposed(window)
    window.open_path(tone_and_beats)
    qtbot.waitUntil(lambda: window.studio.track is not None, timeout=20000)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


@pytest.fixture
def page(qtbot, window):
    window.studio.separate("hpss", {})
    qtbot.waitUntil(lambda: bool(window.studio.track.stems), timeout=60000)
    window.inspector.show_page("Upmix")
    page = window.inspector.page("Upmix")
    qtbot.waitUntil(lambda: len(page._known) == 3, timeout=10000)
    return page


def stem(window, name):
    return next(each for each in window.studio.track.stems if each.name == name)


def heard(window):
    return window.player._engine.source


def drag(qtbot, picture, start, end):
    def at(point):
        return QPoint(round(point.x()), round(point.y()))

    qtbot.mousePress(picture, LEFT, pos=at(start))
    for share in (0.3, 0.7, 1.0):
        qtbot.mouseMove(picture, at(start + share * (end - start)))
    qtbot.mouseRelease(picture, LEFT, pos=at(end))


def test_a_dot_is_dragged_around_the_listener_in_one_step_of_the_history(qtbot, window, page):
    steps = len(window.studio.session.history.steps)
    picture, middle = page.picture, page.picture.rect().center()
    start = picture.dot("harmonic")
    left = start.__class__(middle.x() - (middle.y() - start.y()), middle.y())
    drag(qtbot, picture, start, left)
    place = stem(window, "harmonic").placement
    assert place.azimuth_deg == pytest.approx(90, abs=3)
    assert page.sliders["azimuth_deg"].value == place.azimuth_deg
    assert "to the left" in picture.accessibleDescription()
    assert len(window.studio.session.history.steps) == steps + 1
    assert window.studio.session.history.labels[-1] == "Place of harmonic"
    window.studio.undo()
    assert stem(window, "harmonic").placement is None
    assert picture.dot("harmonic") == start
    qtbot.mouseDClick(picture, LEFT, pos=QPoint(round(start.x()), round(start.y())))


def test_the_end_of_an_arc_widens_its_stem(qtbot, window, page):
    picture = page.picture
    page.stems.buttons["residual"].click()
    end, dot = picture.arc_end("residual"), picture.dot("residual")
    drag(qtbot, picture, end, end + 3 * (end - dot))
    place = stem(window, "residual").placement
    assert place.width_deg > 1.5 * page._known[stem(window, "residual").clip, ()].width_deg
    assert place.azimuth_deg == page._known[stem(window, "residual").clip, ()].azimuth_deg


def test_all_of_it_by_keys(qtbot, window, page):
    picture = page.picture
    picture.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up):
        qtbot.keyClick(picture, key)
    qtbot.keyClick(picture, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(picture, Qt.Key.Key_PageUp)
    first = window.studio.track.stems[0]
    before = page._known[first.clip, ()]
    assert first.placement.azimuth_deg == pytest.approx(before.azimuth_deg - 8)
    assert first.placement.width_deg == pytest.approx(before.width_deg + 1)
    assert first.placement.elevation_deg == 5
    assert picture.focusNextPrevChild(True)
    assert page._chosen == window.studio.track.stems[1].name
    qtbot.keyClick(picture, Qt.Key.Key_Left)
    assert window.studio.track.stems[1].placement is not None
    qtbot.keyClick(picture, Qt.Key.Key_Home)
    assert window.studio.track.stems[1].placement.azimuth_deg == 0


def test_every_field_is_typed(qtbot, window, page):
    page.layout_box.setCurrentIndex(page.layout_box.findData("7.1.4"))
    page.layout_box.activated.emit(page.layout_box.currentIndex())
    name = window.studio.track.stems[0].name
    values = {
        "azimuth_deg": -120, "width_deg": 33, "elevation_deg": 20, "ambience": 0.5, "divergence": 0.25, "lfe_db": -9,
    }  # fmt: skip
    for field, value in values.items():
        edit = page.sliders[field].findChild(QLineEdit)
        assert edit.isEnabled()
        edit.setText(str(value))
        edit.editingFinished.emit()
    place = stem(window, name).placement
    assert {field: getattr(place, field) for field in values} == pytest.approx(values)
    page.sliders["lfe_db"]._take(-60.0)
    assert stem(window, name).placement.lfe_db == SILENT_DB
    page.reset.click()
    assert stem(window, name).placement is None


def test_layout_and_fold_down_belong_to_the_song(window, page):
    for box, value in ((page.layout_box, "7.1"), (page.fold_down_box, "free")):
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
    assert (window.studio.track.layout, window.studio.track.fold_down) == ("7.1", "free")
    assert not page.sliders["elevation_deg"].isEnabled()
    assert page.export.text() == "Export 7.1…"
    window.studio.undo()
    window.studio.undo()
    assert window.studio.track.layout == ""
    assert page.layout_box.currentData() == "5.1"


def test_the_room_is_heard_folded_down_and_by_two_ears(window, page):
    mix = heard(window).read(0, FRAMES)
    page.listen["fold-down"].click()
    assert isinstance(heard(window), UpmixSource)
    room = heard(window).read(0, FRAMES)
    np.testing.assert_allclose(fold_down(room), mix, atol=1e-5)
    page.listen["binaural"].click()
    ears = heard(window)
    assert isinstance(ears, BinauralSource)
    before = ears.read(0, FRAMES)
    page.sliders["azimuth_deg"]._take(90.0)
    after = heard(window).read(0, FRAMES)
    assert np.abs(after - before).max() > 0.01
    while window.studio.track.stems:
        window.studio.undo()
    assert page.listen["binaural"].isChecked(), "the parts of the song take the place of the stems"
    assert heard(window).read(0, FRAMES).any()
    page.listen["mix"].click()
    np.testing.assert_allclose(heard(window).read(0, FRAMES), mix, atol=1e-5)


def test_the_fold_down_is_measured_where_it_plays(qtbot, window, page):
    qtbot.waitUntil(lambda: "−120" in page.meter.text(), timeout=10000)
    assert page.meter.property("role") == "secondary"
    page.fold_down_box.setCurrentIndex(page.fold_down_box.findData("free"))
    page.fold_down_box.activated.emit(1)
    page.sliders["ambience"]._take(0.8)
    qtbot.waitUntil(lambda: page.meter.property("role") == "notice", timeout=10000)
    window.player.seek(FRAMES - 10)
    page.meter.show_null(None)
    qtbot.waitUntil(lambda: "dB" in page.meter.text(), timeout=10000)


def test_the_room_is_written_as_it_is_heard(qtbot, window, page, tmp_path, monkeypatch):
    target = tmp_path / "room.wav"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target.with_suffix("")), ""))
    page.sliders["azimuth_deg"]._take(100.0)
    told = []
    window.studio.told.connect(lambda what, todo: told.append((what, todo)))
    qtbot.mouseClick(page.export, LEFT)
    qtbot.waitUntil(lambda: bool(told), timeout=20000)
    assert told == [("room.wav is written.", "Channels: FL FR FC LFE BL BR.")]
    samples, rate = soundfile.read(target, dtype="float32")
    assert (rate, samples.shape) == (RATE, (FRAMES, 6))
    mix = soundfile.read(window.studio.track.source_path, dtype="float32")[0].T
    assert null_db(np.ascontiguousarray(samples.T), mix) < -100
    assert np.mean(samples[:, 4] ** 2) > np.mean(samples[:, 5] ** 2)


def test_a_song_without_stems_is_placed_by_its_parts(qtbot, window):
    window.inspector.show_page("Upmix")
    page = window.inspector.page("Upmix")
    assert list(page.stems.buttons) == ["center", "sides", "ambience"]
    assert not page.picture.isEnabled()
    page.listen["fold-down"].click()
    song = soundfile.read(window.studio.track.source_path, dtype="float32")[0].T
    np.testing.assert_allclose(fold_down(heard(window).read(0, FRAMES)), song, atol=1e-5)
    qtbot.waitUntil(lambda: "−120" in page.meter.text(), timeout=10000)
