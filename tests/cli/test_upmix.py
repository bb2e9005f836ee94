"""``stemstudio upmix`` on real files, read back by another program."""

import json
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from stemstudio.mixing.folddown import null_db

RATE = 44100


@pytest.fixture
def folder(tmp_path, music):
    """Three stems, one of them mono and at another rate, in a folder."""
    folder = tmp_path / "stems"
    folder.mkdir()
    for name, part in (("vocals", 0.6 * music), ("Song (Bass)", 0.3 * music[::-1])):
        soundfile.write(folder / f"{name}.wav", part.T, RATE, subtype="FLOAT")
    soundfile.write(folder / "drums.wav", 0.2 * music[0], RATE, subtype="FLOAT")
    return folder


def mix_of(music):
    return (0.6 * music + 0.3 * music[::-1] + 0.2 * music[[0, 0]]).astype(np.float32)


@pytest.mark.parametrize(("layout", "channels"), [("5.1", 6), ("7.1", 8), ("7.1.4", 12)])
def test_stems_become_a_room_whose_fold_down_is_the_mix(studio, folder, music, tmp_path, layout, channels):
    out = tmp_path / "room.wav"
    ran = studio("upmix", folder, "-o", out, "--layout", layout, "--bits", "32f", "--json")
    assert ran.code == 0
    made, rate = soundfile.read(out, dtype="float32")
    assert (rate, made.shape) == (RATE, (music.shape[1], channels))
    assert null_db(np.ascontiguousarray(made.T), mix_of(music)) < -100
    done = ran.last
    assert done["event"] == "done"
    assert done["output"] == str(out)
    assert done["seconds"] > 0
    assert done["fold_down_null_db"] < -100
    assert done["true_peak_dbtp"] <= -1.0
    assert done["surround_correlation"] < (0.3 if layout == "5.1" else 0.5)  # a single tone is all that sounds
    assert done["gain_db"] == 0.0
    assert list(done["stems"]) == ["bass", "drums", "vocals"]
    if shutil.which("ffprobe"):
        command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", out]
        stream = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"][0]
        names = {"5.1": "5.1", "7.1": "7.1"}
        assert stream["channels"] == channels
        assert stream.get("channel_layout", "").startswith(names.get(layout, ""))


def test_free_is_another_sound_and_ears_are_two(studio, folder, tmp_path):
    free = studio("upmix", folder, "-o", tmp_path / "free.wav", "--fold-down", "free", "--json").last
    assert -60 < free["fold_down_null_db"] < 0
    ears = studio("upmix", folder, "-o", tmp_path / "ears.wav", "--layout", "binaural", "--json").last
    assert ears["channels"] == ["left", "right"]
    assert ears["fold_down_null_db"] < -100
    assert soundfile.info(tmp_path / "ears.wav").channels == 2


def test_a_stereo_song_is_split_first(studio, song, music, tmp_path):
    done = studio("upmix", song, "-o", tmp_path / "room.wav", "--json").last
    assert list(done["stems"]) == ["center", "sides", "ambience"]
    made = soundfile.read(tmp_path / "room.wav", dtype="float32")[0].T
    assert null_db(np.ascontiguousarray(made), music) < -100
    assert np.abs(made[2]).max() > 0.05
    assert np.abs(made[4:]).max() > 0.005


def test_what_the_mixture_has_beyond_the_stems_is_not_lost(studio, folder, music, tmp_path):
    extra = np.random.default_rng(1).normal(0, 0.01, music.shape).astype(np.float32)
    soundfile.write(folder / "mixture.wav", (mix_of(music) + extra).T, RATE, subtype="FLOAT")
    done = studio("upmix", folder, "-o", tmp_path / "room.wav", "--bits", "32f", "--json").last
    assert list(done["stems"]) == ["bass", "drums", "vocals", "residual"]
    made = soundfile.read(tmp_path / "room.wav", dtype="float32")[0].T
    assert null_db(np.ascontiguousarray(made), mix_of(music) + extra) < -100


def test_stems_are_placed_by_hand(studio, folder, tmp_path):
    places = ("--place", "vocals:azimuth=180", "--place", "vocals:width=140", "--place", "bass:lfe=-120")
    places += ("--place", "drums:ambience=0", "--place", "vocals:ambience=0")
    done = studio("upmix", folder, "-o", tmp_path / "room.wav", *places, "--json").last
    assert done["stems"]["vocals"]["azimuth_deg"] == 180
    assert done["levels_db"]["BL"] > done["levels_db"]["FL"]


def test_a_mix_that_is_too_loud_is_turned_down_and_said_so(studio, folder, tmp_path, music):
    soundfile.write(folder / "vocals.wav", (4 * music).T, RATE, subtype="FLOAT")
    done = studio("upmix", folder, "-o", tmp_path / "room.wav", "--bits", "32f", "--json").last
    assert done["gain_db"] < 0
    assert done["true_peak_dbtp"] <= -1.0
    assert done["fold_down_null_db"] < -100
    assert "softer" in studio("upmix", folder, "-o", tmp_path / "room.wav").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--layout", "9.1"), 2, "7.1.4"),
        (("--place", "flute:azimuth=3"), 3, "no stem"),
        (("--place", "vocals:colour=3"), 3, "azimuth"),
        (("--place", "vocals:azimuth=270"), 3, "-180 to 180"),
        (("--place", "vocals:azimuth=left"), 3, "-180 to 180"),
        (("--ceiling", "3"), 3, "ceiling"),
        (("--fold-down", "maybe"), 2, "keep"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(studio, folder, tmp_path, arguments, code, words):
    ran = studio("upmix", folder, "-o", tmp_path / "room.wav", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert not (tmp_path / "room.wav").exists()


def test_files_that_cannot_be(studio, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no stems" in studio("upmix", tmp_path / "empty", "-o", tmp_path / "room.wav").err
    assert "WAV" in studio("upmix", folder, "-o", tmp_path / "room.mp3").err
    assert studio("upmix", tmp_path / "nothing", "-o", tmp_path / "room.wav").code == 3
    assert studio("upmix", folder, "-o", tmp_path / "no" / "room.wav").code == 3
    soundfile.write(folder / "mixture.wav", np.zeros((99, 2)), RATE)
    assert "another length" in studio("upmix", folder, "-o", tmp_path / "room.wav").err
    assert not (tmp_path / "room.wav").exists()
