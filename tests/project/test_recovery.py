"""What was not saved is offered again, what is damaged is rescued, and nothing of a person's is removed."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stemstudio.core.errors import UserError
from stemstudio.project.database import DATABASE, DamagedProject, LockedProject
from stemstudio.project.document import Marker, Project
from stemstudio.project.folders import (
    cache_folder,
    config_folder,
    data_folder,
    report_folder,
    unsaved_folder,
)
from stemstudio.project.recovery import discard, new_unsaved_folder, recoverable
from stemstudio.project.rescue import rescue
from stemstudio.project.session import Session

EDITS = 60


def crash(session):
    """What a killed program leaves: nothing is tidied, the lock is gone."""
    session._store.close()


def names():
    return sorted(path.name for path in unsaved_folder().iterdir())


def test_everything_lives_under_one_home(home, monkeypatch):
    folders = [data_folder(), config_folder(), cache_folder(), unsaved_folder(), report_folder()]
    assert len(set(folders)) == 5
    assert all(folder.is_relative_to(home) for folder in folders)
    monkeypatch.delenv("STEMSTUDIO_HOME")
    assert "StemStudio" in str(data_folder())
    assert not home.exists(), "asking makes nothing"


def test_nothing_is_offered_where_there_is_nothing():
    assert recoverable() == ()


def test_a_crashed_project_is_offered_and_opens(add_song):
    session = Session.create(new_unsaved_folder())
    began = time.time()
    add_song(session, "Blue Bossa", seconds=2.0)
    crash(session)
    [offer] = recoverable()
    assert (offer.folder, offer.title, offer.seconds, offer.steps) == (session.folder, "Blue Bossa", 2.0, 3)
    assert began - 1 <= offer.when_s <= time.time()
    again = Session.open(offer.folder)
    assert again.history == session.history
    again.close()


def test_a_project_closed_without_saving_is_offered(add_song):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    session.close()
    assert [offer.title for offer in recoverable()] == ["Song"]


def test_the_newest_comes_first(add_song):
    for title in ("First", "Second", "Third"):
        session = Session.create(new_unsaved_folder())
        add_song(session, title)
        session.close()
    assert [offer.title for offer in recoverable()] == ["Third", "Second", "First"]


def test_a_project_that_is_open_is_neither_offered_nor_touched(add_song):
    here = Session.create(new_unsaved_folder())
    add_song(here)
    script = """
import time
from stemstudio.project.recovery import new_unsaved_folder
from stemstudio.project.session import Session
session = Session.create(new_unsaved_folder())
print(session.folder, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        other = process.stdout.readline().strip()
        assert recoverable() == ()
        assert sorted([Path(other).name, here.folder.name]) == names()
        with pytest.raises(LockedProject):
            discard(here.folder)
        process.kill()
    assert recoverable() == (), "it never held anything"
    assert names() == [here.folder.name]
    here.close()


def test_discarding_removes(add_song):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    session.close()
    discard(session.folder)
    assert recoverable() == ()
    assert names() == []


def test_a_removal_that_was_interrupted_is_finished(add_song):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    session.close()
    session.folder.rename(f"{session.folder}.removed")
    assert recoverable() == ()
    assert names() == []


def test_a_project_that_was_killed_while_it_was_made_goes_in_time(home):
    folder = new_unsaved_folder()
    folder.mkdir(parents=True)
    assert recoverable() == ()
    assert names() == [folder.name], "another program may be making it"
    os.utime(folder, (0, 0))
    assert recoverable() == ()
    assert names() == []


# --- damage -----------------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(folder, add_song):
    """A project of many steps, closed; its database is the test's to damage."""
    session = Session.create(folder)
    add_song(session)
    for number in range(EDITS):
        session.edit(f"Mark {number}", lambda _, n=number: Project(session.project.tracks, marks(n)))
    session.undo()
    session.close()
    return session


def marks(number):
    return tuple(Marker("Song", each, "x" * 40) for each in range(number + 1))


def spoil(path, start, end, fill=0):
    data = bytearray(path.read_bytes())
    data[start:end] = bytes([fill]) * (end - start)
    path.write_bytes(data)
    return bytes(data)


def media_of(folder):
    return sorted(path.name for path in (folder / "media").iterdir())


def test_a_hole_in_the_database_costs_the_steps_in_it(damaged):
    path = damaged.folder / DATABASE
    sounds = media_of(damaged.folder)
    pages = path.stat().st_size // 4096
    assert pages > 20
    spoiled = spoil(path, 4096 * (pages // 2), 4096 * (pages // 2 + 2))
    with pytest.raises(DamagedProject) as caught:
        Session.open(damaged.folder)
    assert "were rescued" in caught.value.what
    assert "Open it again" in caught.value.todo
    assert (damaged.folder / "project.damaged.db").read_bytes() == spoiled
    again = Session.open(damaged.folder)
    assert len(again.history.steps) < EDITS + 3
    assert {"Mark 0", f"Mark {EDITS - 1}"} <= set(again.history.labels), "both sides of the hole are read"
    originals = {step.label: step.project for step in damaged.history.steps}
    assert all(originals[step.label] == step.project for step in again.history.steps)
    assert again.missing_clips == frozenset()
    again.edit("Go on", lambda _: Project())
    again.close()
    Session.open(damaged.folder).close()
    assert media_of(damaged.folder) == sounds, "lost steps may name any of them"


def test_a_second_damage_does_not_replace_what_was_kept_of_the_first(damaged):
    for kept in ("project.damaged.db", "project.damaged-2.db"):
        path = damaged.folder / DATABASE
        pages = path.stat().st_size // 4096
        spoiled = spoil(path, 4096 * (pages // 2), 4096 * (pages // 2 + 1))
        with pytest.raises(DamagedProject):
            Session.open(damaged.folder)
        assert (damaged.folder / kept).read_bytes() == spoiled


@pytest.mark.parametrize("kind", ["empty", "noise", "header", "text"])
def test_a_database_that_says_nothing_is_kept_and_the_sounds_are_named(damaged, kind):
    path = damaged.folder / DATABASE
    if kind == "header":
        spoil(path, 0, 100, 255)
    else:
        path.write_bytes({"empty": b"", "noise": random.Random(1).randbytes(50_000), "text": b"hello"}[kind])
    before, sounds = path.read_bytes(), media_of(damaged.folder)
    with pytest.raises(DamagedProject) as caught:
        Session.open(damaged.folder)
    assert str(damaged.folder / "media") in caught.value.todo
    assert path.read_bytes() == before
    assert media_of(damaged.folder) == sounds


def outcome(folder):
    """What opening a project comes to, as a person is told."""
    try:
        Session.open(folder).close()
    except UserError as error:
        return error.what, error.todo
    return "opened", "opened"


def test_whatever_is_damaged_nothing_but_a_sentence_comes_of_it(damaged):
    """Bytes overwritten and files cut at random: it opens, or a UserError says what is the matter."""
    path = damaged.folder / DATABASE
    whole, sounds = path.read_bytes(), media_of(damaged.folder)
    chance = random.Random(7)
    outcomes = []
    for _ in range(80):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 5, 50))):
            at = chance.randrange(len(data))
            length = chance.choice((1, 8, 600))
            data[at : at + length] = chance.randbytes(min(length, len(data) - at))
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        for leftover in damaged.folder.glob("project*"):
            leftover.unlink()
        path.write_bytes(data)
        what, todo = outcome(damaged.folder)
        assert what
        assert todo
        outcomes.append(what)
        if "rescued" in what:
            assert outcome(damaged.folder) == ("opened", "opened")
    assert outcomes.count("opened") > 3
    assert sum("rescued" in each for each in outcomes) > 3
    assert media_of(damaged.folder) == sounds


def test_a_damaged_unsaved_project_is_rescued_and_offered(add_song):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    for number in range(EDITS):
        session.edit(f"Mark {number}", lambda _, n=number: Project(session.project.tracks, marks(n)))
    session.close()
    path = session.folder / DATABASE
    pages = path.stat().st_size // 4096
    spoil(path, 4096 * (pages // 2), 4096 * (pages // 2 + 1))
    [offer] = recoverable()
    assert offer.title == "Song"
    Session.open(offer.folder).close()


def test_a_wreck_with_sounds_in_it_is_kept(add_song):
    session = Session.create(new_unsaved_folder())
    add_song(session)
    session.close()
    (session.folder / DATABASE).write_bytes(b"")
    [offer] = recoverable()
    assert offer.title == "Damaged project"
    with pytest.raises(DamagedProject):
        Session.open(offer.folder)
    discard(offer.folder)
    assert names() == []


def test_the_newest_steps_are_rescued_from_the_log_and_it_is_kept(folder):
    """A program killed with a damaged database: the newest steps are in the write-ahead log alone."""
    script = f"""
import os, pathlib, signal
from stemstudio.project.document import Marker, Project
from stemstudio.project.session import Session
session = Session.create(pathlib.Path({str(folder)!r}))
for number in range(100):
    session.edit(f"Mark {{number}}", lambda _: Project(markers=(Marker("t", number, "x" * 1000),)))
    if number == 80:
        session._store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    path, log = folder / DATABASE, (folder / f"{DATABASE}-wal").read_bytes()
    pages = path.stat().st_size // 4096
    spoiled = spoil(path, 4096 * (pages // 2), 4096 * (pages // 2 + 1))
    assert "rescued" in rescue(folder).what
    again = Session.open(folder)
    assert again.history.undo_label == "Mark 99"
    assert 80 < len(again.history.steps) < 101
    again.close()
    assert (folder / "project.damaged.db").read_bytes() == spoiled
    assert (folder / "project.damaged.db-wal").read_bytes() == log
