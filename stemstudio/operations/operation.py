"""The shape of everything that a person does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from stemstudio.jobs.job import Job
from stemstudio.project.document import Project

T = TypeVar("T")


@dataclass(frozen=True)
class Operation(Generic[T]):
    """A job, and how its result becomes part of the document.

    `apply` is called on the main thread with the document as it is then, not as it was when the job began.
    `label` names the step in the history.
    """

    label: str
    job: Job[T]
    apply: Callable[[Project, T], Project]
