"""The open project as a person lives with it: edit, undo, close, come back."""

from dataclasses import replace

import numpy as np
import pytest

from stemstudio.core.errors import NoRoom
from stemstudio.project.collecting import is_blank
from stemstudio.project.document import ClipRef, Marker, Patch, Project, Stem, Track, with_stem, with_track
from stemstudio.project.folders import unsaved_folder
from stemstudio.project.recovery import new_unsaved_folder
from stemstudio.project.references import clip_ids
from stemstudio.project.session import Session


def marked(number):
    return lambda project: replace(project, markers=(*project.markers, Marker("t", number, str(number))))


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_project_is_empty(session):
    assert session.project == Project()
    assert session.title == "Sönge & more"
    assert not session.is_dirty
    assert not session.is_unsaved
    assert is_blank(session.history)


def test_the_suffix_is_appended(tmp_path):
    made = Session.create(tmp_path / "v1.2 final")
    made.close()
    assert made.folder == tmp_path / "v1.2 final.stemstudio"
    assert made.title == "v1.2 final"


def test_a_project_is_never_made_over_another(session):
    with pytest.raises(NoRoom, match="already"):
        Session.create(session.folder)


def test_edits_undo_and_redo(session):
    session.edit("Mark 1", marked(1))
    session.edit("Mark 2", marked(2))
    session.undo()
    assert session.project == marked(1)(Project())
    session.redo()
    session.redo()
    assert session.project == marked(2)(marked(1)(Project()))
    session.jump(0)
    session.undo()
    assert session.project == Project()


def test_an_edit_that_changes_nothing_is_no_step(session):
    told = []
    session.listeners.append(lambda: told.append(1))
    session.edit("Nothing", lambda project: project)
    session.edit("The same again", lambda _: Project())
    session.undo()
    session.redo()
    assert len(session.history.steps) == 1
    assert told == []


def test_an_edit_that_raises_changes_nothing(session):
    with pytest.raises(ZeroDivisionError):
        session.edit("Broken", lambda _: 1 / 0)
    assert len(session.history.steps) == 1


def test_listeners_hear_of_every_change_after_it_is_stored(session):
    seen = []
    session.listeners.append(lambda: seen.append((session.history.index, session.is_dirty)))
    session.edit("Mark 1", marked(1))
    session.mark_saved()
    session.undo()
    session.redo()
    assert seen == [(1, True), (1, False), (0, True), (1, False)]


def test_a_dragged_slider_is_one_step(session, add_song, set_gain):
    add_song(session)
    count = len(session.history.steps)
    for gain in range(1, 20):
        set_gain(session, -float(gain), merge_key="gain")
    assert len(session.history.steps) == count + 1
    session.undo()
    assert session.project.tracks[0].stems[0].strip.gain_db == 0.0


def test_a_project_comes_back_as_it_was_left(session, add_song, set_gain):
    add_song(session)
    set_gain(session, -6.25)
    set_gain(session, -0.1 - 0.2)
    session.mark_saved()
    session.undo()
    session.close()
    again = Session.open(session.folder)
    assert again.history == session.history
    assert again.is_dirty
    again.redo()
    assert again.project.tracks[0].stems[0].strip.gain_db == -0.1 - 0.2
    assert not again.is_dirty
    source = again.clips.open(again.project.tracks[0].mixture.id)
    assert np.all(source.read(0, 100) == 0.5)
    again.close()


def test_closing_twice_is_closing_once(session):
    session.close()
    session.close()


def test_clips_go_with_the_last_step_that_names_them(session, add_song, make_clip):
    add_song(session)
    kept = clip_ids(step.project for step in session.history.steps)
    extra = make_clip(session.clips)
    session.edit("Patch", lambda p: with_stem(p, "Song", Stem("Song/vocals", "vocals", extra)))
    session.undo()
    session.close()
    again = Session.open(session.folder)
    assert extra.id in again.clips.ids(), "it can still be redone"
    again.edit("Mark 1", marked(1))
    again.close()
    last = Session.open(session.folder)
    assert last.clips.ids() == kept
    assert last.missing_clips == frozenset()
    last.close()


def test_what_a_crash_left_of_jobs_is_collected_and_nothing_else(session, add_song, make_clip):
    track = add_song(session)
    orphan = make_clip(session.clips)
    unfinished = session.clips.create(2, 1000, 8000)
    media = session.clips.folder
    (media / "notes.txt").write_text("mine")
    (media / "my recording.wav").write_bytes(b"RIFF")
    (media / "take2.wav").write_bytes(b"RIFF")
    session._store.close()  # as a crash would: nothing is tidied
    again = Session.open(session.folder)
    names = files(media)
    assert {"notes.txt", "my recording.wav", "take2.wav", f"{track.mixture.id}.wav"} <= set(names)
    assert not [name for name in names if name.startswith((orphan.id, unfinished.id))]
    assert again.missing_clips == frozenset()
    again.close()
    unfinished.discard()


def test_a_missing_clip_is_known_and_does_not_keep_from_working(session, add_song, set_gain):
    track = add_song(session)
    session.clips.remove(track.mixture.id)
    assert session.missing_clips == {track.mixture.id}
    session.close()
    session = Session.open(session.folder)
    assert session.clips.ids() == {stem.clip.id for stem in track.stems}
    set_gain(session, -3.0)
    assert session.project.tracks[0].stems[0].strip.gain_db == -3.0
    session.close()


def test_where_a_named_clip_is_missing_no_other_is_collected(session, add_song, make_clip):
    """Damage may have changed a clip's name: the nameless one may be it."""
    track = add_song(session)
    session.clips.path(track.mixture.id).rename(session.clips.path("0" * 32))
    session.close()
    Session.open(session.folder).close()
    assert "0" * 32 in {path.stem for path in session.clips.folder.iterdir()}


# --- unsaved projects -------------------------------------------------------------------------------------------


def test_an_unsaved_project_is_called_after_its_song(add_song):
    session = Session.create(new_unsaved_folder())
    assert session.is_unsaved
    assert session.title == "Untitled"
    add_song(session, "Blue Bossa")
    assert session.title == "Blue Bossa"
    session.close()


def test_an_untouched_unsaved_project_leaves_nothing():
    session = Session.create(new_unsaved_folder())
    session.edit("Nothing", lambda project: project)
    session.close()
    assert files(unsaved_folder()) == []


def test_discarding_removes_an_unsaved_project(add_song):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    session.discard()
    assert files(unsaved_folder()) == []


def test_a_saved_project_cannot_be_discarded(session, add_song):
    add_song(session)
    with pytest.raises(AssertionError):
        session.discard()


def test_references_are_found_wherever_they_are():
    clips = [ClipRef(str(number), 1, 1, 1) for number in range(4)]
    stem = Stem("s", "vocals", clips[1], (Patch(0, clips[2]), Patch(0, clips[3])))
    project = with_track(Project(), Track("t", "T", "", clips[0], (stem,)))
    assert clip_ids([project, Project()]) == {"0", "1", "2", "3"}
    assert clip_ids([project], lambda part: part is stem) == {"0"}
