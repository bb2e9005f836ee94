"""Which clips documents refer to: what must be there for them to sound, and what may go."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from stemstudio.project.document import ClipRef


def clip_ids(documents: Iterable[object], skip: Callable[[object], bool] = lambda _: False) -> set[str]:
    """Ids of all clips that `documents`, or parts of some, name.

    What they share, and what `skip` is true for, is not entered twice.
    """
    found: set[str] = set()
    # Seen objects are kept, not only their ids: an id is given again once its object is gone.
    seen: dict[int, object] = {}
    todo: list[Any] = list(documents)
    while todo:
        value = todo.pop()
        if isinstance(value, ClipRef):
            if value.id:
                found.add(value.id)
        elif isinstance(value, tuple):
            todo.extend(value)
        elif dataclasses.is_dataclass(value) and id(value) not in seen and not skip(value):
            seen[id(value)] = value
            todo.extend(getattr(value, field.name) for field in dataclasses.fields(value))
    return found
