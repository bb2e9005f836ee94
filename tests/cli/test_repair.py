"""``stemstudio repair`` and ``stemstudio edits`` on real files."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from stemstudio.core.progress import Progress
from stemstudio.operations.importing import import_song
from stemstudio.operations.repairing import EDITED_SONG, repair_track
from stemstudio.project.document import Repair, with_track
from stemstudio.project.session import Session
from stemstudio.repair.selection import Selection

RATE = 44100
REACH = 2048


def test_a_box_is_mended_and_nothing_else(studio, song, music, tmp_path):
    out = tmp_path / "mended.wav"
    ran = studio("repair", song, "-o", out, "--method", "erase", "--box", "0.5,1.0,300,2000", "--json")
    assert ran.code == 0
    done = ran.events[-1]
    new, rate = soundfile.read(out, dtype="float32")
    assert (rate, new.shape) == (RATE, music.T.shape)
    assert done["output"] == str(out)
    assert done["change_db"] < 0
    outside = np.r_[0 : RATE // 2 - REACH, RATE + REACH : len(new)]
    assert np.array_equal(new[outside], music.T[outside])
    spectrum = np.abs(np.fft.rfft(new[RATE * 6 // 10 : RATE * 9 // 10, 0]))
    before = np.abs(np.fft.rfft(music[0, RATE * 6 // 10 : RATE * 9 // 10]))
    voice = slice(round(380 * 0.3), round(1500 * 0.3))
    assert np.sum(spectrum[voice] ** 2) < 1e-3 * np.sum(before[voice] ** 2)


def test_an_outline_and_a_feather(studio, song, music, tmp_path):
    out = tmp_path / "mended.wav"
    corners = "0.5,200 0:01.0,200 0.9,4000 0.6,4000"
    options = ("--feather", "0.02", "--set", "gain_db=-60")
    ran = studio("repair", song, "-o", out, "--method", "gain", "--lasso", corners, *options)
    assert ran.code == 0
    assert "mended from" in ran.out
    assert not np.array_equal(soundfile.read(out, dtype="float32")[0], music.T)


def test_nothing_to_mend_is_said(studio, tmp_path):
    quiet, out = tmp_path / "tone.wav", tmp_path / "out.wav"
    soundfile.write(quiet, 0.1 * np.sin(2 * np.pi * 220 * np.arange(2 * RATE) / RATE), RATE, subtype="FLOAT")
    ran = studio("repair", quiet, "-o", out, "--method", "declick", "--box", "0.5,1.0")
    assert ran.code == 0
    assert "nothing was found to mend" in ran.out
    assert np.array_equal(soundfile.read(out)[0], soundfile.read(quiet)[0])


def test_integer_files_stay_what_they_are_outside(studio, music, tmp_path):
    path, out = tmp_path / "song.wav", tmp_path / "out.flac"
    soundfile.write(path, 0.9 * music.T, RATE, subtype="PCM_16")
    assert studio("repair", path, "-o", out, "--method", "erase", "--box", "0.5,1.0").code == 0
    before, after = soundfile.read(path)[0], soundfile.read(out)[0]
    assert np.array_equal(before[RATE + REACH :], after[RATE + REACH :])
    assert np.abs(after[RATE * 6 // 10 : RATE * 9 // 10]).max() <= 2**-23


def test_sound_is_borrowed_from_the_context(studio, song, music, tmp_path):
    other, out = tmp_path / "drums.wav", tmp_path / "out.wav"
    soundfile.write(other, -music.T, RATE, subtype="FLOAT")
    ran = studio(
        "repair", song, "-o", out, "--method", "borrow", "--box", "0.5,1.0", "--set", "source=drums", "--context", other
    )
    assert ran.code == 0
    inside = slice(RATE * 6 // 10, RATE * 9 // 10)
    np.testing.assert_allclose(soundfile.read(out, dtype="float32")[0][inside], -music.T[inside], atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--method", "erase"), 3, "Nothing is selected"),
        (("--method", "polish", "--box", "0,1"), 3, "erase"),
        (("--method", "erase", "--box", "1,0"), 2, "from low to high"),
        (("--method", "erase", "--box", "9,10"), 3, "outside"),
        (("--method", "erase", "--lasso", "0,1 1,1"), 2, "three corners"),
        (("--method", "gain", "--box", "0,1", "--set", "gain_db=900"), 3, "gain_db"),
        (("--method", "borrow", "--box", "0,1", "--set", "source=piano"), 3, "source"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(studio, song, tmp_path, arguments, code, words):
    out = tmp_path / "out.wav"
    ran = studio("repair", song, "-o", out, *arguments)
    assert ran.code == code
    assert words in ran.err
    assert not out.exists()


def edited_project(folder, song):
    session = Session.create(folder)
    operation = import_song(song, session.clips)
    imported = operation.job.work(Progress())
    session.edit("Open", lambda project: operation.apply(project, imported))
    for first in (0.2, 1.0):
        where = Selection.box(RATE, first * RATE, (first + 0.3) * RATE, 300, 3000).to_text()
        task = Repair("repair", EDITED_SONG, where, "residual", "erase")
        repaired = repair_track(session.project.tracks[0], session.clips, task)
        patches = repaired.job.work(Progress())
        session.edit(repaired.label, lambda project, o=repaired, p=patches: o.apply(project, p))
    session.close()


def test_edits_are_listed_and_done_again(studio, song, music, tmp_path):
    project = tmp_path / "work.stemstudio"
    edited_project(project, song)
    done = studio("edits", project, "--json").events[-1]
    assert [edit["method"] for edit in done["edits"]] == ["erase", "erase"]
    assert done["edits"][1]["start"] == RATE
    stems, out = tmp_path / "stems", tmp_path / "edited"
    stems.mkdir()
    soundfile.write(stems / "song.wav", music.T, RATE, subtype="FLOAT")
    ran = studio("edits", project, "--replay", stems, "-o", out)
    assert ran.code == 0, ran.err
    parts = [soundfile.read(out / f"{name}.wav", dtype="float32")[0] for name in ("song", "residual")]
    np.testing.assert_allclose(sum(parts), music.T, atol=1e-6)
    assert np.abs(parts[1][RATE * 11 // 10 : RATE * 12 // 10]).max() > 0.05
    again = studio("edits", project, "--replay", stems, "-o", out)
    assert again.code == 3
    assert "empty folder" in again.err
    assert studio("edits", project, "--replay", stems).code == 3
    assert "no song of that name" in studio("edits", project, "--track", "another").err


def test_a_damaged_edit_is_listed_as_such_among_the_others(studio, song, tmp_path):
    project = tmp_path / "work.stemstudio"
    edited_project(project, song)
    session = Session.open(project)
    track = session.project.tracks[0]
    broken = replace(track, repairs=(replace(track.repairs[0], selection='{"parts":'), track.repairs[1]))
    session.edit("Damage", lambda document: with_track(document, broken))
    session.close()
    ran = studio("edits", project)
    assert ran.code == 0, ran.err
    assert "damaged" in ran.out
    assert "Erase" in ran.out


def test_names_of_new_stems_stay_in_the_folder(studio, song, music, tmp_path):
    project, stems, out = tmp_path / "work.stemstudio", tmp_path / "stems", tmp_path / "edited"
    edited_project(project, song)
    session = Session.open(project)
    track = session.project.tracks[0]
    split = replace(track.repairs[0], action="split", other="../../high/low", method="")
    session.edit("Split", lambda document: with_track(document, replace(track, repairs=(split,))))
    session.close()
    stems.mkdir()
    soundfile.write(stems / "song.wav", music.T, RATE, subtype="FLOAT")
    ran = studio("edits", project, "--replay", stems, "-o", out)
    assert ran.code == 0, ran.err
    assert len(list(out.iterdir())) == 3


def test_edits_are_done_again_to_mono_stems(studio, song, music, tmp_path):
    project, stems, out = tmp_path / "work.stemstudio", tmp_path / "stems", tmp_path / "edited"
    edited_project(project, song)
    session = Session.open(project)
    track = session.project.tracks[0]
    borrowed = replace(track.repairs[1], method="borrow", values=(("source", "mixture"),))
    session.edit("Borrow", lambda document: with_track(document, replace(track, repairs=(track.repairs[0], borrowed))))
    session.close()
    stems.mkdir()
    soundfile.write(stems / "song.wav", music[0], RATE, subtype="FLOAT")
    ran = studio("edits", project, "--replay", stems, "-o", out)
    assert ran.code == 0, ran.err
    parts = [soundfile.read(out / f"{name}.wav", dtype="float32")[0] for name in ("song", "residual")]
    assert parts[0].ndim == 1
    np.testing.assert_allclose(sum(parts), music[0], atol=1e-6)
