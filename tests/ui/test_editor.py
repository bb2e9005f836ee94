"""Repairs through the window's editor: heard before they count, applied, undone."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from stemstudio.repair.selection import Selection
from stemstudio.ui.main_window import MainWindow
from stemstudio.ui.markers import add_marker, markers, move_marker, remove_marker, rename_marker

RATE = 44100


@pytest.fixture
def window(qtbot, monkeypatch, tone_and_beats):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window = MainWindow()
    window.show()
    window.open_path(tone_and_beats)
    qtbot.waitUntil(lambda: window.studio.track is not None, timeout=20000)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


@pytest.fixture
def separated(qtbot, window):
    window.studio.separate("hpss", {})
    qtbot.waitUntil(lambda: bool(window.studio.track.stems), timeout=60000)
    window.studio.select_lane("harmonic")
    return window


def select(window, first_s=1.0, last_s=1.5):
    window.editor.set_selection(Selection.box(RATE, first_s * RATE, last_s * RATE, 300, 600))


def lane_sound(window, key):
    lane = next(lane for lane in window.studio.lanes() if lane.key == key)
    return lane.source().read(0, lane.clip.frames)


def told(window):
    heard = []
    window.studio.told.connect(lambda what, todo: heard.append(what))
    return heard


def heard_now(window):
    """What the transport would play, read as the engine reads it."""
    return window.player._engine.source.read(0, 3 * RATE)


def test_a_repair_is_heard_applied_and_undone(qtbot, separated):
    window, editor = separated, separated.editor
    before = lane_sound(window, "harmonic")
    mix = heard_now(window)
    window.studio.set_strip("residual", window.studio.lanes()[-1].strip.__class__(mute=True))
    quiet = heard_now(window)
    window.player.set_loop(0, RATE)
    select(window)
    editor.preview("erase", {})
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    assert editor.previewing
    start, end = window.player.loop
    assert start < RATE < 1.5 * RATE < end
    erased = heard_now(window)
    inside = slice(round(1.15 * RATE), round(1.35 * RATE))
    assert np.abs(erased[:, inside]).max() < 0.2 * np.abs(quiet[:, inside]).max()
    editor.hear_old(True)
    np.testing.assert_array_equal(heard_now(window), quiet)
    editor.hear_old(False)
    np.testing.assert_array_equal(heard_now(window), erased)
    assert np.array_equal(lane_sound(window, "harmonic"), before)

    editor.repair("erase", {})
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    assert not editor.previewing
    assert window.player.loop == (0, RATE)
    assert not window.player.playing
    np.testing.assert_array_equal(heard_now(window), erased)
    label = window.studio.session.history.steps[window.studio.session.history.index].label
    assert label == "Erase · Harmonic 0:01.0"
    window.studio.undo()
    assert np.array_equal(lane_sound(window, "harmonic"), before)
    window.studio.undo()
    np.testing.assert_array_equal(heard_now(window), mix)


def test_moving_between_stems(qtbot, separated):
    window, editor = separated, separated.editor
    select(window)
    editor.copy_selection_as_stem(" Whistle ")
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    assert [lane.key for lane in window.studio.lanes()] == ["mixture", "harmonic", "percussive", "whistle", "residual"]
    assert np.abs(lane_sound(window, "whistle")).max() > 0.05
    editor.send_selection("percussive")
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    editor.swap_selection("whistle")
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    total = sum(lane_sound(window, lane.key) for lane in window.studio.lanes()[1:])
    np.testing.assert_allclose(total, lane_sound(window, "mixture"), atol=1e-6)
    editor.reseparate_selection("hpss", {})
    qtbot.waitUntil(lambda: not editor.working, timeout=30000)
    total = sum(lane_sound(window, lane.key) for lane in window.studio.lanes()[1:])
    np.testing.assert_allclose(total, lane_sound(window, "mixture"), atol=1e-6)


def test_what_cannot_be_is_told(qtbot, separated):
    window, editor = separated, separated.editor
    heard = told(window)
    editor.repair("erase", {})
    assert heard[-1] == "Nothing is selected."
    select(window)
    window.studio.select_lane("mixture")
    editor.repair("erase", {})
    assert heard[-1] == "The song itself stays as it is."
    window.studio.select_lane("harmonic")
    editor.send_selection("piano")
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    assert len(window.studio.track.repairs) == 0


def test_a_song_is_repaired_before_it_is_separated(qtbot, window):
    select(window)
    assert window.editor.stem == "song"
    window.editor.preview("erase", {})
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    window.editor.stop_preview()
    assert window.studio.track.stems == ()
    window.editor.repair("erase", {})
    qtbot.waitUntil(lambda: not window.editor.working, timeout=10000)
    assert [lane.key for lane in window.studio.lanes()] == ["mixture", "song", "residual"]
    window.studio.select_lane("residual")
    assert window.editor.others == ("song",)


def test_the_sum_is_said_to_be_another_when_sound_was_taken_out(qtbot, separated):
    select(separated)
    assert "sum = mix" in separated.lanes._null.text()
    separated.editor.repair("erase", {}, "")
    qtbot.waitUntil(lambda: not separated.editor.working, timeout=10000)
    assert "≠" in separated.lanes._null.text()


def test_another_selection_ends_the_preview(qtbot, separated):
    select(separated)
    separated.editor.preview("erase", {})
    qtbot.waitUntil(lambda: separated.player.playing, timeout=10000)
    select(separated, 2.0, 2.2)
    assert not separated.editor.previewing
    assert not separated.player.playing


def test_the_newest_preview_is_heard(qtbot, separated):
    window, editor = separated, separated.editor
    select(window)
    editor.preview("gain", {"gain_db": -6.0})
    editor.preview("inpaint", {})
    editor.preview("erase", {})
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    assert editor._previewed.task.method == "erase"


def test_a_preview_that_is_there_wins_over_one_on_its_way(qtbot, separated):
    window, editor = separated, separated.editor
    select(window)
    editor.preview("erase", {})
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    editor.preview("gain", {})
    editor.preview("erase", {})
    qtbot.waitUntil(lambda: not window.tasks.running(), timeout=10000)
    assert editor._previewed.task.method == "erase"


def test_a_preview_on_its_way_ends_with_the_sound_it_was_computed_from(qtbot, separated):
    window, editor = separated, separated.editor
    select(window)
    editor.repair("gain", {})
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    editor.preview("inpaint", {})
    window.studio.undo()
    assert not editor.previewing
    qtbot.waitUntil(lambda: not window.tasks.running(), timeout=10000)
    assert not window.player.playing
    assert not window.player._overlay


def test_a_repair_that_fails_leaves_the_preview(qtbot, separated):
    window, editor = separated, separated.editor
    select(window)
    editor.preview("erase", {})
    qtbot.waitUntil(lambda: window.player.playing, timeout=10000)
    editor.send_selection("piano")
    qtbot.waitUntil(lambda: not editor.working, timeout=10000)
    assert editor.previewing


def test_markers_and_regions(window):
    studio = window.studio
    add_marker(studio, 2 * RATE)
    add_marker(studio, RATE, name="Chorus")
    add_marker(studio, 0, RATE)
    assert [each.name for each in markers(studio)] == ["Region 1", "Chorus", "Marker 1"]
    rename_marker(studio, markers(studio)[2], "End")
    move_marker(studio, markers(studio)[1], 5)
    remove_marker(studio, markers(studio)[0])
    assert [(each.name, each.frame) for each in markers(studio)] == [("Chorus", 5), ("End", 2 * RATE)]
    studio.undo()
    assert len(markers(studio)) == 3
