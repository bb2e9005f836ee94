"""The history: every document that there was, as a value.

Documents share what they have in common, so a step costs what it changed. Undo does not compute anything: it picks
the document before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from stemstudio.project.document import Project

MERGE_S = 2.0
"""A gesture goes on while its changes follow each other within this time."""


@dataclass(frozen=True, slots=True)
class Step:
    """A document and what led to it.

    Parameters
    ----------
    label : str
        What the person did, as a menu says it: ``Move gain``; empty for the beginning.
    project : Project
        The document after it.
    merge_key : str, optional
        Names the gesture; steps with the same key that follow each other are one. None or empty: never merged.
    when_s : float
        Seconds since the epoch when it was last changed.
    """

    label: str
    project: Project
    merge_key: str | None = None
    when_s: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """Steps from the beginning on, which of them is the present, and which was saved (None: none of these)."""

    steps: tuple[Step, ...]
    index: int = 0
    saved: int | None = 0

    def __post_init__(self) -> None:
        if not 0 <= self.index < len(self.steps):
            raise IndexError(f"step {self.index} is not one of {len(self.steps)}")

    @classmethod
    def beginning(cls, project: Project, when_s: float = 0.0) -> History:
        """History of one document to which nothing happened yet."""
        return cls((Step("", project, when_s=when_s),))

    @property
    def project(self) -> Project:
        """The present document."""
        return self.steps[self.index].project

    @property
    def labels(self) -> tuple[str, ...]:
        """What was done, by step; the first is empty."""
        return tuple(step.label for step in self.steps)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.index > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a step that was taken back."""
        return self.index + 1 < len(self.steps)

    @property
    def undo_label(self) -> str:
        """What `undo` takes back; empty if nothing."""
        return self.steps[self.index].label

    @property
    def redo_label(self) -> str:
        """What `redo` does again; empty if nothing."""
        return self.steps[self.index + 1].label if self.can_redo else ""

    def merges(self, merge_key: str | None, when_s: float) -> bool:
        """Whether `push` with this key and time changes the present step instead of adding one.

        A step that was saved, or that has others after it, stays as it is.
        """
        present = self.steps[self.index]
        return (
            bool(merge_key)
            and present.merge_key == merge_key
            and when_s - present.when_s <= MERGE_S
            and not self.can_redo
            and self.saved != self.index
        )

    def push(self, label: str, project: Project, merge_key: str | None = None, when_s: float = 0.0) -> History:
        """Return the history in which `project` is the present; steps that were taken back are dropped."""
        kept = self.index if self.merges(merge_key, when_s) else self.index + 1
        steps = (*self.steps[:kept], Step(label, project, merge_key, when_s))
        saved = self.saved if self.saved is not None and self.saved < kept else None
        return History(steps, kept, saved)

    def undo(self) -> History:
        """Go one step back; the same history at the beginning."""
        return replace(self, index=max(self.index - 1, 0))

    def redo(self) -> History:
        """Go one step forward; the same history at the end."""
        return replace(self, index=min(self.index + 1, len(self.steps) - 1))

    def jump(self, index: int) -> History:
        """Go to the step `index`; `IndexError` if there is none."""
        return replace(self, index=index)

    def mark_saved(self) -> History:
        """Say that the present document is the saved one."""
        return replace(self, saved=self.index)
