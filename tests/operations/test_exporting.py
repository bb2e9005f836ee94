"""Exports of a real separation, read back by readers that are not ours."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import FORMATS, AudioWriter
from stemstudio.audio.loudness import true_peak_dbtp
from stemstudio.audio.tags import Tags, read_tags
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput, NoRoom, UserError
from stemstudio.core.progress import Progress
from stemstudio.effects.chain import ChainSlot
from stemstudio.exporting.container_titles import stem_titles
from stemstudio.exporting.mp4_atoms import box, with_user_data
from stemstudio.operations.exporting import export_track
from stemstudio.operations.exporting_choice import ExportChoice
from stemstudio.operations.exporting_items import Group
from stemstudio.operations.exporting_level import LevelChoice
from stemstudio.operations.graph import stem_source, track_mix
from stemstudio.operations.importing import import_song
from stemstudio.operations.separating import separate_track
from stemstudio.project.document import Project, Strip

RATE = 44100
SECONDS = 6
TAGS = Tags(title="The Song", artist="The Band", album="An Album", date="2001-02-03", track="2/9",
            cover=b"\x89PNG\r\n\x1a\n" + bytes(3000))  # fmt: skip
STEMS = ("vocals", "drums", "bass", "other", "residual")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg program here")


def run(operation, project):
    return operation.apply(project, operation.job.work(Progress()))


@pytest.fixture(scope="module")
def kept(tmp_path_factory, demo_folder):
    """A separated excerpt of the demo song, whose file has tags, and the clips of it."""
    folder = tmp_path_factory.mktemp("song")
    samples, _ = soundfile.read(demo_folder / "mixture.flac", frames=SECONDS * RATE, start=5 * RATE, dtype="float32")
    with AudioWriter(folder / "a song.flac", RATE, 2, format="flac", tags=TAGS) as writer:
        writer.write(samples.T)
    clips = ClipStore(folder / "media")
    project = run(import_song(folder / "a song.flac", clips), Project())
    project = run(separate_track(project.tracks[0], clips, "classic-4", {})[0], project)
    return project.tracks[0], clips


@pytest.fixture
def track(kept):
    return kept[0]


@pytest.fixture
def clips(kept):
    return kept[1]


@pytest.fixture(scope="module")
def long_track(kept):
    """The same stems twelve times over, so that no coding makes them fit a megabyte."""
    track, clips = kept
    stems = []
    for stem in track.stems:
        sound = all_of(stem_source(stem, clips))
        with clips.create(2, None, RATE) as writer:
            for count in range(12):
                writer.write(count * sound.shape[1], sound)
            stems.append(replace(stem, clip=replace(stem.clip, id=writer.finish(), frames=12 * sound.shape[1])))
    return replace(track, stems=tuple(stems), mixture=replace(track.mixture, frames=stems[0].clip.frames))


@pytest.fixture
def mixed(track):
    """The same song with a desk that somebody has touched."""
    strips = (Strip(-3, 0.3), Strip(2), Strip(mute=True), Strip(-6, -0.5), Strip())
    stems = [replace(stem, strip=strip) for stem, strip in zip(track.stems, strips, strict=True)]
    stems[0] = replace(stems[0], chain=(ChainSlot.of("gate", sidechain="drums"), ChainSlot.of("compressor")))
    return replace(track, stems=tuple(stems))


def export(track, clips, folder, **choice):
    return export_track(track, clips, folder, ExportChoice(**choice)).work(Progress())


def with_ffmpeg(path, stream=0):
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", f"0:a:{stream}", "-f", "f32le", "-c:a", "pcm_f32le", "-"]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(output, np.float32).reshape(-1, 2).T


def loudness(path):
    """Integrated loudness and true peak by ffmpeg's ebur128."""
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-map", "0:a:0", "-af", "ebur128=peak=true"]
    said = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary") :]
    return tuple(float(re.search(pattern, summary)[1]) for pattern in (r"I:\s+(\S+) LUFS", r"Peak:\s+(\S+) dBFS"))


def all_of(source):
    return source.read(0, source.frames)


@needs_ffmpeg
@pytest.mark.parametrize("name", FORMATS)
def test_the_mix_is_written_as_it_is_heard(name, mixed, clips, tmp_path):
    heard = all_of(track_mix(mixed, clips))
    bits = max(FORMATS[name].bits, default=24)
    rate = 48000 if name == "opus" else None
    (path,) = export(mixed, clips, tmp_path, mix=True, format=name, bits=bits, sample_rate=rate).paths
    back = with_ffmpeg(path)
    if rate is None:
        assert back.shape == heard.shape
        error = np.sum((back - heard) ** 2) / np.sum(heard**2)
        assert error < (1e-12 if FORMATS[name].bits else 10**-1.5)
    else:
        assert back.shape[1] == SECONDS * rate
    assert read_tags(path) == TAGS
    again = run(import_song(path, clips), Project()).tracks[0]
    assert (again.title, again.mixture.frames) == ("The Song", back.shape[1])


def test_instrumental_and_a_cappella_are_the_mix_in_two(mixed, clips, tmp_path):
    paths = export(mixed, clips, tmp_path, mix=True, instrumental=True, acapella=True, bits=32).paths
    assert [path.name for path in paths] == [f"The Song ({each}).wav" for each in ("Instrumental", "A cappella", "Mix")]
    instrumental, voice, mix = (soundfile.read(path)[0] for path in paths)
    np.testing.assert_allclose(instrumental + voice, mix, atol=1e-6)
    np.testing.assert_allclose(voice.T, all_of(track_mix(only(mixed, "vocals"), clips)), atol=1e-7)


def only(track, name):
    stems = tuple(replace(stem, strip=replace(stem.strip, mute=stem.name != name)) for stem in track.stems)
    return replace(track, stems=stems)


@pytest.mark.parametrize("as_mixed", [False, True])
def test_a_group_is_the_sum_of_its_stems(as_mixed, mixed, clips, tmp_path):
    choice = {"as_mixed": as_mixed, "bits": 32, "tags": False}
    group = Group("Rhythm", ("drums", "bass"))
    drums, bass, both = export(mixed, clips, tmp_path, stems=group.stems, groups=(group,), **choice).paths
    assert both.name == "The Song (Rhythm).wav"
    np.testing.assert_allclose(soundfile.read(drums)[0] + soundfile.read(bass)[0], soundfile.read(both)[0], atol=1e-6)
    source = stem_source(mixed.stems[1], clips)
    factor = 10 ** (2 / 20) if as_mixed else 1
    np.testing.assert_allclose(soundfile.read(drums)[0].T, factor * all_of(source), atol=1e-6)


def test_what_the_mix_goes_through_is_in_its_versions_and_not_in_its_parts(mixed, clips, tmp_path):
    quiet = replace(mixed, chain=(ChainSlot.of("trim", {"gain_db": -12.0}),))
    choice = {"stems": ("drums",), "mix": True, "instrumental": True, "as_mixed": True, "bits": 32, "start_s": 2.0}
    before = export(mixed, clips, tmp_path, **choice).paths
    after = export(quiet, clips, tmp_path, **choice).paths
    for old, new, factor in zip(before, after, (1, 10**-0.6, 10**-0.6), strict=True):
        np.testing.assert_allclose(soundfile.read(new)[0], factor * soundfile.read(old)[0], atol=1e-6)


def test_a_range_is_cut_to_the_sample_and_a_rate_is_converted(track, clips, tmp_path):
    (path,) = export(track, clips, tmp_path, mix=True, bits=32, start_s=1.25, end_s=3.0).paths
    whole = all_of(track_mix(track, clips))
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0].T, whole[:, 55125:132300])
    (path,) = export(track, clips, tmp_path, mix=True, sample_rate=48000, start_s=1.25, end_s=3.0).paths
    info = soundfile.info(path)
    assert (info.samplerate, info.frames) == (48000, 84000)


@needs_ffmpeg
@pytest.mark.parametrize("target", [-23.0, -14.0])
def test_loudness_is_that_which_ffmpeg_measures_and_stems_keep_their_balance(target, mixed, clips, tmp_path):
    level = LevelChoice(loudness_lufs=target)
    result = export(mixed, clips, tmp_path, stems=STEMS, mix=True, as_mixed=True, bits=32, level=level)
    *stems, mix = result.paths
    assert loudness(mix)[0] == pytest.approx(target, abs=0.1)
    assert result.level.lufs == pytest.approx(target, abs=0.01)
    heard = [stem for stem, path in zip(stems, mixed.stems, strict=True) if not path.strip.mute]
    total = sum(soundfile.read(path)[0] for path in heard)
    np.testing.assert_allclose(total, soundfile.read(mix)[0], atol=1e-5)


@needs_ffmpeg
def test_a_ceiling_holds_everything_down_by_one_gain(track, clips, tmp_path):
    level = LevelChoice(loudness_lufs=-5.0, ceiling_dbtp=-1.0)
    result = export(track, clips, tmp_path, stems=STEMS, mix=True, bits=24, level=level)
    assert result.clipped == 0
    assert "limiter" in result.notices[0]
    peaks = [loudness(path)[1] for path in result.paths]
    assert max(peaks) == pytest.approx(-1.0, abs=0.1)
    gain = 10 ** (result.level.gain_db / 20)
    voice = all_of(stem_source(track.stems[0], clips))
    np.testing.assert_allclose(soundfile.read(result.paths[0])[0].T, gain * voice, atol=1e-6)


@needs_ffmpeg
def test_a_limiter_brings_the_mix_to_the_loudness_below_the_ceiling_and_leaves_stems_alone(track, clips, tmp_path):
    level = LevelChoice(loudness_lufs=-14.5, ceiling_dbtp=-6.0, limit=True)
    result = export(track, clips, tmp_path, stems=("drums",), mix=True, bits=32, level=level)
    drums, mix = result.paths
    lufs, peak = loudness(mix)
    assert lufs == pytest.approx(-14.5, abs=0.1)
    assert not result.notices
    assert peak <= -6.0
    samples, rate = soundfile.read(mix, dtype="float32")
    assert true_peak_dbtp(AudioBuffer(samples.T, rate)) <= -6.0
    gain = 10 ** (result.level.gain_db / 20)
    np.testing.assert_allclose(soundfile.read(drums)[0].T, gain * all_of(stem_source(track.stems[1], clips)), atol=1e-6)
    assert loudness(drums)[1] > -6.0  # the limiter would have had work to do


def test_what_a_limiter_cannot_reach_is_told(track, clips, tmp_path):
    result = export(track, clips, tmp_path, mix=True, level=LevelChoice(-3.0, -6.0, limit=True))
    assert "ceiling keeps" in result.notices[0]
    assert result.level.gain_db < 25


def test_effects_that_could_not_be_heard_are_told_where_they_should_have_been(track, clips, tmp_path):
    lost = replace(track, chain=(ChainSlot("plugin:/nowhere/Space.vst3"),))
    notices = export(lost, clips, tmp_path, stems=(), mix=True).notices
    assert notices == ("The plug-in /nowhere/Space.vst3 is not on this machine. The sound went on without it.",)
    assert export(lost, clips, tmp_path, stems=("vocals",), as_mixed=False).notices == ()
    passed_by = replace(lost, chain=(ChainSlot("plugin:/nowhere/Space.vst3", bypass=True),))
    assert export(passed_by, clips, tmp_path, stems=(), mix=True).notices == ()


def test_silence_has_no_loudness_and_is_left_as_it_is(track, clips, tmp_path):
    silent = replace(track, stems=tuple(replace(stem, strip=Strip(mute=True)) for stem in track.stems))
    result = export(silent, clips, tmp_path, mix=True, level=LevelChoice(-14.0, -1.0))
    assert "too quiet" in result.notices[0]
    assert not soundfile.read(result.paths[0])[0][:100].any()


@needs_ffmpeg
@pytest.mark.parametrize(("name", "within"), [("alac", 1e-12), ("m4a", 10**-1.5)])
def test_a_file_for_decks_holds_the_mix_and_four_stems_of_it(name, within, mixed, clips, tmp_path):
    (path,) = export(mixed, clips, tmp_path, container="ni-stem", format=name).paths
    assert path.name == "The Song.stem.mp4"
    assert stem_titles(path) == ("Drums", "Other", "Vocals", "Residual")  # the bass is muted
    streams = [with_ffmpeg(path, index) for index in range(5)]
    heard = all_of(track_mix(mixed, clips))
    assert {stream.shape for stream in streams} == {heard.shape}
    assert np.sum((streams[0] - heard) ** 2) < within * np.sum(heard**2)
    assert np.sum((sum(streams[1:]) - heard) ** 2) < 2 * within * np.sum(heard**2)
    assert read_tags(path) == TAGS


def test_five_stems_become_four(track, clips, tmp_path):
    (path,) = export(track, clips, tmp_path, container="ni-stem", format="alac").paths
    assert stem_titles(path) == ("Drums", "Bass", "Other", "Vocals")
    shown = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-of", "json", path], capture_output=True,
                           check=True).stdout if shutil.which("ffprobe") else None  # fmt: skip
    if shown:
        assert [each["disposition"]["default"] for each in json.loads(shown)["streams"][:5]] == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(("container", "name"), [("ni-stem", "alac"), ("mka", "flac")])
def test_a_file_of_stems_opens_as_a_song_with_them(container, name, track, clips, tmp_path):
    (path,) = export(track, clips, tmp_path, container=container, format=name).paths
    again = run(import_song(path, clips), Project()).tracks[0]
    assert {stem.name for stem in again.stems} == set(STEMS)
    assert again.stems[-1].name == "residual"
    np.testing.assert_allclose(all_of(track_mix(again, clips)), all_of(track_mix(track, clips)), atol=2**-22)
    was = {stem.name: stem for stem in track.stems}
    for stem in again.stems:
        if (container, stem.name) not in {("ni-stem", "other"), ("ni-stem", "residual")}:  # one there
            np.testing.assert_allclose(
                all_of(stem_source(stem, clips)), all_of(stem_source(was[stem.name], clips)), atol=2**-20
            )


@pytest.mark.parametrize(("container", "name"), [("ni-stem", "alac"), ("mka", "flac")])
def test_a_song_in_mono_fits_such_a_file_too(container, name, clips, tmp_path):
    t = np.arange(RATE) / RATE
    soundfile.write(tmp_path / "mono.wav", 0.3 * np.sin(2 * np.pi * 440 * t), RATE, subtype="FLOAT")
    project = run(import_song(tmp_path / "mono.wav", clips), Project())
    track = run(separate_track(project.tracks[0], clips, "hpss", {})[0], project).tracks[0]
    (path,) = export(track, clips, tmp_path / "out", container=container, format=name).paths
    again = run(import_song(path, clips), Project()).tracks[0]
    assert [stem.clip.channels for stem in again.stems] == [2, 2, 2]
    np.testing.assert_allclose(all_of(track_mix(again, clips)), all_of(track_mix(track, clips)), atol=2**-22)


def test_a_film_with_two_languages_is_no_song_with_stems(track, clips, tmp_path):
    assert stem_titles(tmp_path / "missing.mp4") == ()
    (tmp_path / "x.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    assert stem_titles(tmp_path / "x.mp4") == ()
    (path,) = export(track, clips, tmp_path, mix=True, format="m4a").paths
    assert stem_titles(path) == ()


def test_names_come_from_the_tags(track, clips, tmp_path):
    template = "{artist} - {album} {year} - {index:02d} {stem}"
    (path,) = export(track, clips, tmp_path, stems=("bass",), template=template).paths
    assert path.name == "The Band - An Album 2001 - 01 Bass.wav"
    (path,) = export(replace(track, source_path=""), clips, tmp_path, stems=("bass",), template=template).paths
    assert path.name == "Unknown artist - Unknown album - 01 Bass.wav"


def test_tags_can_be_left_out(track, clips, tmp_path):
    (path,) = export(track, clips, tmp_path, stems=("bass",), format="flac", tags=False).paths
    assert read_tags(path) == Tags()


@pytest.mark.parametrize("choice", [{"stems": STEMS}, {"container": "mka", "format": "flac"}])
def test_a_name_that_is_taken_is_left_to_its_owner(choice, track, clips, tmp_path):
    first = export(track, clips, tmp_path, **choice).paths
    before = {path: path.read_bytes() for path in first}
    second = export(track, clips, tmp_path, **choice).paths
    assert not {*first} & {*second}
    assert all(path.read_bytes() == data for path, data in before.items())


@pytest.mark.parametrize(
    "choice",
    [
        {"stems": STEMS, "format": "mp3"},
        {"stems": STEMS, "format": "flac"},
        {"container": "ni-stem", "format": "m4a"},
        {"container": "mka", "format": "flac"},
    ],
)
def test_a_full_disk_is_told_and_nothing_is_left(choice, long_track, clips, small_disk):
    with pytest.raises(NoRoom, match="disk"):
        export(long_track, clips, small_disk, **choice)
    assert not list(small_disk.iterdir())


def test_a_folder_that_cannot_be_written_is_told(track, clips, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError) as caught:
            export(track, clips, folder, mix=True)
        assert caught.value.todo


def test_a_disk_too_small_for_all_files_is_told_before_the_first_is_written(track, clips, tmp_path, monkeypatch):
    nearly_full = shutil._ntuple_diskusage(1 << 30, 1 << 30, 3 << 20)  # room for one stem of 1.6 MB, not for five
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly_full)
    messages = []

    class Listening(Progress):
        def update(self, fraction, message=""):
            messages.append(message)
            super().update(fraction, message)

    with pytest.raises(NoRoom, match="MB left"):
        export_track(track, clips, tmp_path, ExportChoice(stems=STEMS)).work(Listening())
    assert not [message for message in messages if message.startswith("Writing")]
    export(track, clips, tmp_path, stems=("bass",))


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no read-only folder that also root must respect")
@pytest.mark.parametrize("choice", [{"mix": True}, {"container": "mka", "format": "flac"}])
def test_a_read_only_folder_is_told(choice, track, clips):
    with pytest.raises(UserError) as caught:
        export(track, clips, Path("/proc/sys"), **choice)
    assert caught.value.todo


def test_what_an_export_that_was_killed_left_goes_with_the_next(track, clips, tmp_path):
    left = tmp_path / ".stemstudio-0123456789abcdef.part"
    left.write_bytes(b"half a file")
    os.utime(left, (0, 0))
    (path,) = export(track, clips, tmp_path, stems=("bass",)).paths
    assert list(tmp_path.iterdir()) == [path]


def test_no_name_is_taken_before_all_is_on_the_disk(track, clips, tmp_path, monkeypatch):
    seen, sync = [], os.fsync

    def watched(handle):
        seen.append([path.name for path in tmp_path.iterdir() if not path.name.startswith(".")])
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    export(track, clips, tmp_path, stems=STEMS, format="flac")
    assert seen[: len(STEMS)] == [[]] * len(STEMS)


def test_stems_that_cannot_be_read_are_left_out_and_told(track, clips, tmp_path):
    (path,) = export(track, clips, tmp_path, container="ni-stem", format="alac").paths
    data = path.read_bytes().replace(b'"stems": [', b'"stems": [{"name": "More"}, ', 1)
    at = data.index(b"stem{") - 4
    for name in (b"stem", b"udta", b"moov"):
        at = data.rindex(name, 0, at + 8) - 4
        data = data[:at] + (int.from_bytes(data[at : at + 4]) + 18).to_bytes(4) + data[at + 4 :]
    path.write_bytes(data)
    assert stem_titles(path)[0] == "More"
    again = run(import_song(path, clips), Project()).tracks[0]
    assert again.stems == ()
    assert "left out" in again.notices[-1]


@pytest.mark.parametrize("manifest", [b"[]", b"no JSON", b'{"stems": 3}', b"[" * 60_000, b"\xff"])
def test_a_manifest_that_is_none_is_no_reason_to_fail(manifest, tmp_path):
    movie = box(b"ftyp", b"mp42") + box(b"moov", with_user_data(b"", b"stem", manifest))
    (tmp_path / "x.mp4").write_bytes(movie)
    assert stem_titles(tmp_path / "x.mp4") == ()


@pytest.mark.parametrize(
    "choice",
    [
        {"mix": True, "start_s": 7.0},
        {"mix": True, "start_s": 2.0, "end_s": 2.0},
        {"mix": True, "level": LevelChoice(limit=True)},
        {"mix": True, "sample_rate": 3},
        {"groups": (Group("None", ("kazoo",)),)},
        {"container": "mka", "format": "mp3"},
    ],
)
def test_a_choice_that_cannot_be_is_refused_at_once(choice, track, clips, tmp_path):
    with pytest.raises(BadInput):
        export_track(track, clips, tmp_path / "out", ExportChoice(**choice))
