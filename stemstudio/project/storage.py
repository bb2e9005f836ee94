"""A project on disk: ``<Name>.stemstudio/`` with ``project.db`` (the history) and ``media/`` (the clips).

Every change is durable when the call returns, and costs what it changed, however long the history is. All paths
inside are relative, so a project folder may be moved between machines.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.durable import sync_folder
from stemstudio.core.errors import NoRoom
from stemstudio.project.codec import Parts, decode, decode_part, encode
from stemstudio.project.database import DATABASE, DamagedProject, as_user_errors, connect, transaction
from stemstudio.project.document import Project
from stemstudio.project.history import History, Step

MEDIA = "media"
SUFFIX = ".stemstudio"


class ProjectStore:
    """The stored history of one project, and its clips; one program at a time has it open.

    Made by `create` or `open`. `history` is what is stored: it changes only after the disk has taken the change.
    While `keeps_media` is true, clips that nothing refers to must stay.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, history: History) -> None:
        self.folder, self.history = folder, history
        self.clips = ClipStore(folder / MEDIA)
        self.keeps_media = False
        self._connection = connection
        self._parts = Parts()
        self._first_parts: list[int] = []
        self._file_id = _file_id(folder)

    @classmethod
    def create(cls, folder: Path, history: History, keep_media: bool = False) -> ProjectStore:
        """Make the project `folder`, which has no database yet, with `history` as its own.

        With `keep_media`, `keeps_media` will be true for ever.
        """
        with as_user_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        connection = connect(folder, create=True)
        try:
            store = cls(folder, connection, history)
            store.keeps_media = keep_media
            with as_user_errors(folder), transaction(connection):
                connection.execute("INSERT INTO state (id, cursor, keep_media) VALUES (1, 0, ?)", (keep_media,))
                store._parts, store._first_parts = store._insert_all(history)
            with as_user_errors(folder):
                sync_folder(folder)
                sync_folder(folder.parent)
        except BaseException:
            connection.close()
            raise
        return store

    @classmethod
    def open(cls, folder: Path) -> ProjectStore:
        """Open the project `folder`.

        Raises
        ------
        UserError
            `DamagedProject`, `LockedProject`, or what else keeps it from being used.
        """
        connection = connect(folder)
        try:
            with as_user_errors(folder):
                store = cls(folder, connection, History.beginning(Project()))
                store._read_all()
        except ValueError as error:
            connection.close()
            raise DamagedProject.found(folder) from error
        except BaseException:
            connection.close()
            raise
        return store

    def is_stored(self, part: object) -> bool:
        """Whether `part` of a document is in the database already, told by identity."""
        return part in self._parts

    def push(self, history: History) -> None:
        """Store `history`: the stored one after one `History.push`.

        Raises
        ------
        UserError
            If the disk does not take it; nothing has changed then.
        """
        seq = history.index
        first = self._first_parts[seq] if seq < len(self._first_parts) else len(self._parts)
        dropped = self._parts.cut(first)
        try:
            with self._changing():
                self._connection.execute("DELETE FROM step WHERE seq >= ?", (seq,))
                self._connection.execute("DELETE FROM part WHERE id >= ?", (first,))
                self._insert(seq, history.steps[seq], self._parts)
                self._set_state(history)
        except BaseException:
            self._parts.cut(first)
            for part in dropped:
                self._parts.add(part)
            raise
        self._first_parts[seq:] = [first]
        self.history = history

    def move(self, history: History) -> None:
        """Store `history`: the stored one with another present step or saved mark; `UserError` as in `push`."""
        with self._changing():
            self._set_state(history)
        self.history = history

    def replace(self, history: History) -> None:
        """Store `history` in place of everything; `UserError` as in `push`."""
        with self._changing():
            self._connection.execute("DELETE FROM part")
            self._connection.execute("DELETE FROM step")
            parts, first_parts = self._insert_all(history)
        self._parts, self._first_parts, self.history = parts, first_parts, history

    def close(self) -> None:
        """Let go of the project; nothing happens the second time."""
        self._connection.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        if _file_id(self.folder) != self._file_id:
            raise NoRoom(
                f"The folder {self.folder} was moved or removed while the project was open.",
                "Put it back where it was, or open the project from its new place.",
            )
        with as_user_errors(self.folder), transaction(self._connection):
            yield

    def _insert_all(self, history: History) -> tuple[Parts, list[int]]:
        """Fill the empty database; returns the parts in it, and where those of each step begin."""
        parts, first_parts = Parts(), []
        for seq, step in enumerate(history.steps):
            first_parts.append(len(parts))
            self._insert(seq, step, parts)
        self._set_state(history)
        return parts, first_parts

    def _insert(self, seq: int, step: Step, parts: Parts) -> None:
        first = len(parts)
        document, new = encode(step.project, parts)
        self._connection.executemany(
            "INSERT INTO part (id, kind, body) VALUES (?, ?, ?)",
            [(number, kind, body) for number, (kind, body) in enumerate(new, first)],
        )
        self._connection.execute(
            "INSERT INTO step (seq, label, merge_key, when_s, first_part, document) VALUES (?, ?, ?, ?, ?, ?)",
            (seq, json.dumps(step.label), json.dumps(step.merge_key), step.when_s, first, document),
        )

    def _set_state(self, history: History) -> None:
        self._connection.execute("UPDATE state SET cursor = ?, saved = ?", (history.index, history.saved))

    def _read_all(self) -> None:
        """Fill in what is stored; `ValueError` if it does not hang together."""
        query = self._connection.execute
        for number, (part_id, kind, body) in enumerate(query("SELECT id, kind, body FROM part ORDER BY id")):
            if part_id != number:
                raise ValueError(f"part {number} is missing")
            decode_part(kind, body, self._parts)
        steps = []
        rows = query("SELECT seq, first_part, label, document, merge_key, when_s FROM step ORDER BY seq")
        for number, (seq, first_part, label, document, merge_key, when_s) in enumerate(rows):
            if seq != number:
                raise ValueError(f"step {number} is missing")
            self._first_parts.append(first_part)
            steps.append(read_step(label, document, merge_key, when_s, self._parts))
        state = query("SELECT cursor, saved, keep_media FROM state").fetchone()
        if state is None or not 0 <= state[0] < len(steps):
            raise ValueError("the present step is missing")
        self.history, self.keeps_media = History(tuple(steps), *state[:2]), bool(state[2])


def read_step(label: str, document: str, merge_key: str, when_s: float, parts: Parts) -> Step:
    """Step from its columns; `ValueError` if it is not one."""
    return Step(json.loads(label), decode(document, parts), json.loads(merge_key), when_s)


def _file_id(folder: Path) -> tuple[int, int] | None:
    try:
        stat = (folder / DATABASE).stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
