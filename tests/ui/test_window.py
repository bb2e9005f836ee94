"""The window, driven as a person drives it: mouse, keys, files."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from stemstudio.app import make_application
from stemstudio.ui.dialogs.export import ExportDialog
from stemstudio.ui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
SONG_SECONDS = 4


@pytest.fixture(scope="session")
def qapp():
    return make_application()


@pytest.fixture
def song(tmp_path):
    """A short stereo song: a steady chord and clicks, different in both channels."""
    rate = 44100
    t = np.arange(SONG_SECONDS * rate) / rate
    chord = 0.1 * sum(np.sin(2 * np.pi * f * t) for f in (220, 277.2, 329.6))
    clicks = np.zeros_like(t)
    for beat in np.arange(0, SONG_SECONDS, 0.5):
        start = int(beat * rate)
        clicks[start : start + 400] += (
            0.5 * np.random.default_rng(1).standard_normal(400) * np.exp(-np.arange(400) / 80)
        )
    path = tmp_path / "Été – song.wav"
    soundfile.write(path, np.stack([chord + clicks, 0.7 * chord + clicks], 1), rate, subtype="FLOAT")
    return path


@pytest.fixture
def window(qtbot, monkeypatch):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    choose(window, "hpss")
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, action, buttons, keys = QPoint(400, 300), Qt.DropAction.CopyAction, LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, action, mime, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(place), action, mime, buttons, keys))


def wait_for_song(qtbot, window):
    qtbot.waitUntil(lambda: window.studio.track is not None and not window.studio.opening, timeout=20000)


def choose(window, method):
    box = window.inspector.page("Separate")._method
    box.setCurrentIndex(box.findData(method))


def separate(qtbot, window):
    page = window.inspector.page("Separate")
    qtbot.mouseClick(page.button, LEFT)
    assert window.studio.running
    assert page.button.text() == "Cancel"
    qtbot.waitUntil(lambda: not window.studio.running, timeout=60000)


def lane(window, name):
    return next(widget for widget in window.lanes._widgets if widget.lane.kind.name == name)


def test_empty_window_says_what_to_do(window):
    assert window.picture.welcome.open.isVisible()
    assert not window.export_button.isEnabled()
    assert not window.inspector.page("Separate").button.isEnabled()
    assert not window.transport.play.isEnabled()


def test_a_song_is_dropped_separated_mixed_saved_reopened_and_exported(qtbot, window, song, tmp_path, monkeypatch):
    drop(window, song)
    wait_for_song(qtbot, window)
    assert window.windowTitle() == "Été – song – StemStudio"
    assert window.studio.track.mixture.frames == SONG_SECONDS * 44100
    separate(qtbot, window)
    assert [each.lane.kind.name for each in window.lanes._widgets] == ["mixture", "harmonic", "percussive", "residual"]
    assert window.studio.track.receipt.null_db < -120
    assert "sum = mix" in window.lanes._null.text()

    percussive = lane(window, "percussive")
    qtbot.mouseClick(percussive, LEFT, pos=QPoint(60, 12))
    assert window.studio.lane.kind.name == "percussive"
    qtbot.mouseClick(percussive._mute, LEFT)
    assert window.studio.lane.strip.mute
    qtbot.keyClick(percussive._gain, Qt.Key.Key_PageDown)
    assert window.studio.lane.strip.gain_db == pytest.approx(-3.0)
    window.actions_by_id["undo"][1].trigger()
    assert window.studio.lane.strip.gain_db == 0
    assert window.studio.lane.strip.mute

    place = tmp_path / "kept" / "My song"
    place.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(place), ""))
    window.actions_by_id["save"][1].trigger()
    qtbot.waitUntil(lambda: not window.studio.needs_a_place, timeout=10000)
    kept = window.studio.session.project
    window.new_project()
    assert window.studio.track is None
    window.open_path(place.with_suffix(".stemstudio"))
    assert window.studio.session.project == kept
    assert window.actions_by_id["undo"][1].isEnabled()

    out = tmp_path / "out"

    def press_export(dialog):
        dialog.folder_field.setText(str(out))
        dialog.format.quality.setCurrentIndex(dialog.format.quality.findData(32))
        return True

    monkeypatch.setattr(ExportDialog, "exec", press_export)
    qtbot.mouseClick(window.export_button, LEFT)
    qtbot.waitUntil(lambda: bool(window.notices.notices()), timeout=20000)
    files = sorted(out.iterdir())
    assert [path.name for path in files] == [f"Été – song ({name}).wav" for name in ("Harmonic", "Percussive")]
    total = sum(soundfile.read(path, dtype="float64")[0] for path in files)
    mixture = soundfile.read(song, dtype="float64")[0]
    assert np.sum((total - mixture) ** 2) < 1e-12 * np.sum(mixture**2)


def test_stems_appear_and_can_be_mixed_while_separation_runs_and_cancel_keeps_nothing(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    before = window.studio.session.clips.ids()
    seen = []
    window.studio.changed.connect(lambda: seen.append([each.live for each in window.studio.lanes()]))
    page = window.inspector.page("Separate")
    qtbot.mouseClick(page.button, LEFT)
    qtbot.waitUntil(lambda: not window.studio.running, timeout=60000)
    assert [False, True, True, True] in seen
    count = len(window.studio.session.history.labels)

    qtbot.mouseClick(page.button, LEFT)
    began = time.monotonic()
    qtbot.mouseClick(page.button, LEFT)
    qtbot.waitUntil(lambda: not window.studio.running, timeout=5000)
    assert time.monotonic() - began < 5
    assert len(window.studio.session.history.labels) == count
    assert len(window.studio.session.clips.ids()) == len(before) + 3


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.wav", b"", "empty"),
        ("text.mp3", b"this is no sound at all, it only looks like a name\n" * 40, "text.mp3"),
        ("folder.wav", None, "folder"),
    ],
)
def test_a_bad_file_gets_one_sentence_and_changes_nothing(qtbot, window, song, tmp_path, name, content, says):
    drop(window, song)
    wait_for_song(qtbot, window)
    project = window.studio.session.project
    bad = tmp_path / name
    bad.mkdir() if content is None else bad.write_bytes(content)
    drop(window, bad)
    qtbot.waitUntil(lambda: bool(window.notices.notices()), timeout=20000)
    text = window.notices.notices()[0].text
    assert says in text
    assert "\n" not in text
    assert window.studio.session.project == project
    assert not window.studio.opening


def test_playing_moves_the_playhead_and_space_stops_it(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.activateWindow()
    qtbot.mouseClick(window.transport.play, LEFT)
    assert window.player.playing
    qtbot.waitUntil(lambda: window.player.position > 4000, timeout=10000)
    window.actions_by_id["play"][1].trigger()
    qtbot.waitUntil(lambda: not window.player.playing, timeout=3000)
    window.player.seek(44100)
    qtbot.waitUntil(lambda: window.transport._time.text() == "0:01.000", timeout=3000)


def test_both_themes_and_every_setting_apply_at_once(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    dark = window.grab().toImage().pixelColor(5, 400).lightness()
    window.actions_by_id["light"][1].trigger()
    light = window.grab().toImage().pixelColor(5, 400).lightness()
    assert light > 200
    assert dark < 60
    window.actions_by_id["scale_linear"][1].trigger()
    assert window.studio.settings.frequency_scale == "linear"
    assert window.actions_by_id["scale_linear"][1].isChecked()
    assert not window.actions_by_id["scale_log"][1].isChecked()


def test_every_button_and_lane_has_a_name_and_a_tip(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    for button in window.findChildren(QPushButton):
        if button.isVisible():
            assert button.text() or button.accessibleName()
            assert button.toolTip() or button.text()
    for _, action in window.actions_by_id.values():
        assert action.text()


def test_no_two_actions_share_a_key(window):
    keys = [key.toString() for _, action in window.actions_by_id.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_a_project_left_unsaved_is_there_after_a_crash(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    folder = window.studio.session.folder
    assert Path(folder).is_dir()
    assert window.studio.needs_a_place


def test_work_that_was_undone_is_still_asked_for(qtbot, window, song, monkeypatch):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    window.actions_by_id["undo"][1].trigger()
    asked = []
    answers = [QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: asked.append(1) or answers[len(asked) - 1])
    window.new_project()
    assert asked
    assert window.studio.track is not None
    window.new_project()
    assert window.studio.track is None


def test_a_song_alone_is_left_without_a_question_and_leaves_nothing(qtbot, window, song, monkeypatch, home):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: pytest.fail("there is nothing to ask"))
    drop(window, song)
    wait_for_song(qtbot, window)
    window.new_project()
    assert not list(home.glob("data/unsaved/*/*"))


def test_cancelling_while_listening_goes_on_with_the_song(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.player.set_loop(0, 40000)
    qtbot.mouseClick(window.transport.play, LEFT)
    for _ in range(3):
        window.separate()
        qtbot.waitUntil(
            lambda: window.studio.running is None or bool(window.studio.running.live.clip_ids), timeout=9000
        )
        window.separate()
        qtbot.waitUntil(lambda: window.studio.running is None, timeout=9000)
    assert window.player.playing
    assert window.player._engine.failure is None


def test_a_project_saved_while_it_is_separated_gets_its_stems(qtbot, window, song, tmp_path):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.separate()
    qtbot.waitUntil(lambda: window.studio.running is None or bool(window.studio.running.live.clip_ids), timeout=9000)
    window.studio.save_as(tmp_path / "kept")
    qtbot.waitUntil(lambda: not window.studio.needs_a_place, timeout=9000)
    for stem in window.studio.lanes():
        window.studio.select_lane(stem.key)
    qtbot.waitUntil(lambda: window.studio.running is None, timeout=30000)
    assert len(window.studio.track.stems) == 3
    assert not window.studio.session.missing_clips


def test_a_gain_being_typed_survives_the_end_of_the_separation(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.separate()
    qtbot.waitUntil(lambda: len(window.lanes._widgets) == 4, timeout=20000)
    field = lane(window, "harmonic")._gain_text
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "-6")
    qtbot.waitUntil(lambda: window.studio.running is None, timeout=30000)
    qtbot.keyClick(lane(window, "harmonic")._gain_text, Qt.Key.Key_Return)
    assert not window.notices.notices()


@pytest.mark.parametrize("text", ["nan", "inf", "loud", ""])
def test_a_gain_that_is_no_number_changes_nothing(qtbot, window, song, text):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    field = lane(window, "harmonic")._gain_text
    field.selectAll()
    qtbot.keyClicks(field, text or " ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.studio.track.stems[0].strip.gain_db == 0
    assert field.text() == "0.0 dB"


def test_a_stem_muted_while_it_is_made_stays_muted(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.separate()
    qtbot.waitUntil(lambda: len(window.lanes._widgets) == 4, timeout=20000)
    qtbot.mouseClick(lane(window, "percussive")._mute, LEFT)
    qtbot.waitUntil(lambda: window.studio.running is None, timeout=30000)
    assert [stem.strip.mute for stem in window.studio.track.stems] == [False, True, False]


def test_a_second_separation_is_seen_waiting_and_can_be_cancelled(qtbot, window, song, tmp_path):
    other = tmp_path / "other.wav"
    samples, rate = soundfile.read(song)
    soundfile.write(other, np.tile(samples, (12, 1)), rate)  # long enough for the second to wait
    drop(window, song)
    wait_for_song(qtbot, window)
    first = window.studio.track.id
    drop(window, other)
    qtbot.waitUntil(lambda: len(window.studio.session.project.tracks) == 2, timeout=20000)
    choose(window, "repet-sim")
    window.separate()
    window.studio.select_track(first)
    window.separate()
    assert {view.state.value for view in window.tasks.running()} >= {"waiting"}
    job = window.studio.running.job_id
    qtbot.waitUntil(lambda: job in window.jobs._rows, timeout=20000)
    window.studio.tasks.cancel(job)
    qtbot.waitUntil(lambda: not window.studio._running, timeout=60000)
    assert [bool(track.stems) for track in window.studio.session.project.tracks] == [False, True]


def test_a_project_whose_sound_is_missing_opens_and_says_so(qtbot, window, song, tmp_path):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    window.studio.save_as(tmp_path / "kept")
    qtbot.waitUntil(lambda: not window.studio.needs_a_place, timeout=9000)
    lost = window.studio.track.stems[1].clip.id
    folder = window.studio.session.folder
    window.new_project()
    for path in (folder / "media").glob(f"{lost}*"):
        path.unlink()
    window.open_path(folder)
    assert len(window.lanes._widgets) == 4
    assert "missing" in window.notices.notices()[0].text
    window.open_path(folder)
    assert len(window.notices.notices()) == 1


def test_space_presses_a_button_that_was_reached_by_tab_and_plays_elsewhere(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.activateWindow()
    window.transport.original.setEnabled(True)
    window.transport.stop.setFocus()
    qtbot.keyClick(window.transport.stop, Qt.Key.Key_Space)
    assert not window.player.playing
    window.spectrogram.setFocus()
    qtbot.keyClick(window.spectrogram, Qt.Key.Key_Space)
    assert window.player.playing


def test_waveforms_come_back_when_a_project_was_copied_without_them(qtbot, window, song, tmp_path):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    window.studio.save_as(tmp_path / "kept")
    qtbot.waitUntil(lambda: not window.studio.needs_a_place, timeout=9000)
    folder = window.studio.session.folder
    window.new_project()
    for path in (folder / "media").glob("*.peaks"):
        path.unlink()
    window.open_path(folder)
    qtbot.waitUntil(lambda: all(each.waveform._envelope for each in window.lanes._widgets), timeout=9000)


def test_messages_come_after_messages_have_gone(qtbot, window, tmp_path):
    for number in range(3):
        bad = tmp_path / f"bad{number}.wav"
        bad.write_bytes(b"")
        drop(window, bad)
        qtbot.waitUntil(lambda: bool(window.notices.notices()), timeout=9000)
        window.notices.notices()[0].dismiss()
        qtbot.wait(50)
        window.resize(1200 + number, 800)
    assert not window.notices.notices()


def test_messages_stand_below_each_other_and_are_said_once(qtbot, window):
    for what in ("The first thing was not done.", "The second was not done either.", "The first thing was not done."):
        window.tell(what, "Do it another way, and then do it again, since one cannot do it often enough in this world.")
        qtbot.wait(50)
    first, second = window.notices.notices()
    assert first.text.startswith("The second")
    assert first.isVisible()
    assert second.isVisible()
    assert first.geometry().bottom() < second.geometry().top()
    assert window.notices.rect().contains(second.geometry())
    assert second.height() >= second.layout().totalHeightForWidth(second.width())


def test_a_message_that_was_read_goes_when_the_work_goes_on(qtbot, window, song, monkeypatch):
    window.tell("The first thing was not done.")
    window.studio.changed.emit()
    assert window.notices.notices()
    drop(window, song)
    wait_for_song(qtbot, window)
    assert window.notices.notices()  # there was no time to read it
    monkeypatch.setattr("stemstudio.ui.widgets.notices._SHOWN_MS", 0)
    window.actions_by_id["select_all"][1].trigger()
    assert not window.notices.notices()


def test_undo_says_what_it_takes_back(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    undo = window.actions_by_id["undo"][1]
    assert "Separate" in undo.text()
    assert "Separate" in window._undo.toolTip()
    undo.trigger()
    assert "Separate" in window._redo.toolTip()
    (notice,) = window.notices.notices()
    assert notice.text.startswith("Undone: Separate")
    qtbot.mouseClick(notice.findChild(QPushButton), LEFT)
    assert window.studio.track.stems
    assert not window.notices.notices()


def test_the_song_is_not_mended_while_it_is_separated_and_new_stems_tell_what_they_lack(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.actions_by_id["select_all"][1].trigger()
    assert window.workplace.mending.possible
    window.actions_by_id["erase"][1].trigger()
    qtbot.waitUntil(lambda: bool(window.studio.track.repairs) and not window.editor.working, timeout=20000)
    assert window.studio.lane.strip is not None  # the mended one, not the song as it was
    page = window.inspector.page("Separate")
    qtbot.mouseClick(page.button, LEFT)
    window.studio.select_lane("mixture")
    assert not window.workplace.mending.possible
    qtbot.waitUntil(lambda: not window.studio.running, timeout=60000)
    assert not window.studio.track.repairs
    assert "mended before" in window.notices.notices()[-1].text


def test_the_lane_that_was_clicked_does_not_take_the_selection_back(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    qtbot.mouseClick(lane(window, "harmonic"), LEFT, pos=QPoint(60, 12))
    lane(window, "harmonic").setFocus(Qt.FocusReason.MouseFocusReason)
    window.actions_by_id["next_lane"][1].trigger()
    assert lane(window, "percussive").hasFocus()
    window.menuBar().setFocus(Qt.FocusReason.PopupFocusReason)
    lane(window, "percussive").setFocus(Qt.FocusReason.PopupFocusReason)
    assert window.studio.lane.key == "percussive"


def test_undoing_the_song_stops_its_separation(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.separate()
    window.actions_by_id["undo"][1].trigger()
    qtbot.waitUntil(lambda: not window.studio._running, timeout=20000)
    assert window.studio.track is None
    assert not window.notices.notices()


def test_space_does_not_press_what_got_the_focus_by_chance(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    window.activateWindow()
    window.inspector.page("Separate")._method.setFocus()
    qtbot.mouseClick(window.inspector.tabs["Repair"], LEFT)
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Space)
    assert window.studio.track is not None
    assert window.player.playing


def test_meters_fall_when_the_sound_is_paused(qtbot, window, song):
    drop(window, song)
    wait_for_song(qtbot, window)
    qtbot.mouseClick(window.transport.play, LEFT)
    meter = window.transport._meter
    qtbot.waitUntil(lambda: meter._peak_db[0] > -40, timeout=9000)
    qtbot.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: meter._peak_db[0] <= -60, timeout=9000)


def test_the_end_comes_also_while_the_window_asks(qtbot, window, song, monkeypatch):
    monkeypatch.undo()  # the real question
    drop(window, song)
    wait_for_song(qtbot, window)
    separate(qtbot, window)
    QTimer.singleShot(500, window, window.end)
    assert not window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10000)
