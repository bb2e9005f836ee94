"""Which project is open, and which were left but are still needed by a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from stemstudio.jobs.job import Job
from stemstudio.jobs.runner import Ticket
from stemstudio.project.session import Session
from stemstudio.ui.tasks import Tasks

T = TypeVar("T")


class Sessions:
    """Holds the open `Session`. A project that is left is closed when the last job that uses its clips has ended."""

    def __init__(self, tasks: Tasks, changed: Callable[[], None]) -> None:
        self.current: Session | None = None
        self._tasks, self._changed = tasks, changed
        self._uses: Counter[Session] = Counter()
        self._left: list[Session] = []
        self._unwanted: set[Session] = set()

    def take(self, session: Session | None) -> None:
        """Leave the open project for `session`."""
        old, self.current = self.current, session
        if session is not None:
            session.listeners.append(self._changed)
        if old is not None:
            old.listeners.clear()
            self._left.append(old)
        self._close_unused()

    def discard(self) -> None:
        """Leave the open project, which is unsaved, and remove it."""
        if self.current is not None:
            self._unwanted.add(self.current)
        self.take(None)

    def start(
        self,
        job: Job[T],
        on_done: Callable[[Session, T], None],
        on_ended: Callable[[], None] | None = None,
    ) -> Ticket:
        """Run a job that uses the clips of the open project.

        `on_done` is called with that project, which may have been left in the meantime, and the result; `on_ended`
        if the job failed or was cancelled.
        """
        session = self.current
        assert session is not None
        self._uses[session] += 1

        def done(result: T) -> None:
            on_done(session, result)  # what it raises comes to `ended`
            self._release(session)

        def ended(_error: Exception | None = None) -> None:
            if on_ended is not None:
                on_ended()
            self._release(session)

        return self._tasks.start(job, done, ended, partial(ended, None))

    def close(self) -> None:
        """Close everything; every job has ended."""
        self._uses.clear()
        self.take(None)

    def _release(self, session: Session) -> None:
        self._uses[session] -= 1
        self._close_unused()

    def _close_unused(self) -> None:
        for session in [each for each in self._left if self._uses[each] <= 0]:
            self._left.remove(session)
            del self._uses[session]
            unwanted = session in self._unwanted
            self._unwanted.discard(session)
            # A save that was under way when the project was thrown away has given it a place after all.
            if unwanted and session.is_unsaved:
                session.discard()
            else:
                session.close()
