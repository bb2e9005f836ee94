from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.audio.decode import Decoder
from stemstudio.audio.probe import probe
from stemstudio.core.errors import BadInput

RATE = 44100


def decode(path: Path) -> np.ndarray:
    with Decoder(path) as decoder:
        return np.concatenate(list(decoder), axis=1)


LOSSLESS = {"wav16": 16, "wav24": 24, "wav32f": 25, "wav_u8": 8, "rf64": 24, "aiff": 24, "caf": 24, "flac": 24}


@pytest.mark.parametrize("kind", [*LOSSLESS, "alac", "mkv"])
def test_lossless_files_decode_to_the_numbers_that_were_written(kind, music, write_media):
    bits = LOSSLESS.get(kind, 16)
    grid = 2.0 ** (bits - 1)
    exact = music if kind == "wav32f" else (np.round(music * grid) / grid).astype(np.float32)
    samples = decode(write_media(kind, exact))
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, exact)


@pytest.mark.parametrize("kind", ["ogg", "opus", "mp3", "m4a", "mp4", "webm"])
def test_lossy_files_keep_their_length_and_line_up_to_the_sample(kind, music, write_media):
    rate = 48000 if kind in ("opus", "webm") else RATE
    path = write_media(kind, music, rate)
    samples = decode(path)
    assert samples.shape == music.shape
    lags = range(-40, 41)
    middle = slice(20_000, 100_000)
    match = [np.vdot(np.roll(samples, -lag, axis=1)[:, middle], music[:, middle]) for lag in lags]
    assert lags[int(np.argmax(match))] == 0
    assert np.corrcoef(samples[0], music[0])[0, 1] > 0.95
    info = probe(path)
    assert info.lossy
    assert info.sample_rate == rate


def test_the_content_decides_not_the_name(music, write_media, tmp_path):
    path = write_media("wav32f", music)
    disguised = tmp_path / "song.mp3"
    path.rename(disguised)
    np.testing.assert_array_equal(decode(disguised), music)
    assert probe(disguised).format == "wav"


@pytest.mark.parametrize(
    "name", ["夜に駆ける ♫ — ünï", "a" * 240, " lead ing  spaces ", "-o", "%s {track} ~$HOME 'x\"y", "π\n2"]
)
def test_any_file_name_is_read(name, music, write_media, tmp_path):
    source = write_media("flac", music[:, :5000])
    path = tmp_path / f"{name}.flac"
    source.rename(path)
    assert decode(path).shape == (2, 5000)
    assert probe(path).title == " ".join(name.split())


def test_a_name_that_is_no_text_is_read(music, write_media, tmp_path):
    path = tmp_path / "caf\udce9.wav"
    write_media("wav16", music[:, :5000]).rename(path)
    assert decode(path).shape == (2, 5000)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("kind", ["wav24", "flac", "ogg"])
def test_one_to_eight_channels_keep_their_order(kind, channels, write_media):
    # Channel c holds the tone 300 + 200 c Hz; the low-frequency channel of a lossy coder may hold low tones only.
    t = np.arange(RATE) / RATE
    tones = 60 + 20 * np.arange(channels) if kind == "ogg" else 300 + 200 * np.arange(channels)
    samples = (0.3 * np.sin(2 * np.pi * tones[:, None] * t)).astype(np.float32)
    found = decode(write_media(kind, samples))
    assert found.shape == samples.shape
    if kind == "ogg":
        return  # Vorbis has its own order: see the test against FFmpeg
    spectra = np.abs(np.fft.rfft(found))
    assert list(spectra.argmax(axis=1)) == list(tones)


def test_eight_channels_of_a_coder_that_keeps_them_apart_are_all_there(write_media):
    t = np.arange(RATE) / RATE
    tones = np.array([300, 500, 700, 60, 900, 1100, 1300, 1500])
    found = decode(write_media("adts", (0.3 * np.sin(2 * np.pi * tones[:, None] * t)).astype(np.float32)))
    assert list(np.abs(np.fft.rfft(found[:, 2000 : 2000 + 40_000])).argmax(axis=1)) == list(np.round(tones * 40 / 44.1))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg program")
@pytest.mark.parametrize("kind", ["ogg", "opus"])
@pytest.mark.parametrize("channels", [3, 5, 6, 7, 8])
def test_surround_channels_come_in_wav_order_as_ffmpeg_gives_them(kind, channels, write_media, tmp_path):
    rate = 48000
    t = np.arange(rate) / rate
    tones = 60 + 20 * np.arange(channels)
    path = write_media(kind, (0.3 * np.sin(2 * np.pi * tones[:, None] * t)).astype(np.float32), rate)
    reference = tmp_path / "reference.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-c:a", "pcm_f32le", reference], check=True)
    expected, _ = soundfile.read(reference, always_2d=True)
    peaks = np.abs(np.fft.rfft(expected.T[:, :47000])).argmax(axis=1)
    assert list(np.abs(np.fft.rfft(decode(path)[:, :47000])).argmax(axis=1)) == list(peaks)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 48000, 96000, 192000])
def test_any_sample_rate_is_kept(rate, music, write_media):
    path = write_media("wav24", music, rate)
    assert probe(path).sample_rate == rate
    assert decode(path).shape == music.shape


def test_a_long_file_comes_in_bounded_blocks(music, write_media):
    path = write_media("flac", np.tile(music, (1, 4)))
    with Decoder(path) as decoder:
        sizes = [block.shape[1] for block in decoder]
    assert len(sizes) > 4
    assert max(sizes) <= 1 << 16


def test_real_mixtures_decode_as_libsndfile_says(audio_folder):
    paths = sorted((audio_folder / "mixtures").glob("*.ogg"))
    assert paths
    for path in paths[-2:]:
        expected, rate = soundfile.read(path, dtype="float32", always_2d=True)
        np.testing.assert_array_equal(decode(path), expected.T)
        assert probe(path).sample_rate == rate


def test_a_real_aac_stem_has_the_length_of_its_own_gapless_note(audio_folder):
    path = audio_folder / "songs/rubidium/minilogue_synth.m4a"
    assert decode(path).shape[1] == 0x653517


def test_samples_that_are_no_numbers_become_silence_with_a_notice(music, tmp_path):
    spoilt = music.copy()
    spoilt[0, 100] = np.nan
    spoilt[1, 200:203] = np.inf
    spoilt[1, 300] = 1e30
    path = tmp_path / "nan.wav"
    soundfile.write(path, spoilt.T, RATE, subtype="FLOAT")
    with Decoder(path) as decoder:
        samples = np.concatenate(list(decoder), axis=1)
    assert decoder.notices == ("5 samples were no numbers and became silence.",)
    expected = np.where(np.isfinite(spoilt) & (np.abs(spoilt) < 10), spoilt, 0)
    np.testing.assert_array_equal(samples, expected)


def test_values_above_full_scale_survive(tmp_path):
    loud = np.linspace(-3, 3, 1000, dtype=np.float32)
    soundfile.write(tmp_path / "loud.wav", loud, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(decode(tmp_path / "loud.wav")[0], loud)


def wav_bytes(music: np.ndarray, write_media) -> bytes:
    return write_media("wav16", music, name="whole").read_bytes()


def of_no_hertz(path: Path, whole: bytes) -> None:
    path.write_bytes(whole[:24] + struct.pack("<I", 0) + whole[28:])


MAKE_BAD: dict[str, Callable[[Path, bytes], object]] = {
    "missing": lambda _path, _whole: None,
    "folder": lambda path, _whole: path.mkdir(),
    "empty": lambda path, _whole: path.touch(),
    "text": lambda path, _whole: path.write_text("Dear diary, today I did not record anything.\n" * 50),
    "truncated": lambda path, whole: path.write_bytes(whole[: len(whole) // 2]),
    "zero length": lambda path, _whole: soundfile.write(path, np.zeros((0, 2)), RATE),
    "0 Hz": of_no_hertz,
    "all NaN": lambda path, _whole: soundfile.write(path, np.full((5000, 2), np.nan), RATE, subtype="FLOAT"),
    "24 channels": lambda path, _whole: soundfile.write(path, np.zeros((500, 24)), RATE),
    "header only": lambda path, whole: path.write_bytes(whole[:30]),
    "picture": lambda path, _whole: path.write_bytes(bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(500)),
}
BAD = {
    "missing": "does not exist",
    "folder": "folder",
    "empty": "empty",
    "text": "not audio",
    "truncated": "truncated",
    "zero length": "length is zero",
    "0 Hz": "0 Hz",
    "all NaN": "none of its samples is a number",
    "24 channels": "24 channels",
    "header only": "not audio",
    "picture": "not audio",
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_refused_in_one_line_with_a_remedy(kind, tmp_path, music, write_media):
    path = tmp_path / f"{kind}.wav"
    MAKE_BAD[kind](path, wav_bytes(music, write_media))
    with pytest.raises(BadInput, match=BAD[kind]) as caught:
        decode(path)
    assert "\n" not in str(caught.value)
    assert caught.value.todo


@pytest.mark.parametrize("kind", ["wav24", "aiff", "flac", "ogg", "opus", "mp3", "m4a", "alac", "mp4", "mkv", "webm"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.97])
def test_a_file_that_was_cut_is_refused_not_shortened(kind, part, music, write_media):
    path = write_media(kind, music, 48000 if kind in ("opus", "webm") else RATE)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(BadInput, match=r"truncated|damaged"):
        decode(path)


@pytest.mark.parametrize("kind", ["wav24", "flac", "ogg", "mp3", "m4a", "mkv", "aiff"])
@pytest.mark.parametrize(
    "tag", [b"TAG" + bytes(125), b"APETAGEX" + bytes(1800), bytes(100)], ids=["ID3", "APE", "zeros"]
)
def test_a_tag_behind_the_sound_is_no_truncation(kind, tag, music, write_media):
    path = write_media(kind, music)
    path.write_bytes(path.read_bytes() + tag)
    assert decode(path).shape == music.shape


@pytest.mark.parametrize(("kind", "at", "size"), [("wav24", 40, 0), ("wav24", 40, 2**32 - 1), ("aiff", 4, 2**32 - 1)])
def test_a_header_that_was_never_completed_is_no_truncation(kind, at, size, music, write_media):
    path = write_media(kind, music)
    data = path.read_bytes()
    assert kind != "wav24" or data[36:40] == b"data"
    path.write_bytes(data[:at] + struct.pack("<I", size) + data[at + 4 :])
    assert decode(path).shape == music.shape


def test_a_device_is_not_read():
    with pytest.raises(BadInput, match="not an ordinary file"):
        Decoder("/dev/zero")


def test_a_playlist_does_not_open_what_it_names(music, write_media, tmp_path):
    song = write_media("mp3", music, name="secret")
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{song}\n#EXT-X-ENDLIST\n")
    with pytest.raises(BadInput):
        decode(playlist)
    script = tmp_path / "list.ffconcat"
    script.write_text("ffconcat version 1.0\nfile secret.mp3\n")
    with pytest.raises(BadInput):
        decode(script)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg program")
@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_stream_whose_header_states_no_length_is_read_to_its_end(kind, music, write_media, tmp_path):
    path = tmp_path / f"piped.{kind}"
    command = ["ffmpeg", "-v", "error", "-i", write_media("wav16", music), "-f", kind, "-"]
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    assert decode(path).shape == music.shape


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg program")
def test_an_mp3_of_varying_rate_without_a_table_is_read_to_its_end(music, write_media, tmp_path):
    path = tmp_path / "vbr.mp3"
    command = ["ffmpeg", "-v", "error", "-i", write_media("wav16", music), "-q:a", "4", "-write_xing", "0", path]
    subprocess.run(command, check=True)
    assert decode(path).shape[1] >= music.shape[1]


def test_the_title_comes_from_the_tags(music, tmp_path):
    path = tmp_path / "x.flac"
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        file.title = "Dobrú noc"
        file.write(music.T)
    info = probe(path)
    assert (info.title, info.frames, info.channels, info.format, info.subtype, info.lossy) == (
        "Dobrú noc", music.shape[1], 2, "flac", "pcm_16", False,
    )  # fmt: skip
    assert info.seconds == pytest.approx(music.shape[1] / RATE)
