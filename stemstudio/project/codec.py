"""Documents as JSON, in parts.

Consecutive documents differ in one stem or one patch. So every `Track`, `Stem`, `Patch` and `Repair` is written
once, as a part with a number, and stands in what contains it as that number: an edit costs what it changed, on disk
and in memory.
Fields that have their default are left out; floats survive to the last bit. Which fields there are comes from the
classes of document.py alone; a new field that older programs do not know is a new version of the database
(`database.MIGRATIONS`).
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
from collections.abc import Callable
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from stemstudio.project.document import Patch, Project, Repair, Stem, Track

T = TypeVar("T")
Reader = Callable[[Any, "Parts"], Any]

PART_KINDS: dict[str, type] = {"track": Track, "stem": Stem, "patch": Patch, "repair": Repair}
_KIND_NAMES = {kind: name for name, kind in PART_KINDS.items()}
_SCALARS: dict[type, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (float, int)}


class Parts:
    """Every part that was written or read so far, by number; parts are told apart by identity.

    Documents share their unchanged objects, so identity finds what is there already without looking inside.
    """

    def __init__(self) -> None:
        self._objects: list[object] = []
        self._numbers: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, part: object) -> bool:
        return id(part) in self._numbers

    def add(self, part: object) -> int:
        """Append a part; returns its number."""
        number = self._numbers[id(part)] = len(self._objects)
        self._objects.append(part)
        return number

    def number(self, part: object) -> int | None:
        """Number of a part, None if it is new."""
        return self._numbers.get(id(part))

    def get(self, number: Any, kind: type[T]) -> T:
        """Part of that number; `ValueError` if it is not there or of another kind."""
        if not isinstance(number, int) or not 0 <= number < len(self._objects):
            raise ValueError(f"there is no part {number!r}")
        part = self._objects[number]
        if not isinstance(part, kind):
            raise ValueError(f"part {number} is no {kind.__name__}")  # noqa: TRY004 - the file is wrong, not the code
        return part

    def cut(self, start: int) -> list[object]:
        """Forget the parts from number `start` on, and return them."""
        gone = self._objects[start:]
        for part in gone:
            del self._numbers[id(part)]
        del self._objects[start:]
        return gone


def encode(project: Project, parts: Parts) -> tuple[str, list[tuple[str, str]]]:
    """Write a document.

    Returns
    -------
    document : str
        JSON of `project`.
    new : list of (kind, body)
        The parts that were not there before, now added to `parts`; numbers only refer back.
    """
    new: list[tuple[str, str]] = []

    def write(value: Any) -> Any:
        if type(value) in _KIND_NAMES:
            known = parts.number(value)
            if known is not None:
                return known
            new.append((_KIND_NAMES[type(value)], _dump(fields(value))))
            return parts.add(value)
        if isinstance(value, tuple):
            return [write(each) for each in value]
        return fields(value) if dataclasses.is_dataclass(value) else value

    def fields(value: Any) -> dict[str, Any]:
        kind: Any = type(value)
        pairs = ((name, getattr(value, name), default) for name, default in _defaults(kind))
        return {name: write(given) for name, given, default in pairs if given is not default}

    return _dump(fields(project)), new


def decode(document: str, parts: Parts) -> Project:
    """Read a document whose parts are in `parts`; `ValueError` if it is not one."""
    project: Project = _decoded(Project, document, parts)
    return project


def decode_part(kind: str, body: str, parts: Parts) -> None:
    """Read a part and add it to `parts`; `ValueError` if it is not one."""
    if kind not in PART_KINDS:
        raise ValueError(f"{kind!r} is no kind of part")
    parts.add(_decoded(PART_KINDS[kind], body, parts))


def _decoded(kind: Any, text: str, parts: Parts) -> Any:
    try:
        return _fields_reader(kind)(json.loads(text), parts)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a {kind.__name__}: {error!r}") from error


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


@functools.cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in dataclasses.fields(kind))


@functools.cache
def _fields_reader(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name, _ in _defaults(kind)}
    return lambda raw, parts: kind(**{name: readers[name](value, parts) for name, value in raw.items()})


@functools.cache
def _reader(kind: Any) -> Reader:
    """Return what turns JSON into a value of the type `kind`."""
    if kind in _KIND_NAMES:
        return lambda raw, parts: parts.get(raw, kind)
    is_record: bool = dataclasses.is_dataclass(kind)
    if is_record:
        return _fields_reader(kind)
    if kind in _SCALARS:
        return _scalar_reader(_SCALARS[kind])
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        return _tuple_reader(arguments)
    if get_origin(kind) in (Union, types.UnionType):
        others = [each for each in arguments if each is not types.NoneType]
        if all(each in _SCALARS for each in others):
            accepted = tuple(each for other in others for each in _SCALARS[other])
            return _scalar_reader((*accepted, types.NoneType) if len(others) < len(arguments) else accepted)
        if len(others) == 1 and len(arguments) == 2:
            read = _reader(others[0])
            return lambda raw, parts: None if raw is None else read(raw, parts)
    raise TypeError(f"documents cannot hold {kind}")


def _scalar_reader(accepted: tuple[type, ...]) -> Reader:
    def read(raw: Any, _: Parts) -> Any:
        if not isinstance(raw, accepted):
            raise TypeError(f"{raw!r} is none of {accepted}")
        return raw

    return read


def _tuple_reader(arguments: tuple[Any, ...]) -> Reader:
    if arguments[-1] is Ellipsis:
        each = _reader(arguments[0])
        return lambda raw, parts: tuple([each(value, parts) for value in raw])
    readers = [_reader(argument) for argument in arguments]
    return lambda raw, parts: tuple([read(value, parts) for read, value in zip(readers, raw, strict=True)])
