"""Saving what can be read of a damaged project.

The damaged database is kept under another name; what could be read of the history takes its place. The clips are not
touched, and are never collected afterwards: steps that were lost may name them.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from stemstudio.project.codec import Parts, decode_part
from stemstudio.project.database import DATABASE, DamagedProject, as_user_errors, ascii_text
from stemstudio.project.history import History, Step
from stemstudio.project.storage import MEDIA, ProjectStore, read_step

KEPT_AS = "project.damaged"
WAL = f"{DATABASE}-wal"


def rescue(folder: Path) -> DamagedProject:
    """Rescue the project `folder`, which nobody has open; returns the error that tells the person about it.

    Raises
    ------
    UserError
        If what was rescued cannot be written; everything is as it was then.
    """
    with as_user_errors(folder):
        history = _readable(folder)
        if history is None:
            sounds = len(list((folder / MEDIA).glob("*.wav")))
            return DamagedProject(
                f"The database of {folder.name} is damaged and nothing in it can be read.",
                f"Its {sounds} sounds are safe: they are WAV files in {folder / MEDIA}.",
            )
        kept = _replace_database(folder, history)
    return DamagedProject(
        f"The database of {folder.name} was damaged; {len(history.steps)} steps of its history were rescued.",
        f"Open it again to go on; the damaged file is kept as {kept.name}.",
    )


def _readable(folder: Path) -> History | None:
    """All steps of the history that can be read, from a copy of the database; None if there is none."""
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as scratch:
        for name in (DATABASE, WAL):
            if (folder / name).exists():
                shutil.copyfile(folder / name, Path(scratch, name))
        with closing(sqlite3.connect(Path(scratch, DATABASE))) as connection:
            connection.text_factory = ascii_text
            parts = _parts(_rows(connection, "SELECT id, kind, body FROM part"))
            steps = dict(_steps(_rows(connection, "SELECT seq, label, document, merge_key, when_s FROM step"), parts))
            state = _rows(connection, "SELECT cursor FROM state")
    if not steps:
        return None
    kept = sorted(steps)
    present = kept.index(state[0][0]) if state and state[0][0] in steps else len(kept) - 1
    return History(tuple(steps[seq] for seq in kept), present, None)


def _rows(connection: sqlite3.Connection, query: str) -> list[Any]:
    """Rows in the order of their first column, read from both ends if there is a hole between."""
    found: dict[Any, Any] = {}
    for order in (" ORDER BY 1", " ORDER BY 1 DESC"):
        with suppress(sqlite3.Error, ValueError):
            for row in connection.execute(query + order):
                found[row[0]] = row
            break
    return [found[key] for key in sorted(found)]


def _parts(rows: list[Any]) -> Parts:
    parts = Parts()
    for number, kind, body in rows:
        while len(parts) < number:
            parts.add(object())  # lost: whatever names this number cannot be read either
        try:
            decode_part(kind, body, parts)
        except ValueError:
            parts.add(object())
    return parts


def _steps(rows: list[Any], parts: Parts) -> Iterator[tuple[int, Step]]:
    for seq, label, document, merge_key, when_s in rows:
        with suppress(ValueError):
            yield seq, read_step(label, document, merge_key, when_s, parts)


def _replace_database(folder: Path, history: History) -> Path:
    """Put a database with `history` in the place of the damaged one; returns where that is now."""
    kept = next(
        path for n in range(1, 10_000) if not (path := folder / f"{KEPT_AS}{'' if n == 1 else f'-{n}'}.db").exists()
    )
    with tempfile.TemporaryDirectory(prefix=".rescue-", dir=folder) as scratch:
        ProjectStore.create(Path(scratch), history, keep_media=True).close()
        shutil.copyfile(folder / DATABASE, kept)
        if (folder / WAL).exists():
            (folder / WAL).replace(kept.with_name(f"{kept.name}-wal"))
        Path(scratch, DATABASE).replace(folder / DATABASE)
    return kept
