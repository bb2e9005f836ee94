"""One thread that does the newest of what it is asked, for what a window shows of sound that moves on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from stemstudio.core.errors import UserError

T = TypeVar("T")


class Latest(Generic[T]):
    """Keeps the last result for who polls; a wish that waits gives way to a newer one.

    The thread begins with the first wish and ends with `close`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._work: Callable[[], T] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self.result: T | None = None
        """What came of the last wish; None before, and where the sound could not be read."""
        self.count = 0
        """How many wishes were done."""

    def ask(self, work: Callable[[], T]) -> None:
        """Do `work` next."""
        with self._changed:
            if self._closed:
                return
            self._work = work
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Wait for what is under way and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._work is not None)
                work, self._work = self._work, None
            if self._closed or work is None:
                return
            try:
                self.result = work()
            except UserError:  # a file is missing, which was told when it was opened
                self.result = None
            except Exception:
                logging.getLogger(__name__).exception("%s failed", self._name)
                self.result = None
            self.count += 1
