from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.audio.loudness import true_peak_dbtp
from stemstudio.core.buffer import AudioBuffer
from stemstudio.effects.chain import ChainSlot, to_toml
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.presets import preset

FIELDS = {"event", "input", "output", "seconds", "preset", "chain", "sample_rate", "channels", "frames"}
FIELDS |= {"lufs_before", "lufs_after", "true_peak_dbtp_before", "true_peak_dbtp_after", "clipped"}


def read(path: str | Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


@pytest.mark.parametrize("name", ["vocal-stem", "Master"])
def test_a_preset_gives_what_the_engine_gives(name, studio, song, music, tmp_path):
    said = studio("effects", song, "-o", tmp_path / "out.wav", "--preset", name, "--bits", "32f", "--json")
    assert said.code == 0
    assert said.err == ""
    assert set(said.last) >= FIELDS
    assert said.last["output"] == str(tmp_path / "out.wav")
    source = AudioBuffer(music, 44100)
    out = read(tmp_path / "out.wav")
    chain = preset(name).chain_for(source)
    assert np.abs(out - ChainSource(source, chain).read(0, source.frames)).max() <= 1e-6
    assert [slot["effect"] for slot in said.last["chain"]] == [slot.effect for slot in chain]
    assert (said.last["frames"], said.last["sample_rate"], said.last["channels"]) == (music.shape[1], 44100, 2)
    assert said.last["true_peak_dbtp_after"] == pytest.approx(true_peak_dbtp(AudioBuffer(out, 44100)), abs=0.02)
    assert said.last["true_peak_dbtp_after"] <= -1.0
    assert said.last["lufs_before"] != said.last["lufs_after"]
    fractions = [event["fraction"] for event in said.events[:-1]]
    assert fractions == sorted(fractions)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([song.name, "out.wav"])


def test_a_chain_of_ones_own(studio, song, music, tmp_path):
    (tmp_path / "half.toml").write_text(to_toml((ChainSlot.of("trim", {"gain_db": -6.0, "invert": True}),)))
    said = studio("effects", song, "-o", tmp_path / "out.flac", "--chain", tmp_path / "half.toml")
    assert said.code == 0
    assert "half" in said.out
    assert "LUFS" in said.out
    assert soundfile.info(tmp_path / "out.flac").subtype == "PCM_24"
    assert np.abs(read(tmp_path / "out.flac") + 10 ** (-6 / 20) * music).max() < 2e-7


def test_a_folder_gets_a_file_named_after_song_and_preset(studio, song, tmp_path):
    (tmp_path / "out").mkdir()
    said = studio("effects", song, "-o", tmp_path / "out", "--preset", "bass", "--json")
    assert said.last["output"] == str(tmp_path / "out" / f"{song.stem} (Bass).wav")
    assert Path(said.last["output"]).is_file()


def test_a_stem_as_side_chain(studio, song, music, tmp_path):
    key = np.concatenate([np.zeros(40_000), 0.9 * np.sin(np.arange(music.shape[1] - 40_000) * 0.02)])
    soundfile.write(tmp_path / "drums.wav", key, 44100, subtype="FLOAT")
    slot = ChainSlot.of("compressor", {"threshold_db": -40.0, "ratio": 20.0}, sidechain="drums")
    (tmp_path / "duck.toml").write_text(to_toml((slot,)))
    arguments = ["-o", tmp_path / "out.wav", "--chain", tmp_path / "duck.toml", "--bits", "32f"]
    assert studio("effects", song, *arguments, "--sidechain", f"drums={tmp_path / 'drums.wav'}").code == 0
    out = read(tmp_path / "out.wav")
    assert np.abs(out[:, :39_000] - music[:, :39_000]).max() < 1e-6
    assert np.abs(out[:, 60_000:]).max() < 0.1
    wrong = studio("effects", song, *arguments, "--sidechain", f"bass={tmp_path / 'drums.wav'}")
    assert (wrong.code, wrong.err.count("\n")) == (3, 1)


def test_silence_has_no_loudness(studio, tmp_path):
    soundfile.write(tmp_path / "silence.wav", np.zeros((30_000, 2)), 44100)
    said = studio("effects", tmp_path / "silence.wav", "-o", tmp_path / "out.wav", "--preset", "vocal-stem", "--json")
    assert said.code == 0
    assert said.last["lufs_before"] is None
    assert said.last["lufs_after"] is None
    assert not read(tmp_path / "out.wav").any()


BAD = {
    "an unknown preset": ["--preset", "loudest"],
    "a chain that is missing": ["--chain", "none.toml"],
    "a format that does not exist": ["--preset", "bass", "-o", "out.xyz"],
    "float in FLAC": ["--preset", "bass", "-o", "out.flac", "--bits", "32f"],
    "a folder that is missing": ["--preset", "bass", "-o", "no/such/out.wav"],
    "the song itself": ["--preset", "bass", "-o", "song.wav"],
    "a side-chain that the chain has not": ["--preset", "bass", "--sidechain", "drums=song.wav"],
}


@pytest.mark.parametrize("choice", BAD)
def test_what_cannot_be_is_one_line_with_exit_code_3(choice, studio, music, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("song.wav", music.T, 44100, subtype="FLOAT")
    before = Path("song.wav").read_bytes()
    said = studio("effects", "song.wav", "-o", "out.wav", *BAD[choice])
    assert said.code == 3
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]
    assert Path("song.wav").read_bytes() == before


def test_a_damaged_file_is_one_line(studio, song, tmp_path):
    (tmp_path / "cut.wav").write_bytes(song.read_bytes()[:100_000])
    said = studio("effects", tmp_path / "cut.wav", "-o", tmp_path / "out.wav", "--preset", "bass")
    assert (said.code, said.err.count("\n")) == (3, 1)
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("arguments", [[], ["--preset", "bass", "--chain", "x.toml"]])
def test_preset_or_chain_is_wanted(arguments, studio, song, tmp_path):
    assert studio("effects", song, "-o", tmp_path / "out.wav", *arguments).code == 2


def test_a_full_disk_leaves_nothing_behind(studio, song, tmp_path):
    resource = pytest.importorskip("resource")
    (tmp_path / "out").mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        said = studio("effects", song, "-o", tmp_path / "out" / "out.wav", "--preset", "bass")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert said.code == 3
    assert "disk" in said.err
    assert not list((tmp_path / "out").iterdir())
