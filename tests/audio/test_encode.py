from __future__ import annotations

import gc
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.audio import wav_header
from stemstudio.audio.decode import Decoder
from stemstudio.audio.encode import FORMATS, AudioWriter
from stemstudio.core.errors import BadInput, NoRoom, UserError

RATE = 44100
LOSSLESS = {name: kind for name, kind in FORMATS.items() if kind.bits}
WIDTHS = [(name, bits) for name, kind in LOSSLESS.items() for bits in kind.bits]
ROUND_TRIPS = [(name, bits, channels) for name, bits in WIDTHS for channels in LOSSLESS[name].channels if channels <= 8]


def write(path: Path, samples: np.ndarray, rate: int = RATE, **options) -> AudioWriter:
    with AudioWriter(path, rate, len(samples), **options) as writer:
        for start in range(0, samples.shape[1], 7777):
            writer.write(samples[:, start : start + 7777])
    return writer


def on_grid(samples: np.ndarray, bits: int) -> np.ndarray:
    if bits == 32:
        return samples
    full = 2 ** (bits - 1)
    return (np.clip(np.round(samples.astype(np.float64) * full), -full, full - 1) / full).astype(np.float32)


@pytest.mark.parametrize(("name", "bits", "channels"), ROUND_TRIPS)
def test_lossless_round_trip_is_exact(name, bits, channels, tmp_path):
    rng = np.random.default_rng(channels)
    samples = on_grid(rng.uniform(-1, 1, (channels, 30_001)).astype(np.float32), bits)
    path = tmp_path / f"x.{name}"
    writer = write(path, samples, format=name, bits=bits, dither=False)
    assert (writer.frames, writer.clipped) == (30_001, 0)
    with Decoder(path) as decoder:
        np.testing.assert_array_equal(np.concatenate(list(decoder), axis=1), samples)
    if name == "alac":
        return  # which soundfile cannot read
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.frames) == (RATE, channels, 30_001)
    assert info.subtype == ("FLOAT" if bits == 32 else f"PCM_{bits}")


def test_a_real_song_passes_unchanged(audio_folder, tmp_path):
    song, rate = soundfile.read(
        next((audio_folder / "mixtures").glob("*Vibe_Ace*.ogg")), frames=200_000, dtype="float32"
    )
    write(tmp_path / "x.wav", song.T, rate, bits=32)
    again, again_rate = soundfile.read(tmp_path / "x.wav", dtype="float32")
    assert again_rate == rate
    np.testing.assert_array_equal(again, song)


def test_samples_above_full_scale_survive_in_float_and_are_counted_in_integers(tmp_path):
    samples = np.array([[0.5, 1.5, -2.0, 1.0, -1.0, -0.25]], np.float32)
    assert write(tmp_path / "float.wav", samples, bits=32).clipped == 0
    np.testing.assert_array_equal(soundfile.read(tmp_path / "float.wav", dtype="float32")[0], samples[0])
    for name, bits in (("wav", 16), ("wav", 24), ("flac", 24)):
        path = tmp_path / f"{bits}.{name}"
        assert write(path, samples, format=name, bits=bits, dither=False).clipped == 2
        step = 2.0 ** (1 - bits)
        np.testing.assert_array_equal(soundfile.read(path)[0], [0.5, 1 - step, -1, 1 - step, -1, -0.25])


def test_dither_turns_the_distortion_of_a_faint_tone_into_noise(tmp_path):
    t = np.arange(8 * RATE) / RATE
    faint = (0.4 / 32768 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None]  # under half a step: lost without
    write(tmp_path / "with.wav", faint, bits=16)
    write(tmp_path / "without.wav", faint, bits=16, dither=False)
    assert not soundfile.read(tmp_path / "without.wav")[0].any()
    heard = soundfile.read(tmp_path / "with.wav")[0] * 32768
    tone = 2 * np.mean(heard * np.sin(2 * np.pi * 1000 * t))
    assert tone == pytest.approx(0.4, abs=0.01)
    # Triangular noise of two steps, plus rounding: a quarter of a step squared.
    assert np.var(heard) == pytest.approx(0.25 + 0.4**2 / 2, rel=0.02)


def test_stems_of_one_song_have_noise_of_their_own_and_writing_again_gives_the_same(tmp_path):
    silence = np.zeros((1, 5000), np.float32)
    for name in ("vocals.wav", "drums.wav"):
        write(tmp_path / name, silence, bits=16)
    vocals = (tmp_path / "vocals.wav").read_bytes()
    assert vocals != (tmp_path / "drums.wav").read_bytes()
    write(tmp_path / "vocals.wav", silence, bits=16)
    assert (tmp_path / "vocals.wav").read_bytes() == vocals


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_wav_that_outgrows_its_header_becomes_rf64(bits, channels, tmp_path, monkeypatch):
    monkeypatch.setattr(wav_header, "RIFF_LIMIT", 50_000)
    samples = on_grid(np.random.default_rng(0).uniform(-1, 1, (channels, 30_001)).astype(np.float32), bits)
    path = tmp_path / "big.wav"
    write(path, samples, bits=bits, dither=False)
    assert path.read_bytes()[:4] == b"RF64"
    assert soundfile.info(path).format == "RF64"
    with Decoder(path) as decoder:
        np.testing.assert_array_equal(np.concatenate(list(decoder), axis=1), samples)


def test_a_small_wav_is_a_plain_one(tmp_path):
    write(tmp_path / "x.wav", np.zeros((1, 3), np.float32), bits=24)
    data = (tmp_path / "x.wav").read_bytes()
    assert data[:4] == b"RIFF"
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert len(data) % 2 == 0  # nine bytes of samples and a pad byte


def test_nothing_is_left_when_the_work_is_broken_off(tmp_path):
    old = tmp_path / "x.wav"
    old.write_text("what was there before")

    def break_off() -> None:
        with AudioWriter(old, RATE, 2) as writer:
            writer.write(np.zeros((2, 1000), np.float32))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
    assert old.read_text() == "what was there before"


@pytest.mark.parametrize(("name", "bits"), WIDTHS)
def test_breaking_off_is_quiet(name, bits, tmp_path, capfd):
    writer = AudioWriter(tmp_path / f"x.{name}", RATE, 2, format=name, bits=bits)
    writer.write(np.full((2, 100_000), 0.5, np.float32))
    writer.discard()
    writer.discard()
    del writer
    gc.collect()
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_a_file_may_be_given_another_name_at_the_end(tmp_path):
    writer = AudioWriter(tmp_path / "wished.wav", RATE, 1)
    (tmp_path / "wished.wav").write_text("somebody else's")
    assert writer.finish(tmp_path / "given.wav") == writer.path == tmp_path / "given.wav"
    assert (tmp_path / "wished.wav").read_text() == "somebody else's"
    assert soundfile.info(writer.path).channels == 1


@pytest.mark.parametrize(("name", "bits"), WIDTHS)
def test_a_full_disk_is_told_and_leaves_no_file(name, bits, small_disk):
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 10 * RATE)).astype(np.float32)
    with pytest.raises(NoRoom, match="disk"):
        write(small_disk / f"x.{name}", noise, format=name, bits=bits)
    assert not list(small_disk.iterdir())


def test_a_disk_too_small_is_told_before_the_work(tmp_path):
    with pytest.raises(NoRoom, match="MB left"):
        AudioWriter(tmp_path / "x.wav", RATE, 2, frames=2**50)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("target", ["missing/x.wav", "file/x.wav", "folder", "n" * 300 + ".wav"])
def test_a_target_that_cannot_be_written_is_told_in_one_line(target, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as caught:
        AudioWriter(tmp_path / target, RATE, 2)
    assert caught.value.todo
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no read-only folder that also root must respect")
def test_a_read_only_folder_is_told():
    with pytest.raises(UserError):
        AudioWriter("/proc/x.wav", RATE, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "flac", "bits": 32}, "FLAC cannot hold 32-bit float"),
        ({"format": "mp4"}, "cannot be written"),
        ({"bits": 20}, "cannot hold 20 bits"),
    ],
)
def test_a_format_that_cannot_hold_it_is_refused_before_a_file_appears(options, message, tmp_path):
    with pytest.raises(BadInput, match=message):
        AudioWriter(tmp_path / "x", RATE, 2, **options)
    assert not list(tmp_path.iterdir())


def test_flac_of_an_impossible_rate_is_refused(tmp_path):
    with pytest.raises(BadInput, match="FLAC cannot hold"):
        AudioWriter(tmp_path / "x.flac", 1_500_000, 2, format="flac")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_the_file_has_the_permissions_that_any_new_file_gets(tmp_path):
    write(tmp_path / "x.wav", np.zeros((1, 3), np.float32))
    (tmp_path / "plain").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("x.wav", "plain")]
    assert modes[0] == modes[1]
