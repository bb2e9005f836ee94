"""Time goes on where there is no sound device."""

from __future__ import annotations

import threading
import time

from stemstudio.playback.engine import PlaybackEngine

_PERIOD_S = 0.02


class SilentClock:
    """Pulls from an engine at the pace of the clock and throws the sound away, from `start` to `stop`."""

    def __init__(self, engine: PlaybackEngine) -> None:
        self._engine = engine
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it pulls."""
        return self._thread is not None

    def start(self) -> None:
        """Begin to pull; nothing happens if it runs already."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="silent clock", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Cease, and wait for the thread to end."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        before = time.monotonic()
        owed = 0.0
        while not self._stop.wait(_PERIOD_S):
            now = time.monotonic()
            # A machine that slept owes nothing for the night.
            owed += min(now - before, 10 * _PERIOD_S) * self._engine.sample_rate
            before = now
            self._engine.pull_bytes(int(owed))
            owed -= int(owed)
