from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.audio.decode import Decoder
from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer
from stemstudio.separation.backend import Ready
from stemstudio.separation.registry import backend, backend_ids

READY = [name for name in backend_ids() if isinstance(backend(name).availability(), Ready)]
FIELDS = {"event", "input", "backend", "model", "sample_rate", "frames", "outputs", "null_db", "seconds"}
FIELDS |= {"realtime_factor"}
RATE = 44100


def read(path: str | Path) -> np.ndarray:
    return soundfile.read(path, dtype="float64", always_2d=True)[0].T


def null_db(mix: np.ndarray, outputs: dict[str, str]) -> float:
    rest = mix - sum(read(path) for path in outputs.values())
    return 10 * np.log10(np.mean(rest**2) / np.mean(mix**2) + 1e-30)


def test_stems_and_residual_add_up_to_the_song(studio, song, music, tmp_path):
    said = studio("separate", song, "-o", tmp_path / "stems", "--backend", "center", "--bits", "32f", "--json")
    assert said.code == 0
    assert said.err == ""
    last = said.last
    assert set(last) >= FIELDS
    assert (last["event"], last["backend"], last["model"]) == ("done", "center", None)
    assert (last["sample_rate"], last["frames"], last["input"]) == (44100, music.shape[1], str(song))
    assert list(last["outputs"]) == [*backend("center").info.stems, "residual"]
    for name, path in last["outputs"].items():
        assert Path(path) == tmp_path / "stems" / f"{song.stem} ({name}).wav"
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.frames, info.subtype) == (44100, 2, music.shape[1], "FLOAT")
    assert null_db(music, last["outputs"]) < -120
    assert last["null_db"] < -120
    assert last["realtime_factor"] == pytest.approx(last["seconds"] / (music.shape[1] / 44100), rel=0.01)
    fractions = [event["fraction"] for event in said.events[:-1]]
    assert fractions == sorted(fractions)
    assert sorted((tmp_path / "stems").iterdir()) == sorted(map(Path, last["outputs"].values()))


@pytest.mark.parametrize("backend_id", READY)
def test_every_method_nulls_on_a_real_song(backend_id, studio, audio_folder, tmp_path):
    path = audio_folder / "mixtures/slow_motion_dream_ccby.mp3"
    arguments = ["--backend", backend_id, "--bits", "32f", "--start", "3", "--end", "6", "--json"]
    said = studio("separate", path, "-o", tmp_path / "stems", *arguments)
    assert said.code == 0, said.err
    assert said.last["null_db"] < -120
    assert said.last["frames"] == 3 * 44100
    with Decoder(path) as decoder:
        decoded = np.concatenate(list(decoder), axis=1)[:, 3 * 44100 : 6 * 44100]
    assert null_db(decoded, said.last["outputs"]) < -120


@pytest.mark.parametrize(("file_format", "bits"), [("wav", "16"), ("wav", "24"), ("flac", "16"), ("flac", "24")])
def test_integer_files_say_that_they_were_rounded(file_format, bits, studio, song, music, tmp_path):
    arguments = ["--backend", "center", "--format", file_format, "--bits", bits, "--json"]
    last = studio("separate", song, "-o", tmp_path / "stems", *arguments).last
    assert last["null_db"] < -120
    assert any(f"before they were rounded to {bits} bits" in notice for notice in last["notices"])
    assert null_db(music, last["outputs"]) < {"16": -70, "24": -115}[bits]
    for path in last["outputs"].values():
        assert soundfile.info(path).subtype == f"PCM_{bits}"
        assert path.endswith(file_format)


def test_the_default_is_24_bit_wav(studio, song, tmp_path):
    studio("separate", song, "-o", tmp_path / "stems", "--backend", "center")
    assert {soundfile.info(path).subtype for path in (tmp_path / "stems").glob("*.wav")} == {"PCM_24"}


def test_chosen_stems_and_the_rest_still_add_up(studio, song, music, tmp_path):
    arguments = ["--backend", "center", "--stems", "center", "--bits", "32f", "--json"]
    last = studio("separate", song, "-o", tmp_path / "stems", *arguments).last
    assert list(last["outputs"]) == ["center", "residual"]
    assert null_db(music, last["outputs"]) < -120
    assert last["null_db"] < -120


def test_a_spread_residual_leaves_stems_that_add_up_alone(studio, song, music, tmp_path):
    arguments = ["--backend", "hpss", "--set", "margin=3", "--residual", "spread", "--bits", "32f", "--json"]
    last = studio("separate", song, "-o", tmp_path / "stems", *arguments).last
    assert list(last["outputs"]) == ["harmonic", "percussive"]
    assert null_db(music, last["outputs"]) < -120
    assert last["null_db"] < -120


def test_a_dropped_residual_is_owned_up_to(studio, song, music, tmp_path):
    arguments = ["--backend", "hpss", "--set", "margin=3", "--residual", "drop", "--bits", "32f", "--json"]
    last = studio("separate", song, "-o", tmp_path / "stems", *arguments).last
    assert list(last["outputs"]) == ["harmonic", "percussive"]
    assert last["null_db"] == pytest.approx(null_db(music, last["outputs"]), abs=0.1)
    assert -60 < last["null_db"] < 0
    assert any("do not add up" in notice for notice in last["notices"])
    assert last["values"]["margin"] == 3.0


def test_a_stretch_lines_up_with_the_song_to_the_sample(studio, song, music, tmp_path):
    arguments = ["--backend", "center", "--start", "0.5", "--end", "0:01.25", "--bits", "32f", "--json"]
    last = studio("separate", song, "-o", tmp_path / "stems", *arguments).last
    assert last["frames"] == round(1.25 * 44100) - 22050
    assert null_db(music[:, 22050 : round(1.25 * 44100)], last["outputs"]) < -120


def test_samples_that_clip_are_counted(studio, tmp_path, music):
    soundfile.write(tmp_path / "loud.wav", 6 * music.T, 44100, subtype="FLOAT")
    last = studio("separate", tmp_path / "loud.wav", "-o", tmp_path / "a", "--backend", "center", "--json").last
    assert sum(last["clipped"].values()) > 100
    assert any("--bits 32f" in notice for notice in last["notices"])
    arguments = ["--backend", "center", "--bits", "32f", "--json"]
    last = studio("separate", tmp_path / "loud.wav", "-o", tmp_path / "b", *arguments).last
    assert last["clipped"] == {}
    assert null_db(6 * music, last["outputs"]) < -120


@pytest.mark.parametrize(("channels", "rate"), [(1, 8000), (6, 48000), (2, 96000)])
def test_any_rate_and_channels_come_out_as_they_went_in(channels, rate, studio, music, tmp_path):
    samples = np.resize(music, (channels, 30_000))
    soundfile.write(tmp_path / "x.wav", samples.T, rate, subtype="FLOAT")
    arguments = ["--backend", "hpss", "--bits", "32f", "--json"]
    last = studio("separate", tmp_path / "x.wav", "-o", tmp_path / "o", *arguments).last
    assert null_db(samples, last["outputs"]) < -120
    assert {soundfile.info(path).samplerate for path in last["outputs"].values()} == {rate}


def test_songs_of_one_name_do_not_overwrite_each_other(studio, music, tmp_path):
    paths = [tmp_path / "a/song.wav", tmp_path / "b/Song.wav", tmp_path / "c/song.flac"]
    for index, path in enumerate(paths):
        path.parent.mkdir()
        soundfile.write(path, music[:, : 20_000 + index].T, 44100)
    said = studio("separate", *paths, "-o", tmp_path / "o", "--backend", "center", "--json")
    done = [event for event in said.events if event["event"] == "done"]
    assert [event["input"] for event in done] == [str(path) for path in paths]
    files = [path for event in done for path in event["outputs"].values()]
    assert len({path.casefold() for path in files}) == 9
    assert [event["frames"] for event in done] == [20_000, 20_001, 20_002]
    assert "Song 2 (center).wav" in files[3]
    # Doing it again gives the same files.
    again = studio("separate", *paths, "-o", tmp_path / "o", "--backend", "center", "--json")
    assert [event["outputs"] for event in again.events if event["event"] == "done"] == [e["outputs"] for e in done]


def test_the_song_itself_is_never_replaced(studio, music, tmp_path):
    path = tmp_path / "x (center).wav"
    soundfile.write(path, music.T, 44100)
    before = path.read_bytes()
    said = studio("separate", path, "-o", tmp_path, "--backend", "center", "--name", "x ({stem})", "--json")
    assert said.code == 0
    assert path.read_bytes() == before
    assert said.last["outputs"]["center"] == str(tmp_path / "x (center) 2.wav")


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{index} {stem} - {track}", "1 center - song.wav"),
        ("../../{stem}/{track}", ".._.._center_song.wav"),
        ("{backend}_{stem}", "center_center.wav"),
    ],
)
def test_names_follow_the_template_and_stay_in_the_folder(template, name, studio, music, tmp_path):
    soundfile.write(tmp_path / "song.wav", music[:, :20_000].T, 44100)
    arguments = ["-o", tmp_path / "o", "--backend", "center", "--name", template, "--json"]
    last = studio("separate", tmp_path / "song.wav", *arguments).last
    assert last["outputs"]["center"] == str(tmp_path / "o" / name)
    assert len(list((tmp_path / "o").iterdir())) == 3


def test_a_long_name_is_cut_before_the_stem(studio, music, tmp_path):
    path = tmp_path / f"{'歌' * 80}.wav"
    soundfile.write(path, music[:, :20_000].T, 44100)
    last = studio("separate", path, "-o", tmp_path / "o", "--backend", "center", "--json").last
    names = [Path(each).name for each in last["outputs"].values()]
    assert all(name.startswith("歌" * 50) and len(name.encode()) <= 255 for name in names)
    assert [name.split(" (")[1] for name in names] == ["center).wav", "sides).wav", "residual).wav"]


@pytest.mark.parametrize(("kind", "rate"), [("mp3", 44100), ("ogg", 44100), ("m4a", 44100), ("opus", 48000)])
def test_lossy_stems_have_the_length_of_the_song_and_lie_on_it(kind, rate, studio, song, music, tmp_path):
    said = studio("separate", song, "-o", tmp_path / "out", "--backend", "center", "--format", kind, "--json")
    assert said.code == 0
    assert said.last["null_db"] < -120
    total = 0.0
    for path in said.last["outputs"].values():
        assert path.endswith(f".{kind}")
        with Decoder(path) as decoder:
            assert decoder.sample_rate == rate
            total = total + np.concatenate(list(decoder), axis=1)
    expected = resample(AudioBuffer(music, RATE), rate)
    expected = expected.read(0, expected.frames)
    assert total.shape == expected.shape
    assert np.sum((total - expected) ** 2) < 0.05 * np.sum(expected**2)


BAD_CHOICES = {
    "an unknown method": ["--backend", "magic"],
    "an unknown stem": ["--stems", "kazoo"],
    "an unknown parameter": ["--set", "wobble=1"],
    "a parameter out of range": ["--backend", "hpss", "--set", "margin=99"],
    "float in FLAC": ["--format", "flac", "--bits", "32f"],
    "a model where none is used": ["--backend", "hpss", "--model", "umx"],
    "a device where none is used": ["--backend", "hpss", "--device", "cuda"],
    "a template of one name": ["--name", "{track}"],
    "a template with an unknown field": ["--name", "{artist} {stem}"],
    "an end before the start": ["--start", "2", "--end", "1"],
    "a start after the end of the song": ["--start", "1:00"],
}


@pytest.mark.parametrize("choice", BAD_CHOICES)
def test_a_choice_that_cannot_be_is_one_line_with_exit_code_3(choice, studio, song, tmp_path):
    said = studio("separate", song, "-o", tmp_path / "stems", *BAD_CHOICES[choice])
    assert said.code == 3
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert not (tmp_path / "stems").exists()


def test_bad_files_are_told_one_line_each_and_the_others_are_done(studio, song, tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "cut.wav").write_bytes(song.read_bytes()[:100_000])
    files = [tmp_path / "empty.wav", song, tmp_path / "cut.wav", tmp_path / "missing.wav"]
    said = studio("separate", *files, "-o", tmp_path / "stems", "--backend", "center", "--json")
    assert said.code == 3
    assert said.err.count("\n") == 3
    assert [event["input"] for event in said.events if event["event"] == "done"] == [str(song)]
    assert len(list((tmp_path / "stems").iterdir())) == 3


@pytest.mark.parametrize("target", ["file", "file/in/it", "/proc/stems", "n" * 300])
def test_a_folder_that_cannot_be_made_is_one_line(target, studio, song, tmp_path):
    (tmp_path / "file").touch()
    said = studio("separate", song, "-o", tmp_path / target)
    assert said.code == 3
    assert said.err.count("\n") == 1


def test_a_full_disk_leaves_nothing_behind(studio, song, tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        said = studio("separate", song, "-o", tmp_path / "stems", "--backend", "center")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert said.code == 3
    assert "disk" in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "stems").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("moment", ["Reading", "separating"])
def test_ctrl_c_leaves_nothing_and_exits_with_130(moment, music, tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(music, 100).T, 44100)
    (tmp_path / "stems").mkdir()
    command = [
        sys.executable,
        "-m",
        "stemstudio",
        "separate",
        path,
        "-o",
        tmp_path / "stems",
        "--backend",
        "hpss",
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if moment == "Reading" or '"fraction": 0.0' not in line:
                break
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        assert time.monotonic() - started < 30
    assert process.returncode == 130
    assert complaint == "Cancelled.\n"
    assert not list((tmp_path / "stems").iterdir())
