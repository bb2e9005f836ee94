"""The mix as a whole: effects, snapshots, comparing, through the window's desk."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from stemstudio.audio.loudness import integrated_lufs
from stemstudio.core.buffer import AudioBuffer
from stemstudio.effects.chain import ChainSlot
from stemstudio.operations.mix_edits import MIX
from stemstudio.ui.main_window import MainWindow

RATE = 44100
FRAMES = 3 * RATE


@pytest.fixture
def window(qtbot, monkeypatch, tone_and_beats):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window = MainWindow()
    window.show()
    window.open_path(tone_and_beats)
    qtbot.waitUntil(lambda: window.studio.track is not None, timeout=20000)
    window.studio.separate("hpss", {})
    qtbot.waitUntil(lambda: bool(window.studio.track.stems), timeout=60000)
    window.studio.select_lane("harmonic")
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


def heard(window):
    return window.player._engine.source.read(0, FRAMES)


def test_effects_are_added_set_moved_bypassed_and_undone(window):
    desk = window.desk
    before = heard(window)
    assert desk.place == "harmonic"
    desk.add_effect("harmonic", "trim", "Trim")
    desk.add_effect("harmonic", "compressor", "Compressor")
    assert [slot.effect for slot in desk.chain("harmonic")] == ["trim", "compressor"]
    for db in (-1.0, -5.0, -20.0):
        desk.set_effect_value("harmonic", 0, "gain_db", db, "Trim")
    assert np.abs(heard(window)).mean() < 0.9 * np.abs(before).mean()
    window.studio.undo()
    assert desk.chain("harmonic")[0] == ChainSlot.of("trim")
    window.studio.redo()
    desk.move_effect("harmonic", 0, 1)
    assert [slot.effect for slot in desk.chain("harmonic")] == ["compressor", "trim"]
    for index in (0, 1):
        desk.bypass_effect("harmonic", index, True)
    np.testing.assert_array_equal(heard(window), before)
    desk.remove_effect("harmonic", 0, "Compressor")
    assert len(desk.chain("harmonic")) == 1


def test_the_mix_has_effects_of_its_own(window):
    window.studio.select_lane("mixture")
    assert window.desk.place == MIX
    before = heard(window)
    window.desk.set_chain(MIX, (ChainSlot.of("trim", {"gain_db": -6.0}),), "Trim")
    np.testing.assert_allclose(heard(window), before * 10 ** (-6 / 20), atol=1e-6)


def test_a_comparison_is_as_loud_and_changes_nothing(qtbot, window):
    desk, steps = window.desk, len(window.studio.session.history.steps)
    for stem in ("percussive", "residual"):
        window.studio.set_strip(stem, desk.strip_of(stem).__class__(mute=True))
    desk.set_chain("harmonic", (ChainSlot.of("trim", {"gain_db": -9.0}),), "Trim")
    wet = heard(window)
    desk.compare("harmonic", True)
    qtbot.waitUntil(lambda: desk.bypassed == "harmonic", timeout=10000)
    dry = heard(window)
    loudness = [integrated_lufs(AudioBuffer(each, RATE)) for each in (wet, dry)]
    assert loudness[1] == pytest.approx(loudness[0], abs=0.1)
    np.testing.assert_allclose(dry, wet, atol=1e-3)
    desk.compare("harmonic", False)
    np.testing.assert_array_equal(heard(window), wet)
    assert len(window.studio.session.history.steps) == steps + 3
    desk.compare("harmonic", True)
    qtbot.waitUntil(lambda: desk.bypassed == "harmonic", timeout=10000)
    window.studio.undo()
    assert desk.bypassed is None


def test_a_comparison_that_is_called_off_while_it_is_measured_does_not_begin(qtbot, window):
    desk = window.desk
    desk.add_effect("harmonic", "trim", "Trim")
    desk.set_effect_value("harmonic", 0, "gain_db", -20.0, "Trim")
    desk.compare("harmonic", True)
    desk.compare("harmonic", False)
    qtbot.waitUntil(lambda: not window.tasks.running(), timeout=20000)
    assert desk.bypassed is None


def test_mixes_are_kept_and_recalled(window):
    desk = window.desk
    plain = heard(window)
    desk.keep_snapshot("plain")
    desk.minus_one(["harmonic"])
    desk.set_automation("percussive", ((0, 0.0), (RATE, -20.0)))
    desk.set_chain("percussive", (ChainSlot.of("trim", {"gain_db": 3.0}),), "Trim")
    desk.keep_snapshot("")
    drums = heard(window)
    assert [each.name for each in desk.snapshots] == ["plain", "Mix 2"]
    desk.recall_snapshot(desk.snapshots[0])
    np.testing.assert_array_equal(heard(window), plain)
    desk.recall_snapshot(desk.snapshots[1])
    np.testing.assert_array_equal(heard(window), drums)
    desk.only(["harmonic"])
    assert not desk.strip_of("harmonic").mute
    assert desk.strip_of("percussive").mute
    desk.reset()
    np.testing.assert_allclose(heard(window), plain, atol=1e-7)
    desk.remove_snapshot("plain")
    folder = window.studio.session.folder
    assert [each.name for each in desk.snapshots] == ["Mix 2"]
    assert folder.exists()


def test_another_key_is_another_song(qtbot, window):
    before = window.studio.track
    window.desk.change_key_and_tempo(0, 1.0)
    window.desk.change_key_and_tempo(2, 0.8)
    qtbot.waitUntil(lambda: window.studio.track.id != before.id, timeout=60000)
    assert window.studio.track.title == "song (+2 semitones, 80%)"
    assert window.studio.track.mixture.frames == round(FRAMES / 0.8)
    assert [lane.key for lane in window.studio.lanes()][1:] == ["harmonic", "percussive", "residual"]
    window.studio.undo()
    assert [track.id for track in window.studio.session.project.tracks] == [before.id]
