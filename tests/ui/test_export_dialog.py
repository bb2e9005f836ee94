"""The export dialog, driven by mouse and keys; what it writes is read back."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QMessageBox

from stemstudio.audio.encode import AudioWriter
from stemstudio.audio.tags import Tags
from stemstudio.exporting.container_titles import stem_titles
from stemstudio.project.document import ClipRef, Stem, Strip, Track
from stemstudio.ui.dialogs.export import ExportDialog
from stemstudio.ui.dialogs.export_passage import Passage
from stemstudio.ui.main_window import MainWindow
from stemstudio.ui.settings import Settings, load_settings

LEFT = Qt.MouseButton.LeftButton
RATE = 44100
CLIP = ClipRef("", 2, 30 * RATE, RATE)
TRACK = Track(
    "t",
    "The Song",
    "",
    CLIP,
    tuple(Stem(name, name, CLIP) for name in ("vocals", "drums", "bass", "other", "residual")),
)


@pytest.fixture
def open_dialog(qtbot):
    def show(track=TRACK, settings=None, **options):
        dialog = ExportDialog(track, settings or Settings(), **options)
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        dialog.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
        return dialog

    return show


def tick(qtbot, box):
    """Click where the box is drawn."""
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


def pick(qtbot, box, text):
    """Choose the entry that begins so with the arrow keys."""
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)
    while not box.currentText().startswith(text) and box.currentIndex() < box.count() - 1:
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText().startswith(text)


def test_stems_that_are_heard_are_ticked_and_the_choice_follows_the_mouse(qtbot, open_dialog):
    dialog = open_dialog(silent=frozenset({"residual"}))
    assert dialog.choice().stems == ("vocals", "drums", "bass", "other")
    assert dialog.example.text() == "The Song (Vocals).wav and 3 more"
    tick(qtbot, dialog.sounds.stems["vocals"])
    tick(qtbot, dialog.sounds.instrumental)
    tick(qtbot, dialog.sounds.acapella)
    tick(qtbot, dialog.sounds.mix)
    choice = dialog.choice()
    assert (choice.stems, choice.instrumental, choice.acapella, choice.mix) == (("drums", "bass", "other"), *[True] * 3)
    assert dialog.example.text() == "The Song (Drums).wav and 5 more"


def test_ticked_stems_go_into_one_file(qtbot, open_dialog):
    dialog = open_dialog()
    tick(qtbot, dialog.sounds.stems["vocals"])
    tick(qtbot, dialog.sounds.together)
    dialog.sounds.group_name.selectAll()
    qtbot.keyClicks(dialog.sounds.group_name, "Band")
    (group,) = dialog.choice().groups
    assert (group.title, group.stems, dialog.choice().stems) == ("Band", ("drums", "bass", "other", "residual"), ())
    assert dialog.example.text() == "The Song (Band).wav"
    dialog.sounds.group_name.clear()
    assert not dialog.export.isEnabled()


def test_nothing_chosen_cannot_be_exported(qtbot, open_dialog):
    dialog = open_dialog()
    for box in dialog.sounds.stems.values():
        tick(qtbot, box)
    assert not dialog.export.isEnabled()
    assert dialog.example.text() == "Nothing is chosen yet."


def test_each_format_offers_what_it_can_be(qtbot, open_dialog):
    dialog = open_dialog()
    form = dialog.format
    offered = {}
    for index in range(form.kind.count()):
        form.kind.setCurrentIndex(index)
        offered[form.kind.currentText()] = [form.quality.itemData(each) for each in range(form.quality.count())]
    assert offered["WAV"] == [24, 16, 32]
    assert offered["FLAC"] == [24, 16]
    assert 320 in offered["MP3"]
    pick(qtbot, form.kind, "MP3")
    pick(qtbot, form.quality, "192")
    pick(qtbot, form.rate, "48")
    choice = dialog.choice()
    assert (choice.format, choice.kbps, choice.sample_rate) == ("mp3", 192, 48000)
    pick(qtbot, form.kind, "FLAC")
    assert (dialog.choice().bits, dialog.choice().kbps) == (24, None)
    pick(qtbot, form.kind, "AAC")
    assert dialog.choice().kbps == 192


def test_all_stems_in_one_file_leave_nothing_to_tick(qtbot, open_dialog):
    dialog = open_dialog()
    pick(qtbot, dialog.format.kind, "DJ stems (.stem.mp4), l")
    assert (dialog.choice().container, dialog.choice().format) == ("ni-stem", "alac")
    assert not dialog.sounds.isEnabled()
    assert dialog.example.text() == "The Song.stem.mp4"
    assert dialog.export.isEnabled()


def test_loop_selection_and_typed_times_are_ranges(qtbot, open_dialog):
    dialog = open_dialog(passages=[Passage("Loop", 1.0, 4.5), Passage("Selection", 2.0, 3.0)])
    form = dialog.passage
    assert (dialog.choice().start_s, dialog.choice().end_s) == (0.0, None)
    pick(qtbot, form.which, "Loop")
    assert (dialog.choice().start_s, dialog.choice().end_s) == (1.0, 4.5)
    pick(qtbot, form.which, "Sel")
    assert (dialog.choice().start_s, dialog.choice().end_s) == (2.0, 3.0)
    assert not form.start.isVisible()
    pick(qtbot, form.which, "From")
    for field, text in ((form.start, "0:05"), (form.end, "12.5")):
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
    assert (dialog.choice().start_s, dialog.choice().end_s) == (5.0, 12.5)
    form.end.setText("3")
    assert not dialog.export.isEnabled()
    form.end.setText("soon")
    assert not dialog.export.isEnabled()


def test_level_is_left_alone_unless_it_is_ticked(qtbot, open_dialog):
    dialog = open_dialog()
    assert dialog.choice().level.changes_nothing
    assert not dialog.level.limit.isEnabled()
    tick(qtbot, dialog.level.to_loudness)
    dialog.level.loudness.setFocus()
    dialog.level.loudness.selectAll()
    qtbot.keyClicks(dialog.level.loudness, "-23")
    tick(qtbot, dialog.level.to_ceiling)
    tick(qtbot, dialog.level.limit)
    level = dialog.choice().level
    assert (level.loudness_lufs, level.ceiling_dbtp, level.limit) == (-23.0, -1.0, True)
    tick(qtbot, dialog.level.to_ceiling)
    assert not dialog.choice().level.limit


def test_numbers_have_room_to_be_read(open_dialog):
    dialog = open_dialog()
    for box in dialog.findChildren(QDoubleSpinBox):
        field = box.findChild(QLineEdit)
        assert field.width() >= field.fontMetrics().horizontalAdvance(field.text())


def test_a_template_shows_its_example_and_a_wrong_one_its_fault(qtbot, open_dialog):
    dialog = open_dialog()
    dialog.set_tags(Tags(artist="The Band", date="1999-01-02"))
    dialog.template.selectAll()
    qtbot.keyClicks(dialog.template, "{artist} {year} - {stem}")
    assert dialog.example.text() == "The Band 1999 - Vocals.wav and 4 more"
    qtbot.keyClicks(dialog.template, "{nobody}")
    assert "{track}" in dialog.example.text()
    assert not dialog.export.isEnabled()


def test_a_touched_desk_goes_along_by_default(open_dialog):
    assert not open_dialog().choice().as_mixed
    louder = replace(TRACK, stems=(replace(TRACK.stems[0], strip=Strip(gain_db=3)), *TRACK.stems[1:]))
    assert open_dialog(louder).choice().as_mixed


def test_a_song_without_stems_exports_its_mix(open_dialog):
    dialog = open_dialog(replace(TRACK, stems=()))
    assert dialog.choice().mix
    assert dialog.example.text() == "The Song (Mix).wav"
    assert dialog.format.kind.findText("DJ", Qt.MatchFlag.MatchStartsWith) == -1
    assert not dialog.sounds.instrumental.isVisible()


def test_everything_is_reached_by_tab_and_has_a_name(qtbot, open_dialog):
    dialog = open_dialog()
    pick(qtbot, dialog.format.kind, "WAV")
    wanted = [
        each
        for kind in (QCheckBox, QComboBox, QLineEdit, QDoubleSpinBox)
        for each in dialog.findChildren(kind)
        if each.isVisible() and each.isEnabled() and not isinstance(each.parent(), QDoubleSpinBox)
    ]
    reached = set()
    for _ in range(60):
        reached.add(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert not [each for each in wanted if each not in reached]
    assert {dialog.export, dialog._browse} <= reached


@pytest.mark.parametrize("key", ["F", "R", "L", "N", "O", "S", "T"])
def test_each_row_has_a_key(key, qtbot, open_dialog):
    dialog = open_dialog()
    dialog.export.setFocus()
    qtbot.keyClick(dialog, getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.AltModifier)
    assert QApplication.focusWidget() is not dialog.export


def test_what_was_chosen_is_offered_again(qtbot, open_dialog):
    dialog = open_dialog()
    pick(qtbot, dialog.format.kind, "Opus")
    pick(qtbot, dialog.format.quality, "96")
    dialog.level.loudness.setValue(-16)
    again = open_dialog(settings=dialog.remembered(Settings()))
    assert (again.choice().format, again.choice().kbps) == ("opus", 96)
    assert again.level.loudness.value() == -16


@pytest.fixture
def window(qtbot, monkeypatch):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def test_a_person_exports_the_loop_for_decks_and_opens_the_file(qtbot, window, tmp_path, demo_folder):
    samples, _ = soundfile.read(demo_folder / "mixture.flac", frames=4 * RATE, dtype="float32")
    with AudioWriter(tmp_path / "song.flac", RATE, 2, format="flac", tags=Tags(artist="The Band")) as writer:
        writer.write(samples.T)
    window.studio.import_song(tmp_path / "song.flac")
    qtbot.waitUntil(lambda: window.studio.track is not None and not window.studio.opening, timeout=20000)
    method = window.inspector.page("Separate")._method
    method.setCurrentIndex(method.findData("center"))
    window.separate()
    qtbot.waitUntil(lambda: not window.studio.running, timeout=60000)
    window.player.set_loop(RATE, 3 * RATE)
    seen = []

    def drive():
        dialog = QApplication.activeModalWidget()
        try:
            dialog.folder_field.setText(str(tmp_path / "out"))
            pick(qtbot, dialog.format.kind, "DJ stems (.stem.mp4), l")
            pick(qtbot, dialog.passage.which, "Loop")
            dialog.template.setText("{artist} - {track}")
            qtbot.waitUntil(lambda: dialog.example.text() == "The Band - song.stem.mp4", timeout=5000)
            seen.append(dialog)
            qtbot.mouseClick(dialog.export, LEFT)
        finally:
            dialog.close()

    QTimer.singleShot(0, drive)
    window.actions_by_id["export"][1].trigger()
    assert seen
    qtbot.waitUntil(lambda: bool(window.notices.notices()), timeout=20000)
    assert "Exported" in window.notices.notices()[0].text
    (path,) = (tmp_path / "out").iterdir()
    assert stem_titles(path)[:3] == ("Centre", "Sides", "Residual")
    assert load_settings().export_format == "alac:ni-stem"
    count = len(window.studio.session.project.tracks)
    window.studio.import_song(path)
    qtbot.waitUntil(lambda: len(window.studio.session.project.tracks) == count + 1, timeout=20000)
    track = window.studio.track
    assert [stem.name for stem in track.stems] == ["centre", "sides", "residual"]
    mixture = window.studio.session.clips.open(track.mixture.id).read(0, 2 * RATE)
    np.testing.assert_allclose(mixture, samples[RATE : 3 * RATE].T, atol=2**-22)
