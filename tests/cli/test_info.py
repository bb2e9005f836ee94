from __future__ import annotations

import numpy as np
import pytest
import soundfile

FIELDS = {
    "event", "path", "seconds", "sample_rate", "channels", "format", "subtype", "lossy", "bandwidth_hz", "lufs",
    "true_peak_dbtp",
}  # fmt: skip


def test_the_last_line_holds_the_fields_of_the_contract(studio, song, music):
    said = studio("info", song, "--json")
    assert said.code == 0
    assert said.err == ""
    last = said.last
    assert set(last) >= FIELDS
    assert last["event"] == "done"
    assert last["path"] == str(song)
    assert (last["sample_rate"], last["channels"], last["format"], last["subtype"]) == (44100, 2, "wav", "float")
    assert last["seconds"] == pytest.approx(music.shape[1] / 44100)
    assert last["lossy"] is False
    assert last["bandwidth_hz"] == 22050
    assert -20 < last["lufs"] < -5
    assert last["true_peak_dbtp"] >= 20 * np.log10(np.abs(music).max()) - 0.01
    for event in said.events[:-1]:
        assert set(event) == {"event", "fraction", "message"}
        assert event["event"] == "progress"
        assert 0 <= event["fraction"] <= 1


def test_a_person_reads_a_summary(studio, song):
    said = studio("info", song)
    for word in ("44100 Hz", "LUFS", "dBTP", "wav, float", "Ein Lied — 歌", "2 s"):
        assert word in said.out


def test_silence_is_told_in_valid_json(studio, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros((44100, 1)), 44100)
    last = studio("info", tmp_path / "silence.wav", "--json").last
    assert (last["lufs"], last["true_peak_dbtp"], last["bandwidth_hz"]) == (None, None, 0)
    assert "silent" in studio("info", tmp_path / "silence.wav").out


def test_real_songs(studio, audio_folder):
    path = audio_folder / "mixtures/slow_motion_dream_ccby.mp3"
    last = studio("info", path, "--json").last
    assert last["lossy"] is True
    assert last["lufs"] == pytest.approx(-9.3, abs=0.1)
    assert last["true_peak_dbtp"] == pytest.approx(0.9, abs=0.2)
    assert 18_000 < last["bandwidth_hz"] < 20_000


def test_bad_input_is_one_line_on_standard_error(studio, tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "odd\nname.wav").write_text("hello")
    for path in (tmp_path / "empty.wav", tmp_path / "odd\nname.wav", tmp_path, tmp_path / "missing.wav"):
        said = studio("info", path, "--json")
        assert said.code == 3
        assert said.out == ""
        assert said.err.count("\n") == 1
