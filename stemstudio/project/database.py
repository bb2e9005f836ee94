"""The SQLite file of a project: how it is opened, locked and kept up to date, and what its errors mean to people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stemstudio.core.errors import BadInput, NoRoom, UserError, from_os_error

DATABASE = "project.db"
APPLICATION_ID = 0x5374656D  # "Stem"
BUSY_S = 0.1
"""How long to wait for another program that is just letting go."""

CHECKPOINT_PAGES = 4000
"""The log grows to this many pages (16 MB) before an edit has to wait until it is moved into the database."""

_CREATE = """
CREATE TABLE step (            -- the history, oldest first
    seq        INTEGER PRIMARY KEY,
    label      TEXT NOT NULL,  -- as JSON: names of files may hold what is no text
    merge_key  TEXT,           -- as JSON
    when_s     REAL NOT NULL,
    first_part INTEGER NOT NULL,  -- parts from here on came with this step or later ones
    document   TEXT NOT NULL
);
CREATE TABLE part (            -- what steps share; see codec.py
    id   INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE state (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    cursor INTEGER NOT NULL REFERENCES step (seq) DEFERRABLE INITIALLY DEFERRED,
    saved  INTEGER REFERENCES step (seq) ON DELETE SET NULL,
    keep_media INTEGER NOT NULL DEFAULT 0  -- after a rescue no clip is collected: lost steps may name it
);
"""

MIGRATIONS: tuple[str, ...] = (
    _CREATE,
    "",  # repairs and tempo of tracks, lengths of markers, silence without a clip
    "",  # effects, width, polarity, pan law and automation of stems (also switched off), snapshots
    "",  # places of stems in a room, layout and fold-down of tracks
)
"""What leads from version n to n + 1, as SQL. A new field of the document is a version too, if only an empty entry:
older programs then say that they need an update instead of taking the file for a damaged one."""


class DamagedProject(BadInput):
    """The database of a project cannot be read as it is."""

    @classmethod
    def found(cls, folder: Path) -> DamagedProject:
        """Make the error for damage that was just found in the project `folder`."""
        todo = "Close it and open it again: what can be read will be rescued."
        return cls(f"The database of {folder.name} is damaged.", todo)


class LockedProject(UserError):
    """Another program has the project open."""


def connect(folder: Path, create: bool = False) -> sqlite3.Connection:
    """Open the database of the project `folder` for this program alone, brought to the current version.

    The lock is the operating system's, held by SQLite until the connection is closed: it cannot outlive its process.

    Raises
    ------
    UserError
        `LockedProject`, `DamagedProject`, or what else keeps it from being used.
    """
    path = folder / DATABASE
    if not create and not path.is_file():
        raise BadInput(f"{folder.name} is not a StemStudio project.", "Choose a folder that ends in .stemstudio.")
    with as_user_errors(folder):
        # Session may be opened by a job and used by the main thread afterwards: one thread at a time.
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        connection.text_factory = ascii_text
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            version = 0 if create else _version(connection, folder)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            if version < len(MIGRATIONS):
                _migrate(connection, version)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing, durable when the block ends."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some errors have rolled back already
            connection.execute("ROLLBACK")
        raise


def ascii_text(text: bytes) -> str:
    """All text here is JSON in ASCII; anything else is damage and a `ValueError`."""
    return str(text, "ascii")


def _version(connection: sqlite3.Connection, folder: Path) -> int:
    """Version of the database, which nothing has been done to yet."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if version == 0 or application != APPLICATION_ID:
        raise DamagedProject.found(folder)
    if version > len(MIGRATIONS):
        raise BadInput(f"{folder.name} was made by a newer StemStudio.", "Update StemStudio to open it.")
    return int(version)


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    with transaction(connection):
        for number in range(version, len(MIGRATIONS)):
            for statement in MIGRATIONS[number].split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextmanager
def as_user_errors(folder: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the operating system about `folder` into sentences with a remedy."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # used wrongly, by us
    except UnicodeDecodeError as error:  # SQLite may quote damaged bytes in its message
        raise DamagedProject.found(folder) from error
    except sqlite3.Error as error:
        raise _from_sqlite(error, folder) from error
    except OSError as error:
        raise from_os_error(error, folder) from error


def _from_sqlite(error: sqlite3.Error, folder: Path) -> UserError:
    name = getattr(error, "sqlite_errorname", "") or ""
    match "_".join(name.split("_")[:2]):
        case "SQLITE_FULL":
            return NoRoom(f"The disk is full while writing {folder}.", "Free some space or save to another folder.")
        case "SQLITE_BUSY" | "SQLITE_LOCKED":
            return LockedProject(
                f"{folder.name} is open in another StemStudio.",
                "Close it there, or wait for it to end, then try again.",
            )
        case "SQLITE_READONLY" | "SQLITE_CANTOPEN" | "SQLITE_PERM" | "SQLITE_IOERR":
            return NoRoom(
                f"The project {folder} could not be written.",
                "Check the disk and its permissions, or copy it elsewhere.",
            )
        case "SQLITE_CORRUPT" | "SQLITE_NOTADB":
            return DamagedProject.found(folder)
    return UserError(f"The project {folder} could not be used: {error}.", "Check the disk and try again.")
