"""A job: frozen input, work that reports, a result that somebody applies on the main thread."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stemstudio.core.progress import Reporter

T = TypeVar("T")


class Lane(enum.Enum):
    """Where a job waits and runs: the value is how many run at once."""

    SEPARATE = "separate"
    CPU = "cpu"
    IO = "io"
    PREVIEW = "preview"


@dataclass(frozen=True)
class Job(Generic[T]):
    """Work for another thread.

    `work` may touch nothing that the main thread changes; it calls its reporter at least once a second.
    `title` says what is done, as a person would: ``Separating "Vibe Ace"``.
    """

    title: str
    lane: Lane
    work: Callable[[Reporter], T]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
