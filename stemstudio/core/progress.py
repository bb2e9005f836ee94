"""Progress as state that is polled, and the wish to stop.

A worker calls `Reporter.update` at least once a second; whoever shows the work reads `fraction` and `message`
as often as it likes. No event is sent, so a fast worker cannot flood a window.
"""

from __future__ import annotations

import threading
from typing import Protocol

from stemstudio.core.errors import Cancelled


class Reporter(Protocol):
    """What a worker tells, and where it hears that it should stop."""

    def update(self, fraction: float, message: str = "") -> None:
        """Say that `fraction` (0 to 1) is done; raises `Cancelled` when asked to stop."""
        ...

    def part(self, start: float, end: float) -> Reporter:
        """Return a reporter for a sub-task that spans `start` to `end` of this one."""
        ...


class Progress:
    """A `Reporter` whose state any thread may read: `fraction`, `message`; `cancel` asks the worker to stop."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self.message = ""
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Ask the worker to stop at its next `update`."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._stop.is_set()

    def update(self, fraction: float, message: str = "") -> None:
        """See `Reporter.update`."""
        if self._stop.is_set():
            raise Cancelled
        self.fraction = min(max(fraction, 0.0), 1.0)
        if message:
            self.message = message

    def part(self, start: float, end: float) -> Reporter:
        """See `Reporter.part`."""
        return _Part(self, start, end)


class _Part:
    def __init__(self, parent: Reporter, start: float, end: float) -> None:
        self._parent, self._start, self._span = parent, start, end - start

    def update(self, fraction: float, message: str = "") -> None:
        self._parent.update(self._start + self._span * min(max(fraction, 0.0), 1.0), message)

    def part(self, start: float, end: float) -> Reporter:
        return _Part(self._parent, self._start + self._span * start, self._start + self._span * end)
