"""A folder of stems, as other programs and `separate` write it."""

from __future__ import annotations

import re
from pathlib import Path

from stemstudio.core.errors import BadInput, from_os_error

_MIXTURES = ("mix", "mixture")
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")


def stem_files(folder: Path) -> dict[str, Path]:
    """Files of a folder by stem name: what the last brackets hold, or all of the name."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise from_os_error(error, folder) from error
    found: dict[str, Path] = {}
    for path in paths:
        match = _IN_BRACKETS.search(path.stem)
        name = (match[1] if match else path.stem).strip().casefold()
        if name in _MIXTURES or path.suffix.lower() in (".txt", ".json", ".csv", ".md", ".png"):
            continue
        if name in found:
            raise BadInput(f"{found[name].name} and {path.name} are both the stem {name}.", "Keep one in each folder.")
        found[name] = path
    return found


def mixture_file(folder: Path) -> Path | None:
    """Return the file of `folder` that holds the whole song, if there is one."""
    named = (path for path in sorted(folder.iterdir()) if path.is_file() and path.stem.casefold() in _MIXTURES)
    return next(named, None)
