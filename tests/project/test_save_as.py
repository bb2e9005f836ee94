"""Saving a project elsewhere and going on there, on the same disk and on another."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stemstudio.core.errors import Cancelled, NoRoom, UserError
from stemstudio.core.progress import Progress
from stemstudio.project.document import Patch, Stem, with_stem
from stemstudio.project.folders import unsaved_folder
from stemstudio.project.recovery import new_unsaved_folder, recoverable
from stemstudio.project.session import Session


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["linked", "copied"])
def target(request, tmp_path, monkeypatch):
    """A folder beside the project, where clips are linked, and one on another disk, where they must be copied."""
    if request.param == "linked":
        yield tmp_path / "Saved.stemstudio"
        return
    shm = Path("/dev/shm")
    if shm.is_dir() and shm.stat().st_dev != tmp_path.stat().st_dev:
        with tempfile.TemporaryDirectory(dir=shm) as folder:
            yield Path(folder) / "Saved.stemstudio"
        return

    def link(*_):
        raise OSError(18, "another disk")

    monkeypatch.setattr(os, "link", link)
    yield tmp_path / "Saved.stemstudio"


def test_save_as_takes_everything_along_and_goes_on_there(session, add_song, set_gain, target):
    add_song(session)
    set_gain(session, -3.0)
    session.undo()
    before, old_folder = session.history, session.folder
    told = []
    session.listeners.append(lambda: told.append(session.folder))
    session.save_as(target)
    assert told == [target]
    assert session.folder == target
    assert not session.is_dirty
    assert session.history.labels == before.labels
    assert session.history.index == before.index
    assert session.missing_clips == frozenset()
    session.redo()
    set_gain(session, -9.0)
    media = session.clips.folder
    assert files(media) == files(old_folder / "media")
    session.close()
    old = Session.open(old_folder)
    assert old.history == before, "the old folder keeps what it had"
    old.close()
    new = Session.open(target)
    assert new.history == session.history
    new.close()
    assert [name for name in files(target.parent) if "part" in name] == []


def test_save_as_here_is_save(session, add_song):
    add_song(session)
    session.save_as(session.folder.with_suffix(""))
    assert not session.is_dirty


def test_save_as_never_replaces_anything(session, add_song, tmp_path):
    add_song(session)
    taken = tmp_path / "Taken.stemstudio"
    taken.mkdir()
    (taken / "precious").write_text("x")
    with pytest.raises(NoRoom, match="exists already"):
        session.save_as(taken)
    assert files(taken) == ["precious"]
    assert session.is_dirty


def test_save_as_into_a_folder_that_is_not_there_names_that_folder(session, add_song, tmp_path):
    add_song(session)
    with pytest.raises(NoRoom, match="nowhere does not exist"):
        session.save_as(tmp_path / "nowhere" / "song.stemstudio")


def test_a_cancelled_save_as_leaves_nothing(session, add_song, target):
    add_song(session, seconds=60.0)
    before = files(target.parent)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        session.save_as(target, progress)
    assert files(target.parent) == before
    assert session.folder != target
    session.undo()


def test_what_a_killed_save_as_left_is_no_obstacle(session, add_song, target):
    add_song(session)
    leftover = target.with_name(f".{target.name}.part") / "media"
    leftover.mkdir(parents=True)
    (leftover / "half.wav").write_bytes(b"RIFF")
    session.save_as(target)
    assert not leftover.exists()
    assert "half.wav" not in files(target / "media")


def test_a_save_as_that_fails_leaves_everything_as_it_was(session, add_song, tmp_path):
    add_song(session)
    before = session.history
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError):
        session.save_as(tmp_path / "file" / "Saved")
    assert session.history is before
    assert (tmp_path / "file").read_text() == "x"
    session.undo()


def test_progress_of_a_copy_reaches_the_reporter(session, add_song, target):
    add_song(session)
    progress = Progress()
    session.save_as(target, progress)
    assert progress.fraction == pytest.approx(1.0)


def test_what_happens_while_a_job_copies_is_brought_along(session, add_song, set_gain, make_clip, target):
    add_song(session)
    copy = session.copying(target)(Progress())
    set_gain(session, -3.0)
    extra = make_clip(session.clips, value=0.25)
    session.edit("Patch", lambda p: with_stem(p, "Song", Stem("Song/vocals", "vocals", extra)))
    session.adopt(copy)
    assert session.is_dirty
    assert session.missing_clips == frozenset()
    assert np.all(session.clips.open(extra.id).read(0, 100) == 0.25)
    session.close()
    again = Session.open(target)
    assert again.history == session.history
    again.close()


def test_undo_while_a_job_copies_is_brought_along(session, add_song, target):
    add_song(session)
    copy = session.copying(target)(Progress())
    session.undo()
    session.adopt(copy)
    assert session.history.undo_label == "Open Song"
    session.undo()


def test_a_job_that_began_before_save_as_may_end_after_it(session, add_song, make_clip, target):
    track = add_song(session)
    clips = session.clips
    session.save_as(target)
    late = make_clip(clips, value=0.125)
    session.edit("Patch", lambda p: with_stem(p, track.id, replace(track.stems[0], patches=(Patch(0, late),))))
    assert np.all(session.clips.open(late.id).read(0, 100) == 0.125)
    session.close()
    again = Session.open(target)
    assert again.missing_clips == frozenset()
    again.close()


@pytest.fixture
def late(session, add_song, make_clip, target):
    """A clip that a job finished in the folder that its session has left for `target`."""
    add_song(session)
    clips = session.clips
    session.save_as(target)
    return make_clip(clips, value=0.125)


def test_clips_are_copied_by_a_job_where_links_do_not_do(session, make_clip, late, request):
    there = session.clips.path(late.id)
    work = session.bringing([late.id, make_clip(session.clips).id, "0" * 32])
    assert (work is not None) == (request.node.callspec.params["target"] == "copied")
    if work is not None:
        assert not there.exists()
        progress = Progress()
        work(progress)
        assert progress.fraction == pytest.approx(1.0)
    assert there.exists()
    assert there.with_suffix(".peaks").exists()
    assert session.bringing([late.id]) is None
    copied = there.stat()
    session.edit("Patch", lambda p: with_stem(p, "Song", Stem("Song/vocals", "vocals", late)))
    assert there.stat() == copied, "the edit has nothing left to do"
    assert np.all(session.clips.open(late.id).read(0, 100) == 0.125)


def test_a_cancelled_fetch_leaves_nothing_and_may_be_done_again(session, late):
    work = session.bringing([late.id])
    before = files(session.clips.folder)
    if work is not None:
        progress = Progress()
        progress.cancel()
        with pytest.raises(Cancelled):
            work(progress)
        assert not session.clips.path(late.id).exists()
        assert set(files(session.clips.folder)) <= {*before, f"{late.id}.peaks"}
        session.bringing([late.id])(Progress())
    assert session.clips.path(late.id).exists()


def test_what_came_while_a_job_copied_can_be_fetched_by_a_job(session, add_song, make_clip, target):
    add_song(session)
    copy = session.copying(target)(Progress())
    assert session.catching_up(copy) is None
    extra = make_clip(session.clips, value=0.25)
    session.edit("Patch", lambda p: with_stem(p, "Song", Stem("Song/vocals", "vocals", extra)))
    work = session.catching_up(copy)
    there = target / "media" / f"{extra.id}.wav"
    if work is not None:
        assert not there.exists()
        work(Progress())
    assert there.exists()
    assert session.catching_up(copy) is None
    session.adopt(copy)
    assert session.missing_clips == frozenset()


def test_an_unsaved_project_that_was_saved_leaves_nothing(add_song, target):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    old = session.clips
    mixture = session.project.tracks[0].mixture
    session.save_as(target)
    assert np.all(old.open(mixture.id).read(0, 10) == 0.5), "what plays goes on playing"
    assert not session.is_unsaved
    session.close()
    assert files(unsaved_folder()) == []
    assert Session.open(target).project.tracks[0].mixture == mixture


def test_save_as_succeeds_even_if_the_unsaved_project_cannot_be_emptied(add_song, set_gain, target):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    copy = session.copying(target)(Progress())
    session.folder.rename(session.folder.with_name("gone"))
    session.adopt(copy)
    assert session.folder == target
    set_gain(session, -3.0)
    session.close()
    again = Session.open(target)
    assert again.history == session.history
    again.close()


def test_a_crash_after_save_as_does_not_offer_the_unsaved_project_again(add_song, target):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    session.save_as(target)
    for store in (*session._former, session._store):  # as a crash would: nothing is tidied
        store.close()
    assert recoverable() == ()
    assert files(unsaved_folder()) == []
    again = Session.open(target)
    assert again.missing_clips == frozenset()
    again.close()
