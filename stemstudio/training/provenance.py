"""Every file that a run learns from, with its licence and hash; nothing of unknown licence goes in unasked."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from stemstudio.core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Provenance:
    """One file: song and stem it is used for, name, licence, SHA-256, seconds, and whether it is held out."""

    song: str
    stem: str
    file: str
    licence: str
    sha256: str
    seconds: float
    held_out: bool


def licence_of(folder: Path, stated: str, *, allow_unknown: bool) -> str:
    """Licence of a collection: as `stated` in the run's file, or the first line of its LICENSE file.

    Raises
    ------
    BadInput
        If there is neither, unless `allow_unknown`.
    """
    if stated.strip():
        return stated.strip()
    for path in sorted(folder.glob("LICEN[CS]E*")):
        first = next((line.strip() for line in path.read_text("utf-8", "replace").splitlines() if line.strip()), "")
        if first:
            return f"{first} ({path.name})"
    if allow_unknown:
        return "unknown"
    raise BadInput(
        f"The material in {folder} states no licence.",
        "Write its licence into the run's file, or run again with --allow-unknown-licence for use at home.",
    )


def write_data_card(path: Path, rows: Iterable[Provenance]) -> None:
    """Write the data card as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Provenance)])
        writer.writerows(astuple(row) for row in rows)
