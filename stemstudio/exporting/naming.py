"""What exported files are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from stemstudio.core.errors import BadInput

DEFAULT_TEMPLATE = "{track} ({stem})"
FIELDS = ("track", "stem", "backend", "index")

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_MAX_BYTES = 200  # most file systems allow 255; room for the extension and a number


def file_stem(template: str, fields: Mapping[str, object]) -> str:
    """Fill `template` and make the result a legal file name on every system, without its extension.

    Parameters
    ----------
    template : str
        Text with ``{track}``, ``{stem}``, ``{backend}``, ``{index}``.
    fields : mapping
        Value of each field.

    Raises
    ------
    BadInput
        If the template has an unknown field or unbalanced braces.
    """
    try:
        filled = template.format_map(dict(fields))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError):
        known = " ".join(f"{{{name}}}" for name in FIELDS)
        raise BadInput(f"The name template {template!r} cannot be filled.", f"Use only {known}.") from None
    return legal_name(filled)


def legal_name(text: str) -> str:
    """`text` as a file name that Windows, macOS and Linux all take; never empty."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    encoded = name.encode()[:_MAX_BYTES]
    return encoded.decode(errors="ignore").rstrip(". ") or "untitled"


def free_paths(folder: Path, names: Iterable[str], extension: str) -> list[Path]:
    """Return a path in `folder` for each name, numbered where two names, or a name and a file, would clash."""
    taken = {path.name.casefold() for path in folder.iterdir()} if folder.is_dir() else set()
    paths = []
    for name in names:
        candidate, number = f"{name}.{extension}", 2
        while candidate.casefold() in taken:
            candidate, number = f"{name} {number}.{extension}", number + 1
        taken.add(candidate.casefold())
        paths.append(folder / candidate)
    return paths
