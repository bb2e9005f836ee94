"""What is written, read back by readers that are not ours: the ffmpeg program and libsndfile."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from stemstudio.audio.decode import Decoder
from stemstudio.audio.encode import FORMATS, AudioWriter
from stemstudio.audio.tags import NO_TAGS, Tags, read_tags
from stemstudio.core.errors import BadInput, NoRoom

RATE = 44100
LOSSY = {"mp3": -18.0, "m4a": -18.0, "opus": -14.0, "ogg": -18.0}  # dB that the error stays under at the usual rates
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg program here")
TAGS = Tags(
    title="Été (Vocals)",
    artist="歌 & Söhne",
    album="One; two",
    album_artist="All",
    composer="C. Poser",
    date="1999",
    genre="Folk",
    track="3/12",
    comment="a remark",
    cover=b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 300 + b"\xff\xd9",
)


def write(path, samples, rate=RATE, *, known=True, **options):
    options.setdefault("format", path.suffix[1:])
    frames = samples.shape[1] if known else None
    with AudioWriter(path, rate, len(samples), frames=frames, **options) as writer:
        for start in range(0, samples.shape[1], 7777):
            writer.write(samples[:, start : start + 7777])
    return writer


def with_ffmpeg(path, channels=2):
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "-"]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(output, np.float32).reshape(-1, channels).T


def lag(heard, written):
    """Frames by which `heard` comes late: where the cross-correlation is largest."""
    size = 2 * written.shape[1]
    product = np.fft.rfft(heard[0], size) * np.conj(np.fft.rfft(written[0], size))
    at = int(np.argmax(np.fft.irfft(product)))
    return at if at < size // 2 else at - size


def error_db(heard, written):
    return 10 * np.log10(np.sum((heard - written) ** 2) / np.sum(written**2))


@needs_ffmpeg
@pytest.mark.parametrize(("name", "bits"), [(n, b) for n, kind in FORMATS.items() for b in kind.bits])
def test_lossless_files_give_ffmpeg_the_very_samples(name, bits, music, tmp_path):
    full = 2 ** (bits - 1)
    expected = music if bits == 32 else (np.rint(music * full) / full).astype(np.float32)
    path = tmp_path / f"x{FORMATS[name].suffix}"
    write(path, expected, format=name, bits=bits, dither=False)
    np.testing.assert_array_equal(with_ffmpeg(path), expected)


@needs_ffmpeg
@pytest.mark.parametrize("frames", [1, 1023, 1024, 1025, 132_323])
@pytest.mark.parametrize("name", LOSSY)
def test_lossy_files_have_the_length_and_the_place_of_what_was_written(name, frames, music, tmp_path):
    rate = 48000 if name == "opus" else RATE
    path = tmp_path / f"x.{name}"
    write(path, music[:, :frames], rate)
    # A Vorbis stream of a single page loses its first 128 samples in FFmpeg, whoever wrote it.
    # AAC of less than a packet is too short to be moved to the packet's end.
    too_short = {"ogg": 10_000, "m4a": 1024}.get(name, 0)
    readers = [] if frames < too_short else [with_ffmpeg(path)]
    if name != "m4a":  # which libsndfile does not read
        readers.append(soundfile.read(path, dtype="float32", always_2d=True)[0].T)
    with Decoder(path) as decoder:
        readers.append(np.concatenate(list(decoder), axis=1))
    for heard in readers:
        assert heard.shape[1] == frames
        if frames > 10_000:
            assert lag(heard, music) == 0
            assert error_db(heard, music) < LOSSY[name]


def test_aac_of_unknown_length_is_read_back_exactly_here(music, tmp_path):
    write(tmp_path / "x.m4a", music, known=False)
    with Decoder(tmp_path / "x.m4a") as decoder:
        heard = np.concatenate(list(decoder), axis=1)
    assert heard.shape == music.shape
    assert lag(heard, music) == 0


@pytest.mark.parametrize("name", LOSSY)
def test_the_bit_rate_is_the_one_asked_for(name, music, tmp_path):
    sizes = []
    for kbps in (96, 192):
        path = tmp_path / f"{kbps}.{name}"
        write(path, np.tile(music, 3), 48000, kbps=kbps)
        sizes.append(path.stat().st_size * 8 / (3 * music.shape[1] / 48000) / 1000)
    within = 0.06 if name == "mp3" else 0.4  # the others vary it
    np.testing.assert_allclose(sizes, [96, 192], rtol=within)


@pytest.mark.parametrize(("name", "rate", "becomes"), [("opus", 44100, 48000), ("mp3", 96000, 48000)])
def test_a_rate_that_the_format_does_not_know_is_converted_in_place(name, rate, becomes, tmp_path):
    t = np.arange(2 * rate + 11) / rate
    sweep = (0.4 * np.sin(2 * np.pi * (200 + 900 * t) * t)).astype(np.float32)
    path = tmp_path / f"x.{name}"
    writer = write(path, np.stack([sweep, -sweep]), rate)
    heard, heard_rate = soundfile.read(path, dtype="float32")
    frames = round(len(t) * becomes / rate)
    assert (heard_rate, writer.sample_rate, len(heard), writer.frames) == (becomes, becomes, frames, frames)
    at = np.arange(frames) / becomes
    expected = (0.4 * np.sin(2 * np.pi * (200 + 900 * at) * at)).astype(np.float32)
    assert lag(heard.T, expected[None]) == 0
    assert error_db(heard.T[:1], expected[None]) < -25


@needs_ffmpeg
@pytest.mark.parametrize("name", ["flac", "ogg", "opus", "m4a", "wav"])
def test_six_channels_keep_their_places(name, tmp_path):
    """Each loudspeaker gets a tone of its own; the fourth is the low-frequency one."""
    rate, hertz = 48000, np.array([500, 600, 700, 60, 800, 900])
    samples = (0.3 * np.sin(2 * np.pi * np.outer(hertz, np.arange(2 * rate)) / rate)).astype(np.float32)
    path = tmp_path / f"x.{name}"
    write(path, samples, rate)
    with Decoder(path) as decoder:
        ours = np.concatenate(list(decoder), axis=1)
    command = ["ffmpeg", "-v", "error", "-i", path, "-af", "aformat=channel_layouts=5.1", "-f", "f32le", "-"]
    theirs = subprocess.run(command, capture_output=True, check=True).stdout
    theirs = np.frombuffer(theirs, np.float32).reshape(-1, 6).T
    for heard in (ours, theirs):
        peaks = np.argmax(np.abs(np.fft.rfft(heard[:, rate // 2 : rate // 2 + rate])), axis=1)
        np.testing.assert_array_equal(peaks, hertz)


@needs_ffmpeg
@pytest.mark.parametrize(("channels", "layout"), [(6, "5.1"), (8, "7.1"), (12, "12 channels (FL+FR+FC+LFE")])
def test_multichannel_wav_names_its_loudspeakers(channels, layout, tmp_path):
    write(tmp_path / "x.wav", np.zeros((channels, 100), np.float32))
    shown = subprocess.run(
        ["ffmpeg", "-hide_banner", "-i", tmp_path / "x.wav"], capture_output=True, text=True, check=False
    ).stderr
    assert f"Hz, {layout}" in shown
    assert soundfile.info(tmp_path / "x.wav").channels == channels


def test_the_mask_of_seven_one_four_is_that_of_the_ceiling(tmp_path):
    write(tmp_path / "x.wav", np.zeros((12, 1), np.float32))
    data = (tmp_path / "x.wav").read_bytes()
    mask = int.from_bytes(data[data.index(b"fmt ") + 28 :][:4], "little")
    assert mask == 0x3F | 0x600 | 0x1000 | 0x4000 | 0x8000 | 0x20000


@pytest.mark.parametrize("name", FORMATS)
def test_tags_and_cover_come_back_and_the_sound_stays(name, music, tmp_path):
    suffix = FORMATS[name].suffix
    plain, tagged = tmp_path / f"plain{suffix}", tmp_path / f"tagged{suffix}"
    for path, tags in ((plain, NO_TAGS), (tagged, TAGS)):
        write(path, music, 48000, format=name, tags=tags, dither=False, bits=16)
    with Decoder(plain) as a, Decoder(tagged) as b:
        np.testing.assert_array_equal(np.concatenate(list(a), axis=1), np.concatenate(list(b), axis=1))
        assert b.title == TAGS.title
    assert read_tags(tagged) == TAGS
    assert not read_tags(plain).cover


@needs_ffmpeg
@pytest.mark.parametrize("name", FORMATS)
def test_ffmpeg_reads_the_tags_and_the_length_of_a_tagged_file(name, music, tmp_path):
    path = tmp_path / f"x{FORMATS[name].suffix}"
    write(path, music, 48000, format=name, tags=TAGS, bits=24)
    assert with_ffmpeg(path).shape == music.shape
    shown = subprocess.run(["ffmpeg", "-hide_banner", "-i", path], capture_output=True, check=False).stderr.decode()
    for text in ("Été (Vocals)", "歌 & Söhne", "One; two", "Folk", "3/12", "attached pic"):
        assert text in shown


def test_tags_survive_in_a_wav_that_outgrew_its_header(music, tmp_path, monkeypatch):
    from stemstudio.audio import wav_header

    monkeypatch.setattr(wav_header, "RIFF_LIMIT", 50_000)
    write(tmp_path / "x.wav", music, tags=TAGS)
    assert soundfile.info(tmp_path / "x.wav").format == "RF64"
    with Decoder(tmp_path / "x.wav") as decoder:
        assert sum(block.shape[1] for block in decoder) == music.shape[1]


def test_tags_of_nothing_are_none(tmp_path):
    (tmp_path / "x.mp3").write_text("no sound")
    assert read_tags(tmp_path / "x.mp3") == read_tags(tmp_path / "missing.wav") == NO_TAGS


@pytest.mark.parametrize("name", [*LOSSY, "aiff", "alac"])
def test_a_full_disk_is_told_and_leaves_no_file(name, small_disk):
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 35 * RATE)).astype(np.float32)
    with pytest.raises(NoRoom, match="disk"):
        write(small_disk / f"x.{name}", noise, format=name, known=False, kbps=320)
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "wav"])
def test_a_cover_that_does_not_fit_is_told_and_leaves_no_file(name, music, small_disk):
    tags = Tags(title="x", cover=b"\xff\xd8\xff\xe0" + bytes(1_200_000))
    with pytest.raises(NoRoom, match="disk"):
        write(small_disk / f"x.{name}", music[:, :10_000], 48000, format=name, tags=tags)
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("name", LOSSY)
def test_breaking_off_is_quiet(name, tmp_path, capfd):
    writer = AudioWriter(tmp_path / f"x.{name}", 48000, 2, format=name)
    writer.write(np.full((2, 100_000), 0.5, np.float32))
    writer.discard()
    writer.discard()
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "channels"), [("mp3", 6), ("alac", 6), ("flac", 12), ("wav", 9)])
def test_too_many_channels_are_refused_before_a_file_appears(name, channels, tmp_path):
    with pytest.raises(BadInput, match="cannot hold"):
        AudioWriter(tmp_path / "x", RATE, channels, format=name)
    assert not list(tmp_path.iterdir())


def test_samples_over_full_scale_are_counted_in_lossy_files(tmp_path):
    assert write(tmp_path / "x.mp3", np.full((2, 2000), 1.5, np.float32)).clipped == 4000
