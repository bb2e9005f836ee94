"""The Mix page and the automation on the lanes: what a person does with the mouse and the keys, and what is heard."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea

from stemstudio.audio.loudness import LoudnessMeter
from stemstudio.effects.chain import ChainSlot
from stemstudio.mixing.pan import SILENT_DB
from stemstudio.ui.dialogs import key_tempo

RATE = 44100
FRAMES = 8 * RATE
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(six_stems, open_page):
    with open_page(six_stems, "Mix") as window:
        yield window


@pytest.fixture
def page(window):
    return window.inspector.page("Mix")


@pytest.fixture
def line(window):
    """Automation of the vocals, switched on."""
    window.desk.switch_automation("vocals", True)
    QApplication.processEvents()
    return lane(window, "vocals").automation


def lane(window, key):
    return next(widget for widget in window.lanes._widgets if widget.lane.key == key)


def row(page, key):
    return next(each for each in page.rows if each.key == key)


def strip(window, key="vocals"):
    return window.desk.strip_of(key)


def heard(window):
    return window.player._engine.source.read(0, FRAMES)


def drag(qtbot, widget, start, end):
    qtbot.mousePress(widget, LEFT, pos=start)
    for step in range(1, 6):
        qtbot.mouseMove(widget, start + (end - start) * step / 5)
    qtbot.mouseRelease(widget, LEFT, pos=end)


def test_one_click_makes_a_version_and_reset_the_song_again(qtbot, window, page):
    song = heard(window)
    qtbot.mouseClick(page.minus.buttons["vocals"], LEFT)
    assert [stem.strip.mute for stem in window.studio.track.stems] == [True, *[False] * 5]
    qtbot.mouseClick(page.only.buttons["bass"], LEFT)
    assert [stem.name for stem in window.studio.track.stems if not stem.strip.mute] == ["bass"]
    window.desk.set_chain("bass", (ChainSlot.of("trim", {"gain_db": -6.0}),), "Test")
    qtbot.mouseClick(page.reset, LEFT)
    np.testing.assert_array_equal(heard(window), song)


def test_width_polarity_and_pan_law_of_a_stem(qtbot, window, page):
    for each in ("drums", "bass", "guitar", "piano", "residual"):
        window.studio.set_strip(each, strip(window, each).__class__(mute=True))
    before = heard(window)
    steps = len(window.studio.session.history.steps)
    vocals = row(page, "vocals")
    for percent in (80, 40, 0):
        vocals.width_slider._slider.setValue(percent)
    assert strip(window).width == 0.0
    assert len(window.studio.session.history.steps) == steps + 1
    np.testing.assert_allclose(heard(window)[0], heard(window)[1], atol=1e-6)
    window.studio.undo()
    assert vocals.width_slider.value == 100.0
    qtbot.mouseClick(vocals.invert, LEFT)
    np.testing.assert_array_equal(heard(window), -before)
    vocals.pan_law.setCurrentIndex(1)
    vocals.pan_law.activated.emit(1)
    assert strip(window).pan_law == "power"


def test_snapshots_are_kept_recalled_and_forgotten(qtbot, window, page):
    qtbot.mouseClick(page.minus.buttons["vocals"], LEFT)
    qtbot.keyClicks(page.snapshots.name, "Sing along")
    qtbot.keyClick(page.snapshots.name, Qt.Key.Key_Return)
    qtbot.mouseClick(page.snapshots.keep, LEFT)
    assert list(page.snapshots.rows) == ["Sing along", "Mix 2"]
    qtbot.mouseClick(page.only.buttons["vocals"], LEFT)
    recall, forget = page.snapshots.rows["Sing along"]
    qtbot.mouseClick(recall, LEFT)
    assert strip(window).mute
    assert not strip(window, "drums").mute
    qtbot.mouseClick(forget, LEFT)
    assert list(page.snapshots.rows) == ["Mix 2"]
    window.studio.undo()
    assert list(page.snapshots.rows) == ["Sing along", "Mix 2"]


def test_points_are_set_moved_and_removed_on_the_lane(qtbot, window, line):
    assert line.isVisible()
    assert not lane(window, "drums").automation.isVisible()
    steps = len(window.studio.session.history.steps)
    qtbot.mouseClick(line, LEFT, pos=QPoint(line.width() // 4, 4))
    qtbot.mouseClick(line, LEFT, pos=QPoint(line.width() // 2, line.height() // 2))
    (first, first_db), (second, second_db) = strip(window).automation
    assert first == pytest.approx(FRAMES / 4, rel=0.01)
    assert second == pytest.approx(FRAMES / 2, rel=0.01)
    assert first_db > 0 > second_db
    place = line.place_of(0).toPoint()
    drag(qtbot, line, place, QPoint(line.width(), line.height()))
    assert strip(window).automation[0] == (second - 1, SILENT_DB)  # a point does not pass its neighbour
    assert len(window.studio.session.history.steps) == steps + 3
    window.studio.undo()
    assert strip(window).automation[0] == (first, first_db)
    qtbot.mouseDClick(line, LEFT, pos=line.place_of(0).toPoint())
    assert strip(window).automation == ((second, second_db),)
    assert window.player.position == 0  # a click on the line does not seek


def test_points_by_key(qtbot, window, line):
    window.player.seek(5 * RATE)
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Insert)
    for _ in range(3):
        qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert strip(window).automation == ((5 * RATE + round(0.05 * RATE), -1.5),)
    assert "−1.5 dB" in line.accessibleDescription()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert strip(window).automation == ()
    assert line.isVisible()


def test_automation_switched_off_is_neither_heard_nor_seen_nor_lost(qtbot, window, page, line):
    song = heard(window)
    qtbot.mouseClick(line, LEFT, pos=QPoint(50, line.height() - 1))
    points = strip(window).automation
    assert np.abs(heard(window) - song).max() > 0.05
    button = row(page, "vocals").automation
    assert button.isChecked()
    qtbot.mouseClick(button, LEFT)
    np.testing.assert_array_equal(heard(window), song)
    assert not line.isVisible()
    assert strip(window).automation == points
    window.actions_by_id["automation"][1].trigger()
    assert line.isVisible()
    assert np.abs(heard(window) - song).max() > 0.05
    qtbot.mouseClick(row(page, "vocals").clear, LEFT)
    np.testing.assert_array_equal(heard(window), song)


def test_automation_survives_the_end_of_the_program(qtbot, six_stems, open_page):
    with open_page(six_stems, "Mix") as window:
        window.desk.set_automation("bass", ((0, 0.0), (RATE, -9.5)))
        window.desk.switch_automation("bass", False)
        window.desk.set_automation("drums", ((RATE, -3.0),))
    with open_page(six_stems, "Mix") as window:
        assert strip(window, "bass").automation == ((0, 0.0), (RATE, -9.5))
        assert not window.desk.is_automated("bass")
        assert lane(window, "drums").automation.isVisible()


def test_loudness_of_what_is_heard(qtbot, window, page):
    qtbot.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: window.player.meters.loudness.short_term > -60, timeout=15000)
    found = window.player.meters.loudness
    meter = LoudnessMeter(RATE, 2)
    meter.add(heard(window)[:, : 4 * RATE])
    expected = meter.integrated_lufs()
    assert found.integrated == pytest.approx(expected, abs=1.0)
    assert found.momentary > -60
    assert found.true_peak == pytest.approx(20 * np.log10(np.abs(heard(window)).max()), abs=1.0)
    assert page.loudness.values["integrated"].text() == f"{found.integrated:.1f}".replace("-", "−")
    qtbot.waitUntil(lambda: page.loudness.values["peak"].text() != "–", timeout=5000)
    qtbot.mouseClick(page.loudness.reset, LEFT)
    assert page.loudness.values["integrated"].text() == "–"


def test_each_lane_has_its_level(qtbot, window):
    window.studio.set_strip("drums", strip(window, "drums").__class__(mute=True))
    qtbot.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: lane(window, "vocals").meter._peak_db[0] > -25, timeout=10000)
    assert lane(window, "drums").meter._peak_db[0] == -60
    qtbot.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: lane(window, "vocals").meter._peak_db[0] <= -60, timeout=9000)


def test_key_and_tempo_make_a_new_song(qtbot, monkeypatch, window, page):
    def choose(dialog):
        assert not dialog.make.isEnabled()
        dialog.semitones_slider._slider.setValue(12 - 2)
        dialog.cents_slider._slider.setValue(50 + 30)
        dialog.tempo_slider._slider.setValue(300)
        assert (dialog.semitones, dialog.tempo) == pytest.approx((-1.7, 2.0))
        assert "0:04" in dialog._message.text()
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(key_tempo.KeyTempoDialog, "exec", choose)
    qtbot.mouseClick(page.stretch, LEFT)
    qtbot.waitUntil(lambda: len(window.studio.session.project.tracks) == 2, timeout=60000)
    assert window.studio.track.mixture.frames == FRAMES // 2
    assert [each.key for each in page.rows] == [stem.name for stem in window.studio.track.stems]


def test_nothing_is_cut_off_in_a_small_window(window, page):
    for index in range(3):
        window.desk.keep_snapshot(f"A mix with a long name, number {index}")
    QApplication.processEvents()
    scroll = page.findChild(QScrollArea)
    assert scroll.widget().minimumSizeHint().width() <= scroll.viewport().width()


def test_every_control_says_what_it_is(window, page):
    for each in page.rows:
        for control in (each.invert, each.pan_law, each.automation, each.clear):
            assert each.key.capitalize() in control.accessibleName()
            assert control.toolTip()
