"""What was stored is there again, is nobody else's meanwhile, and is never lost for a disk that fails."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from stemstudio.core.errors import BadInput, NoRoom, UserError
from stemstudio.project import database
from stemstudio.project.database import DATABASE, DamagedProject, LockedProject
from stemstudio.project.document import Marker, Project
from stemstudio.project.history import History
from stemstudio.project.session import Session
from stemstudio.project.storage import ProjectStore

NOBODY = 65534


def document(number):
    return Project(markers=(Marker("t", number, "m" * 500),))


def push(store, number):
    store.push(store.history.push(f"Step {number}", document(number), when_s=float(number)))


@pytest.fixture
def store(folder):
    made = ProjectStore.create(folder, History.beginning(document(0)))
    yield made
    made.close()


def reopened(store):
    store.close()
    again = ProjectStore.open(store.folder)
    again.close()
    return again.history


def test_a_history_comes_back_as_it_was(store):
    for number in range(1, 6):
        push(store, number)
    store.move(store.history.jump(2).mark_saved().undo())
    assert reopened(store) == store.history


def test_what_was_taken_back_and_replaced_is_gone(store):
    for number in range(1, 6):
        push(store, number)
    store.move(store.history.jump(2))
    push(store, 9)
    assert reopened(store).labels == ("", "Step 1", "Step 2", "Step 9")


def test_a_merged_step_replaces_the_stored_one(store):
    for number in range(1, 30):
        store.push(store.history.push("Drag", document(number), "drag", when_s=0.1 * number))
    history = reopened(store)
    assert history.labels == ("", "Drag")
    assert history.project == document(29)


def test_commits_reach_the_disk_before_the_call_returns(store):
    """PRAGMA values are those of SQLite: 2 is FULL, which syncs the log at each commit."""
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_edit_costs_the_same_however_long_the_history_is(session, add_song, set_gain):
    add_song(session)
    connection = session._store._connection
    changes = []
    for number in range(200):
        before = connection.total_changes
        set_gain(session, -float(number + 1))
        changes.append(connection.total_changes - before)
    assert set(changes) == {4}, "a stem, its track, a step and the state"


def test_a_project_is_open_in_one_program_only(folder, session, add_song):
    add_song(session)
    script = f"""
import pathlib, sys
from stemstudio.project.session import Session
from stemstudio.project.database import LockedProject
try:
    Session.open(pathlib.Path({str(folder)!r}))
except LockedProject as error:
    print(error.what, error.todo)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "is open in another StemStudio" in done.stdout
    assert "Close it there" in done.stdout
    with pytest.raises(LockedProject):
        Session.open(folder)
    session.edit("Still mine", lambda _: document(3))


def test_the_lock_of_a_killed_program_is_gone(folder):
    script = f"""
import pathlib, time
from stemstudio.project.session import Session
session = Session.create(pathlib.Path({str(folder)!r}))
print("open", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "open\n"
        with pytest.raises(LockedProject):
            Session.open(folder)
        process.kill()
        process.wait()
    Session.open(folder).close()


def test_a_project_of_a_newer_program_asks_for_an_update(store):
    push(store, 1)
    store.close()
    with sqlite3.connect(store.folder / DATABASE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (store.folder / DATABASE).read_bytes()
    with pytest.raises(BadInput) as caught:
        Session.open(store.folder)
    assert "newer StemStudio" in caught.value.what
    assert "Update" in caught.value.todo
    assert (store.folder / DATABASE).read_bytes() == before


def test_an_older_project_is_brought_up_to_date(store, monkeypatch):
    push(store, 1)
    store.close()
    monkeypatch.setattr(
        database, "MIGRATIONS", (*database.MIGRATIONS, "CREATE TABLE later (x);\nCREATE TABLE more (y)")
    )
    assert reopened(store) == store.history
    monkeypatch.undo()
    with pytest.raises(BadInput, match="newer"):
        ProjectStore.open(store.folder)


def test_a_migration_that_fails_changes_nothing(store, monkeypatch):
    store.close()
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, "CREATE TABLE later (x);\nnonsense"))
    with pytest.raises(UserError):
        ProjectStore.open(store.folder)
    monkeypatch.undo()
    assert reopened(store) == store.history


@pytest.mark.parametrize("kind", ["missing", "a folder without a project", "a file"])
def test_what_is_no_project_is_said_so(tmp_path, kind):
    path = tmp_path / "thing"
    if kind == "a file":
        path.write_text("hello")
    elif kind != "missing":
        path.mkdir()
    with pytest.raises(BadInput, match="not a StemStudio project"):
        Session.open(path)
    assert path.exists() == (kind != "missing")


def test_a_database_of_another_program_is_left_alone(folder):
    folder.mkdir()
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("CREATE TABLE holidays (place)")
    connection.close()
    before = (folder / DATABASE).read_bytes()
    with pytest.raises(DamagedProject):
        Session.open(folder)
    with sqlite3.connect(folder / DATABASE) as connection:
        assert connection.execute("SELECT count(*) FROM holidays").fetchone() == (0,)
    connection.close()
    assert (folder / DATABASE).read_bytes() == before


def test_a_full_disk_raises_and_changes_nothing(session, add_song, set_gain):
    add_song(session)
    before, project = session.history, session.project
    connection = session._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Project(markers=(Marker("t", 1, "x" * 100_000),))
    for _ in range(3):
        with pytest.raises(NoRoom, match="full"):
            session.edit("Too much", lambda _: big)
    assert session.history is before
    assert session.project is project
    connection.execute("PRAGMA max_page_count = 1000000")
    set_gain(session, -3.0)
    session.close()
    again = Session.open(session.folder)
    again.close()
    assert again.history == session.history
    assert again.history.labels == (*before.labels, "Move gain")


def test_what_was_taken_back_survives_an_edit_that_failed(session, add_song, set_gain):
    add_song(session)
    for number in range(1, 6):
        set_gain(session, -float(number))
    session.jump(4)
    session._store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(NoRoom):
        set_gain(session, -99.0)
    session._store._connection.execute("PRAGMA query_only = OFF")
    session.jump(7)
    set_gain(session, -6.0)
    session.close()
    again = Session.open(session.folder)
    again.close()
    assert again.history == session.history
    assert [step.project.tracks[0].stems[0].strip.gain_db for step in again.history.steps[3:]] == [
        -1,
        -2,
        -3,
        -4,
        -5,
        -6,
    ]


def test_a_disk_that_turned_read_only_raises_and_changes_nothing(session, add_song, set_gain):
    add_song(session)
    before = session.history
    session._store._connection.execute("PRAGMA query_only = ON")
    for change in (lambda: set_gain(session, -3.0), session.undo, session.mark_saved, lambda: session.jump(0)):
        with pytest.raises(NoRoom, match="could not be written"):
            change()
        assert session.history is before
    session._store._connection.execute("PRAGMA query_only = OFF")
    session.undo()
    assert session.history.index == before.index - 1


@pytest.fixture
def mine():
    """A folder of a user whom permissions bind, which root is not."""
    if not hasattr(os, "seteuid"):
        pytest.skip("permissions of this system are others")
    with tempfile.TemporaryDirectory() as folder:
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if is_root:
                os.seteuid(0)


def test_a_read_only_folder_is_said_so(mine):
    session = Session.create(mine / "Song")
    session.edit("Step", lambda _: document(1))
    session.close()
    session.folder.chmod(0o500)
    (session.folder / DATABASE).chmod(0o400)
    with pytest.raises(NoRoom):
        Session.open(session.folder)
    mine.chmod(0o500)
    with pytest.raises(NoRoom):
        Session.create(mine / "New")
    session.folder.chmod(0o700)
    (session.folder / DATABASE).chmod(0o600)
    again = Session.open(session.folder)
    with pytest.raises(NoRoom):
        again.save_as(mine / "Elsewhere")
    assert again.history == session.history
    assert [path.name for path in mine.iterdir()] == ["Song.stemstudio"]
    again.close()
    mine.chmod(0o700)


def fill(session):
    for number in range(10_000):
        session.edit("More", lambda _, n=number: document(n))


def test_a_real_full_disk_raises_and_changes_nothing(tmp_path, make_clip):
    """A tmpfs of 256 KiB, where this may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no small disk can be made here")
    try:
        session = Session.create(disk / "Small")
        with pytest.raises(NoRoom):
            fill(session)
        before = session.history
        with pytest.raises(NoRoom):
            make_clip(session.clips, frames=100_000)
        session.close()
        again = Session.open(session.folder)
        assert again.history == before
        again.close()
        with pytest.raises(NoRoom):
            Session.create(disk / "Another")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_folder_that_was_moved_away_is_noticed(session, add_song, tmp_path):
    add_song(session)
    before = session.history
    session.folder.rename(tmp_path / "Moved.stemstudio")
    with pytest.raises(NoRoom, match="moved or removed"):
        session.undo()
    assert session.history is before
    (tmp_path / "Moved.stemstudio").rename(session.folder)
    session.undo()


def test_a_project_may_move_between_folders(session, add_song, tmp_path):
    add_song(session)
    session.close()
    moved = tmp_path / "elsewhere" / "Other name.stemstudio"
    moved.parent.mkdir()
    session.folder.rename(moved)
    again = Session.open(moved)
    assert again.history == session.history
    assert again.title == "Other name"
    assert again.missing_clips == frozenset()
    assert str(session.folder).encode() not in (moved / DATABASE).read_bytes()
    again.close()


def test_a_write_that_is_interrupted_is_not_half_there(store):
    """An exception in the middle of a transaction (Ctrl-C in a script) leaves the store usable and unchanged."""
    push(store, 1)
    before = store.history
    previous = signal.getsignal(signal.SIGINT)
    connection = store._connection
    connection.set_progress_handler(lambda: 1, 1)  # SQLite's own way to interrupt a statement
    with pytest.raises(UserError):
        push(store, 2)
    connection.set_progress_handler(None, 0)
    assert store.history is before
    push(store, 3)
    assert reopened(store) == store.history
    assert signal.getsignal(signal.SIGINT) is previous


def test_replace_stores_another_history_as_a_whole(store):
    push(store, 1)
    other = History.beginning(document(7)).push("A", document(8)).push("B", replace(document(8), tracks=()))
    store.replace(other)
    push(store, 10)
    assert reopened(store).labels == ("", "A", "B", "Step 10")


def test_a_replace_that_fails_changes_nothing(session, add_song, set_gain):
    add_song(session)
    set_gain(session, -3.0)
    before, store = session.history, session._store
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Project(markers=(Marker("t", 1, "x" * 100_000),))
    with pytest.raises(NoRoom, match="full"):
        store.replace(History.beginning(document(7)).push("Too much", big))
    assert session.history is before
    store._connection.execute("PRAGMA max_page_count = 1000000")
    session.undo()
    set_gain(session, -6.0)
    assert reopened(store) == session.history
