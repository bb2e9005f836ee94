"""How long a job will still take, from how fast it has been."""

from __future__ import annotations

import math
import threading
import time

from stemstudio.core.progress import Progress

GATHER_S = 0.25
"""Reports closer together than this are measured as one."""
MEMORY_S = 10.0
"""The speed remembers at least this long ..."""
MEMORY_SHARE = 0.3
"""... and this share of the time spent so far, if that is longer."""
TRUST_S, TRUST_FRACTION, TRUST_STEPS = 1.5, 0.01, 2
"""What must have been measured before an estimate is shown."""
STEP_RATIO = 1.25
"""The estimate changes by this factor at most per measurement ..."""
STEP_S = 1.0
"""... or by this much, if that is more."""


class Pace:
    """Time left of a task of which a growing fraction is done.

    The speed is that of an exponentially weighted window: fraction and seconds measured so far decay alike, so the
    first measurements count fully and no start value is needed. Time before the first progress (loading a model)
    says nothing about the speed and is left out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark: tuple[float, float] | None = None
        self._began_s = 0.0
        self._fractions = self._seconds = 0.0
        self._measured = self._steps = 0.0
        self._left: tuple[float, float] | None = None

    def note(self, fraction: float, now_s: float) -> None:
        """Say that at `now_s` (any monotonic clock, seconds) `fraction` of the task is done."""
        with self._lock:
            if self._mark is None:
                if fraction > 0.0:
                    self._mark, self._began_s = (fraction, now_s), now_s
                return
            gained, passed = fraction - self._mark[0], now_s - self._mark[1]
            if gained <= 0.0 or passed < GATHER_S:
                return
            self._mark = (fraction, now_s)
            self._measure(gained, passed, now_s)
            if now_s - self._began_s >= TRUST_S and self._measured >= TRUST_FRACTION and self._steps >= TRUST_STEPS:
                self._left = (now_s, self._towards((1.0 - fraction) * self._seconds / self._fractions, now_s))

    def _measure(self, gained: float, passed: float, now_s: float) -> None:
        kept = math.exp(-passed / max(MEMORY_S, MEMORY_SHARE * (now_s - self._began_s)))
        self._fractions = self._fractions * kept + gained
        self._seconds = self._seconds * kept + passed
        self._measured += gained
        self._steps += 1

    def _towards(self, left_s: float, now_s: float) -> float:
        shown = self._shown(now_s)
        if shown is None:
            return left_s
        low, high = min(shown / STEP_RATIO, shown - STEP_S), max(shown * STEP_RATIO, shown + STEP_S)
        return max(0.0, min(max(left_s, low), high))

    def _shown(self, now_s: float) -> float | None:
        if self._left is None:
            return None
        noted_s, left_s = self._left
        # While nothing is reported the time runs down, but not to nothing: the rest is still to be done.
        return max(left_s - (now_s - noted_s), 0.5 * left_s)

    def seconds_left(self, now_s: float) -> float | None:
        """Return the seconds still to go at `now_s`; None until enough was measured to say."""
        with self._lock:
            return self._shown(now_s)


class MeasuredProgress(Progress):
    """A `Progress` that measures its own pace."""

    def __init__(self) -> None:
        super().__init__()
        self._pace = Pace()

    def update(self, fraction: float, message: str = "") -> None:
        """See `Reporter.update`."""
        super().update(fraction, message)
        self._pace.note(self.fraction, time.monotonic())

    def seconds_left(self) -> float | None:
        """Return the seconds still to go; None until enough was measured to say."""
        return self._pace.seconds_left(time.monotonic())
