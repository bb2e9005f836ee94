"""How a command speaks.

To programs in JSON lines on standard output; to people in a summary there and a progress bar on standard error.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
import time
from collections.abc import Mapping

from stemstudio.core.progress import Reporter
from stemstudio.jobs.pace import MeasuredProgress

_JSON_EVERY_S = 0.25
_BAR_EVERY_S = 0.1
_BAR_CELLS = 24
_EXTREME_DB = 300.0


class Voice:
    """What a command says; `progress` is the reporter of its work, and how it hears that it should stop."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.progress = _SpokenProgress(self)
        self._bar_columns = 0
        self._said_at = -math.inf

    def say(self, text: str) -> None:
        """Tell a person something; programs do not hear it."""
        if not self.as_json:
            self._clear_bar()
            print(text, flush=True)

    def done(self, fields: Mapping[str, object]) -> None:
        """Tell a program the result."""
        self._event({"event": "done", **fields})

    def complain(self, text: str) -> None:
        """One line on standard error."""
        self._clear_bar()
        print(" ".join(text.split()), file=sys.stderr, flush=True)

    def show(self, fraction: float, message: str, seconds_left: float | None) -> None:
        """Show how far the work is, a few times a second at most."""
        now = time.monotonic()
        if now - self._said_at < (_JSON_EVERY_S if self.as_json else _BAR_EVERY_S) and fraction < 1:
            return
        self._said_at = now
        if self.as_json:
            self._event({"event": "progress", "fraction": round(fraction, 4), "message": message})
        elif sys.stderr.isatty():
            self._draw_bar(fraction, message, seconds_left)

    def close(self) -> None:
        """Leave the terminal clean."""
        self._clear_bar()

    def _event(self, event: Mapping[str, object]) -> None:
        if self.as_json:
            print(json.dumps(event, allow_nan=False), flush=True)

    def _draw_bar(self, fraction: float, message: str, seconds_left: float | None) -> None:
        cells = round(fraction * _BAR_CELLS)
        full, empty = ("█", "░") if "utf" in (sys.stderr.encoding or "").lower() else ("#", "-")
        left = "" if seconds_left is None else f"  {duration(seconds_left)} left"
        line = f"{full * cells}{empty * (_BAR_CELLS - cells)} {fraction:4.0%}{left}  {message}"
        line = line[: shutil.get_terminal_size().columns - 1]
        sys.stderr.write("\r" + line.ljust(self._bar_columns))
        sys.stderr.flush()
        self._bar_columns = len(line)

    def _clear_bar(self) -> None:
        if self._bar_columns:
            sys.stderr.write("\r" + " " * self._bar_columns + "\r")
            sys.stderr.flush()
            self._bar_columns = 0


class _SpokenProgress(MeasuredProgress):
    """Progress that is shown whenever it is made: there is no second thread to poll it."""

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self._voice = voice

    def update(self, fraction: float, message: str = "") -> None:
        super().update(fraction, message)
        self._voice.show(self.fraction, self.message, self.seconds_left())


def nth_part(reporter: Reporter, index: int, count: int) -> Reporter:
    """Reporter of the `index`-th of `count` equal parts."""
    return reporter.part(index / count, (index + 1) / count)


def level(value_db: float) -> float | None:
    """Return a level as JSON can hold it: None for nan, within 300 dB either way."""
    return None if math.isnan(value_db) else round(min(max(value_db, -_EXTREME_DB), _EXTREME_DB), 3)


def duration(seconds: float) -> str:
    """Return a duration for people: ``42 s``, ``3:05 min``, ``1:02:03 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d} h"
