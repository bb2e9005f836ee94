"""What exported files are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from stemstudio.core.errors import BadInput, from_os_error

DEFAULT_TEMPLATE = "{track} ({stem})"
FIELDS = ("track", "stem", "artist", "album", "year", "backend", "index")

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_MAX_BYTES = 200  # most file systems allow 255; room for the extension and a number


def file_stem(template: str, fields: Mapping[str, object]) -> str:
    """Fill `template` and make the result a legal file name on every system, without its extension.

    Parameters
    ----------
    template : str
        Text with the names of fields in braces, ``{track} ({stem})``.
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
        known = " ".join(f"{{{name}}}" for name in fields)
        raise BadInput(f"The name template {template!r} cannot be filled.", f"Use only {known}.") from None
    return legal_name(" ".join(filled.split()))  # an empty field leaves two spaces


def legal_name(text: str) -> str:
    """`text` as a file name that Windows, macOS and Linux all take; never empty."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).strip().rstrip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    encoded = name.encode()[:_MAX_BYTES]
    return encoded.decode(errors="ignore").rstrip(". ") or "untitled"


def free_paths(folder: Path, names: Iterable[str], extension: str) -> list[Path]:
    """Return a path in `folder` for each name, numbered where two names, or a name and a file, would clash."""
    return list(_choose(folder, names, extension, lambda _: True))


def claim_paths(folder: Path, names: Iterable[str], extension: str) -> list[Path]:
    """Choose as `free_paths` does, and make an empty file of each name: nobody else can get the same one.

    Raises
    ------
    UserError
        If `folder` does not take them; no file is left then.
    """
    claimed: list[Path] = []
    try:
        for path in _choose(folder, names, extension, _make):
            claimed.append(path)  # noqa: PERF402 - what was claimed before an error has to be known
    except BaseException as error:
        for path in claimed:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise from_os_error(error, folder) from error
        raise
    return claimed


def _choose(folder: Path, names: Iterable[str], extension: str, take: Callable[[Path], bool]) -> Iterator[Path]:
    taken = {path.name.casefold() for path in folder.iterdir()} if folder.is_dir() else set()
    for name in names:
        path, number = folder / f"{name}.{extension}", 2
        while path.name.casefold() in taken or not take(path):
            path, number = folder / f"{name} {number}.{extension}", number + 1
        taken.add(path.name.casefold())
        yield path


def _make(path: Path) -> bool:
    try:
        path.open("x").close()
    except FileExistsError:  # it came a moment ago, or the disk takes two spellings for one
        return False
    return True
