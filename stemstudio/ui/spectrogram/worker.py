"""One thread that computes what the spectrogram shows, the newest wish first."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from stemstudio.core.errors import Cancelled, UserError
from stemstudio.core.progress import Progress
from stemstudio.spectral.pyramid import SpectrogramPyramid, TileRequest
from stemstudio.ui.bridge import Bridge

Wish = tuple[SpectrogramPyramid, TileRequest]

_log = logging.getLogger(__name__)

LEAST_S_BETWEEN_WAKES = 0.03
"""A repaint costs the main thread milliseconds; more than thirty a second help nobody."""


class TileWorker:
    """Computes tiles in a thread of its own, which starts with the first request and ends with `close`.

    `bridge` is woken, at most thirty times a second and once at the end, when there is something new to see.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._changed = threading.Condition()
        self._wanted: tuple[Wish, ...] | None = None
        self._progress = Progress()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._woken_at = 0.0
        self.failure: UserError | None = None
        """Why the sound could not be read; None after the next success."""

    @property
    def busy(self) -> bool:
        """Whether something is being computed or waits."""
        return self._wanted is not None

    def request(self, wishes: Iterable[Wish]) -> None:
        """Compute these next; whatever else is under way stops after the unit that it is at.

        What is in sight of all of them comes first, then the rest of each.
        """
        with self._changed:
            if self._closed:
                return
            self._wanted = tuple(wishes)
            self._progress.cancel()
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="spectrogram", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Stop what is under way."""
        with self._changed:
            self._wanted = None
            self._progress.cancel()

    def close(self) -> None:
        """Stop and wait for the thread."""
        with self._changed:
            self._closed = True
            self._progress.cancel()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wanted is not None)
                if self._closed or self._wanted is None:
                    return
                wanted, self._progress = self._wanted, Progress()
            self._compute(wanted)
            with self._changed:
                if self._wanted is wanted:
                    self._wanted = None
            self._bridge.wake()

    def _compute(self, wishes: tuple[Wish, ...]) -> None:
        try:
            for visible_only in (True, False):
                for pyramid, request in wishes:
                    pyramid.compute(request, self._progress, self._on_unit, visible_only=visible_only)
            self.failure = None
        except Cancelled:
            return
        except UserError as error:
            self.failure = error
        except Exception:  # noqa: BLE001 - the thread outlives a defect; the log has it, the view says so
            _log.exception("the spectrogram could not be computed")
            self.failure = UserError("The spectrogram could not be computed.", "Select the track again.")

    def _on_unit(self) -> None:
        now = time.monotonic()
        if now - self._woken_at >= LEAST_S_BETWEEN_WAKES:
            self._woken_at = now
            self._bridge.wake()
