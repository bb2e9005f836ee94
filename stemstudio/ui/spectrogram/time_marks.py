"""Where the marks of the time ruler stand and what they say: in seconds, in samples, or in bars and beats."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stemstudio.core.tempo import Tempo

RULERS = ("seconds", "samples", "bars")

_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_PARTS = {15: 3, 30: 3, 60: 4, 120: 4, 900: 3, 1800: 3, 3600: 4, 7200: 4}
"""Into how many parts small marks divide a step; five where nothing is said, two for a step of two."""

_MOST_MARKS = 2000
_DIVISIONS_OF_A_BEAT = (16, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the ruler; `text` is empty for the small ones."""

    frame: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class TimeRuler:
    """One of `RULERS`; bars need a `tempo` and are seconds without."""

    kind: str = "seconds"
    tempo: Tempo | None = None

    def marks(self, sample_rate: int, start: float, end: float, least_frames: float) -> list[Mark]:
        """Marks of the frames from `start` to `end`, labels at least `least_frames` apart."""
        if self.kind == "samples":
            step = _decimal_step(least_frames)
            parts = 4 if f"{step:e}"[0] == "2" else 5
            return _even(step, parts if step >= parts else 1, start, end, 0.0, lambda number: _grouped(number * step))
        if self.kind == "bars" and self.tempo is not None:
            return _bar_marks(self.tempo, sample_rate, start, end, least_frames)
        step_s = time_step(least_frames / sample_rate)
        decimals = max(0, -math.floor(math.log10(step_s) + 1e-9))
        parts = _PARTS.get(int(step_s), 4 if f"{step_s:e}"[0] == "2" else 5)
        return _even(step_s * sample_rate, parts, start, end, 0.0, lambda number: time_label(number * step_s, decimals))

    @property
    def counts_bars(self) -> bool:
        """Whether marks are bars and beats."""
        return self.kind == "bars" and self.tempo is not None

    def label(self, frame: float, sample_rate: int) -> str:
        """Exact place of a frame, for the read-out."""
        if self.kind == "samples":
            return _grouped(round(frame))
        if self.kind == "bars" and self.tempo is not None:
            beats = self.tempo.beats_at(frame, sample_rate)
            bar, beat = divmod(beats, self.tempo.beats_per_bar)
            return f"{_bar_number(int(bar))}.{math.floor((beat + 1) * 100) / 100:.2f}"
        return time_label(frame / sample_rate, 3)

    @property
    def longest_label(self) -> str:
        """Text as wide as any label in a read-out."""
        return {"samples": "000 000 000", "bars": "0000.0.00"}.get(self.kind, "0:00:00.000")


def time_step(least_s: float) -> float:
    """Distance in seconds of two labels that must be at least `least_s` apart."""
    return next((step for step in _STEPS_S if step >= least_s), math.ceil(least_s / 3600) * 3600)


def time_label(seconds: float, decimals: int = 0) -> str:
    """``0:17.482`` or ``1:02:03``; `decimals` digits after the second."""
    ticks = round(seconds * 10**decimals)
    whole, rest = divmod(ticks, 10**decimals)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    fraction = f".{rest:0{decimals}d}" if decimals else ""
    clock = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    return clock + fraction


def _bar_marks(tempo: Tempo, sample_rate: int, start: float, end: float, least_frames: float) -> list[Mark]:
    """Bars, then beats, then parts of beats, as room allows; bars are counted from 1."""
    beat = 60 / tempo.bpm * sample_rate
    origin = tempo.first_beat_s * sample_rate
    bar = beat * tempo.beats_per_bar
    per = tempo.beats_per_bar
    if bar >= least_frames:
        if beat < least_frames:
            return _even(bar, per, start, end, origin, _bar_number)
        split = next((parts for parts in _DIVISIONS_OF_A_BEAT if beat / parts >= least_frames / 4), 1)
        return _even(beat, split, start, end, origin, lambda number: f"{_bar_number(number // per)}.{number % per + 1}")
    count = 1 << math.ceil(math.log2(least_frames / bar))
    return _even(bar * count, min(count, 4), start, end, origin, lambda number: _bar_number(number * count))


def _even(step: float, parts: int, start: float, end: float, origin: float, text: object) -> list[Mark]:
    """Marks every ``step / parts`` frames, every `parts`-th with a text made from its number."""
    first, last = (math.ceil((place - origin) / step * parts - 1e-9) for place in (start, end))
    assert callable(text)
    return [
        Mark(origin + number * step / parts, str(text(number // parts)) if number % parts == 0 else "")
        for number in range(first, min(last, first + _MOST_MARKS) + 1)
        if origin + number * step / parts <= end
    ]


def _decimal_step(least: float) -> int:
    decade: int = 10 ** max(0, math.floor(math.log10(max(least, 1.0))))
    return next((decade * factor for factor in (1, 2, 5) if decade * factor >= least - 1e-9), 10 * decade)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _bar_number(index: int) -> str:
    """Bars are counted from 1; what lies before the first beat has numbers from 0 down."""
    return str(index + 1).replace("-", "−")
