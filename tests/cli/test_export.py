import json
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from stemstudio.audio.decode import Decoder
from stemstudio.core.progress import Progress
from stemstudio.operations.importing import import_song
from stemstudio.operations.separating import separate_track
from stemstudio.project.document import Project
from stemstudio.project.session import Session

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg program here")


@pytest.fixture
def project(song, tmp_path):
    """A saved project of one song with stems."""
    session = Session.create(tmp_path / "kept.stemstudio")
    for make in (
        lambda _: import_song(song, session.clips),
        lambda document: separate_track(document.tracks[0], session.clips, "center", {})[0],
    ):
        operation = make(session.project)
        result = operation.job.work(Progress())
        session.edit(operation.label, lambda document, o=operation, r=result: o.apply(document, r))
    session.close()
    return tmp_path / "kept.stemstudio"


def test_stems_add_up_to_the_song(studio, project, music, tmp_path):
    said = studio("export", project, "-o", tmp_path / "out", "--bits", "32f", "--json")
    assert said.code == 0
    paths = said.last["outputs"]
    assert [path.rpartition("(")[2] for path in paths] == ["Centre).wav", "Sides).wav", "Residual).wav"]
    total = sum(soundfile.read(path)[0] for path in paths)
    np.testing.assert_allclose(total.T, music, atol=1e-6)


def test_every_choice_reaches_the_file(studio, project, tmp_path):
    said = studio(
        "export", project, "-o", tmp_path / "out", "--as", "mix,groups", "--group", "Both=center,sides", "--format",
        "flac", "--bits", "16", "--rate", "48000", "--start", "0.5", "--end", "1.5", "--loudness", "-23", "--ceiling",
        "-1", "--name", "{index} {stem}", "--json",
    )  # fmt: skip
    assert said.code == 0
    assert [path.rpartition("/")[2] for path in said.last["outputs"]] == ["1 Both.flac", "2 Mix.flac"]
    for path in said.last["outputs"]:
        info = soundfile.info(path)
        assert (info.samplerate, info.frames, info.subtype) == (48000, 48000, "PCM_16")
    assert said.last["lufs"] == pytest.approx(-23, abs=0.05)


@needs_ffmpeg
def test_a_file_for_decks_opens_as_a_song_with_its_stems(studio, project, music, tmp_path):
    said = studio("export", project, "-o", tmp_path / "out", "--as", "ni-stem", "--format", "alac", "--json")
    (path,) = said.last["outputs"]
    assert path.endswith("歌.stem.mp4")
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", path]
    streams = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    assert [each["disposition"]["default"] for each in streams] == [1, 0, 0, 0, 0]
    with Decoder(path) as decoder:
        np.testing.assert_allclose(np.concatenate(list(decoder), axis=1), music, atol=2**-23)
    assert studio("separate", path, "-o", tmp_path / "again", "--backend", "center").code == 0


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--as", "adm"], 3, "cannot be written yet"),
        (["--as", "dawproject"], 3, "cannot be written yet"),
        (["--as", "acapella"], 3, "no stem of the voice"),
        (["--stems", "kazoo"], 3, "center, sides, residual"),
        (["--as", "mka", "--format", "mp3"], 3, "cannot hold MP3"),
        (["--start", "1:00"], 3, "empty"),
        (["--loudness", "20"], 3, "LUFS"),
        (["--limit"], 3, "ceiling"),
        (["--rate", "7"], 3, "7 Hz"),
        (["--name", "{nobody}"], 3, "{track}"),
        (["--track", "other"], 3, "--track"),
        (["--as", "mix,ni-stem"], 2, "not one kind"),
        (["--as", "tape"], 2, "none of"),
        (["--group", "x"], 2, "NAME="),
    ],
)
def test_a_choice_that_cannot_be_is_told_and_leaves_nothing(options, code, says, studio, project, tmp_path):
    said = studio("export", project, "-o", tmp_path / "out", *options)
    assert said.code == code
    assert says in said.err
    assert code == 2 or said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_project_that_is_none_is_told(studio, tmp_path):
    (tmp_path / "x.stemstudio").mkdir()
    for name in ("x.stemstudio", "missing.stemstudio"):
        said = studio("export", tmp_path / name, "-o", tmp_path / "out")
        assert (said.code, said.err.count("\n")) == (3, 1)


def test_an_empty_project_is_told(studio, tmp_path):
    session = Session.create(tmp_path / "x.stemstudio")
    assert session.project == Project()
    session.close()
    assert "empty" in studio("export", tmp_path / "x.stemstudio", "-o", tmp_path / "out").err
