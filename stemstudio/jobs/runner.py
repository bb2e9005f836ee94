"""Runs jobs on their lanes and hands the results to the main thread.

Nothing is pushed: a worker calls `wake` once when its job has ended, the main thread answers with `deliver`, and
progress is polled with `running`. Knows neither Qt nor the project.
"""

from __future__ import annotations

import enum
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from stemstudio.core.errors import Cancelled, InternalError, StemStudioError, UserError
from stemstudio.jobs.job import Job, Lane
from stemstudio.jobs.lanes import Lanes
from stemstudio.jobs.pace import MeasuredProgress

T = TypeVar("T")
OnError = Callable[[StemStudioError], None]
OnCancelled = Callable[[], None]


class JobState(enum.Enum):
    """Where a job is: `FINISHED` means that its callback has not run yet."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class JobView:
    """What a list of jobs shows of one: `seconds` since it began to run, `seconds_left` None while unknown."""

    id: str
    title: str
    lane: Lane
    fraction: float
    message: str
    seconds: float
    seconds_left: float | None
    state: JobState


@dataclass(frozen=True, slots=True)
class Ticket:
    """A submitted job, for whoever may want to stop it."""

    id: str
    _runner: Runner = field(repr=False)

    def cancel(self) -> bool:
        """See `Runner.cancel`."""
        return self._runner.cancel(self.id)


@dataclass(eq=False, slots=True)
class _Entry:
    job: Job[Any]
    on_done: Callable[[Any], None]
    on_error: OnError | None
    on_cancelled: OnCancelled | None
    progress: MeasuredProgress = field(default_factory=MeasuredProgress)
    state: JobState = JobState.WAITING
    began_s: float = 0.0
    tell: Callable[[], None] | None = None

    def view(self, now_s: float) -> JobView:
        job, progress, state = self.job, self.progress, self.state
        seconds = now_s - self.began_s if self.began_s else 0.0
        if state is JobState.RUNNING and progress.cancelled:
            state = JobState.STOPPING
        left = progress.seconds_left() if state is JobState.RUNNING else None
        return JobView(job.id, job.title, job.lane, progress.fraction, progress.message, seconds, left, state)


class Runner:
    """Runs jobs elsewhere; every job that is submitted ends in exactly one callback, which runs inside `deliver`.

    Once a job is cancelled its result is dropped, however far it came: `on_done` is never called.

    Parameters
    ----------
    wake : callable
        Called, from any thread, when `deliver` has something to do.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._lanes = Lanes()
        self._entries: dict[str, _Entry] = {}
        self._ready: deque[_Entry] = deque()
        self._closed = False

    def submit(
        self,
        job: Job[T],
        on_done: Callable[[T], None],
        on_error: OnError | None = None,
        on_cancelled: OnCancelled | None = None,
    ) -> Ticket:
        """Let `job` wait for its lane. On `Lane.PREVIEW` it takes the place of every older one.

        Exactly one of the callbacks is called by `deliver`: `on_done` with the result, `on_error` with a `UserError`
        or an `InternalError` (without `on_error`, `deliver` raises it), or `on_cancelled`. What `on_done` raises goes
        to `on_error` as well.
        """
        entry = _Entry(job, on_done, on_error, on_cancelled)
        with self._lock:
            if self._closed:
                raise RuntimeError("the runner is closed")
            if job.id in self._entries:
                raise ValueError(f"job {job.id} was submitted before")
            older = [each.job.id for each in self._entries.values() if each.job.lane is job.lane is Lane.PREVIEW]
            self._entries[job.id] = entry
        for job_id in older:
            self.cancel(job_id)
        self._lanes.put(job.lane, partial(self._run, entry))
        return Ticket(job.id, self)

    def running(self) -> tuple[JobView, ...]:
        """Return every job whose callback has not run yet, oldest first."""
        now_s = time.monotonic()
        with self._lock:
            return tuple(entry.view(now_s) for entry in self._entries.values())

    def cancel(self, job_id: str) -> bool:
        """Stop a job: at once if it waits, at its next report if it runs.

        Returns whether the job was there to be stopped; its `on_cancelled` follows.
        """
        with self._lock:
            entry = self._entries.get(job_id)
            if entry is None or self._closed:
                return False
            entry.progress.cancel()
            if entry.state is JobState.WAITING:
                self._end(entry, entry.on_cancelled)
            elif entry.state is JobState.FINISHED:
                entry.tell = entry.on_cancelled
                return True
            else:
                return True
        self._wake()
        return True

    def deliver(self) -> None:
        """Run the callbacks of the jobs that have ended; the main thread's part.

        Raises
        ------
        StemStudioError
            What a job without `on_error` ended in. The callbacks after it run at the next delivery.
        """
        for _ in range(len(self._ready)):
            with self._lock:
                if not self._ready:  # a callback closed the runner
                    return
                entry = self._ready.popleft()
                del self._entries[entry.job.id]
            try:
                if entry.tell is not None:
                    entry.tell()
            except BaseException:
                self._wake()  # the rest is not lost
                raise

    def close(self, timeout_s: float = 5.0) -> bool:
        """Cancel every job, wait for the threads, and forget what was not delivered: no callback runs any more.

        Returns False if a job did not hear the cancel in time; its thread cannot keep the program from ending.
        """
        with self._lock:
            self._closed = True
            for entry in self._entries.values():
                entry.progress.cancel()
        self._lanes.clear()
        ended = self._lanes.join(timeout_s)
        with self._lock:
            self._entries.clear()
            self._ready.clear()
        return ended

    def _run(self, entry: _Entry) -> None:
        if not self._begin(entry):
            return
        tell = _tell(entry)
        with self._lock:
            if self._closed:
                return
            # A cancel may have come after the work's last look at it; under the lock it is final.
            if entry.progress.cancelled and isinstance(tell, partial) and tell.func is _finish:
                tell = entry.on_cancelled
            self._end(entry, tell)
        self._wake()

    def _begin(self, entry: _Entry) -> bool:
        with self._lock:
            if entry.state is not JobState.WAITING or self._closed:
                return False
            entry.state, entry.began_s = JobState.RUNNING, time.monotonic()
            return True

    def _end(self, entry: _Entry, tell: Callable[[], None] | None) -> None:
        entry.state, entry.tell = JobState.FINISHED, tell
        self._ready.append(entry)


def _tell(entry: _Entry) -> Callable[[], None] | None:
    """Do the work; return what is to be told about it on the main thread."""
    job, progress = entry.job, entry.progress
    try:
        result = job.work(progress)
    except Cancelled:
        return entry.on_cancelled
    except UserError as error:
        return entry.on_cancelled if progress.cancelled else partial(_fail, entry, _light(error))
    except MemoryError:
        what = f"The computer's memory ran out during “{job.title}”."
        return partial(_fail, entry, UserError(what, "Close other programs and try again."))
    except BaseException as error:  # noqa: BLE001 - whatever a job raises must become a report, not a dead lane
        return partial(_fail, entry, InternalError.of(error, job.title))
    return entry.on_cancelled if progress.cancelled else partial(_finish, entry, result)


def _finish(entry: _Entry, result: Any) -> None:
    try:
        entry.on_done(result)
    except UserError as error:
        _fail(entry, error)
    except Exception as error:  # noqa: BLE001 - a defect while a result is applied is reported like one in the work
        _fail(entry, InternalError.of(error, entry.job.title))


def _fail(entry: _Entry, error: StemStudioError) -> None:
    if entry.on_error is None:
        raise error
    entry.on_error(error)


def _light(error: UserError) -> UserError:
    """Drop the frames that `error` holds on to: their variables may be a whole song."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
