"""The threads that jobs run on.

An executor of the standard library joins its threads when the interpreter ends, so one stuck job would keep the
program from ending. These threads are daemons, start when there is work and end when there is none.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from stemstudio.jobs.job import Lane

Task = Callable[[], None]

WIDTHS: Mapping[Lane, int] = {
    Lane.SEPARATE: 1,
    Lane.CPU: max(2, (os.cpu_count() or 2) - 1),
    Lane.IO: 2,
    Lane.PREVIEW: 1,
}
"""How many tasks of a lane run at once."""

NICENESS = 5
"""How far a separation stands back: the scheduler gives its threads a third of the time that the window's get."""


class Lanes:
    """First come, first served on each lane, at most `widths[lane]` at once; safe from any thread."""

    def __init__(self, widths: Mapping[Lane, int] = WIDTHS) -> None:
        self._widths = widths
        self._lock = threading.Lock()
        self._waiting: dict[Lane, deque[Task]] = {lane: deque() for lane in Lane}
        self._busy = dict.fromkeys(Lane, 0)
        self._threads: list[threading.Thread] = []

    def put(self, lane: Lane, task: Task) -> None:
        """Let `task` wait on `lane`; it must not raise."""
        with self._lock:
            self._waiting[lane].append(task)
            if self._busy[lane] == self._widths[lane]:
                return
            self._busy[lane] += 1
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            thread = threading.Thread(target=self._work, args=(lane,), name=f"job-{lane.value}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def clear(self) -> None:
        """Forget every task that still waits."""
        with self._lock:
            for tasks in self._waiting.values():
                tasks.clear()

    def join(self, timeout_s: float) -> bool:
        """Wait until no thread is left, `timeout_s` at most; whether that was reached."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _work(self, lane: Lane) -> None:
        if lane is Lane.SEPARATE:
            _step_back()
        while (task := self._next(lane)) is not None:
            task()

    def _next(self, lane: Lane) -> Task | None:
        with self._lock:
            if self._waiting[lane]:
                return self._waiting[lane].popleft()
            self._busy[lane] -= 1
            return None


def _step_back() -> None:
    """Let this thread, and those that it starts, wait for others: playing and drawing must win over a separation."""
    if sys.platform != "linux":
        return  # elsewhere Python can only set the priority of the whole process
    thread = threading.get_native_id()
    with suppress(OSError):  # a sandbox may forbid it
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
