"""Jobs as the window sees them: started here, polled 30 times a second, results applied on the main thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from stemstudio.core.errors import InternalError, UserError
from stemstudio.jobs.job import Job
from stemstudio.jobs.runner import JobView, Runner, Ticket
from stemstudio.ui.bridge import Bridge

T = TypeVar("T")

_TICK_MS = 33


class Tasks(QObject):
    """Runs jobs; `ticked` is sent 30 times a second, `failed` with the error of a job that failed."""

    ticked = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = Bridge(self)
        self._runner = Runner(self._bridge.wake)
        self._bridge.connect_to(self._runner.deliver)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def start(
        self,
        job: Job[T],
        on_done: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
    ) -> Ticket:
        """Run `job`; exactly one of the callbacks follows, on the main thread. `failed` is sent after `on_error`."""

        def failed(error: Exception) -> None:
            if on_error is not None:
                on_error(error)
            self.failed.emit(error)

        return self._runner.submit(job, on_done, failed, on_cancelled)

    def running(self) -> tuple[JobView, ...]:
        """Return the jobs that wait or run, oldest first."""
        return self._runner.running()

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop."""
        self._runner.cancel(job_id)

    def close(self) -> None:
        """Cancel everything and wait until it has ended."""
        self._timer.stop()
        self._runner.close()

    @Slot()
    def _on_timeout(self) -> None:
        self.ticked.emit()


def sentence(error: Exception) -> tuple[str, str]:
    """What to tell a person of `error`: what happened and what to do."""
    if isinstance(error, UserError):
        return error.what, error.todo
    return "Something in StemStudio went wrong; your project is safe.", InternalError.todo
