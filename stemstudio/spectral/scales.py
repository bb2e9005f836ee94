"""Frequency axes: from hertz to a place on the screen and back, and from the rows of a screen to stored bins.

A place is a number from 0 (bottom of the full axis) to 1 (top). Since a scale is nothing but such a function, changing
it costs a new `RowMap` and no analysis.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemstudio.spectral.decibels import STEP_DB
from stemstudio.spectral.grids import Grid

SCALES = ("log", "mel", "linear")

_NOTES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


@dataclass(frozen=True, slots=True)
class FrequencyScale:
    """An axis from `low_hz` to `high_hz`.

    Parameters
    ----------
    kind : {'log', 'mel', 'linear'}
        Mel after O'Shaughnessy (1987): ``2595 log10(1 + f / 700)``.
    low_hz, high_hz : float
        Ends of the axis; a logarithmic one starts above zero.
    """

    kind: str
    low_hz: float
    high_hz: float

    def __post_init__(self) -> None:
        if self.kind not in SCALES:
            raise ValueError(f"kind must be one of {', '.join(SCALES)}, not {self.kind!r}")
        if not 0 <= self.low_hz < self.high_hz or (self.kind == "log" and self.low_hz == 0):
            raise ValueError(f"no {self.kind} axis from {self.low_hz} to {self.high_hz} Hz")

    @classmethod
    def full(cls, kind: str, sample_rate: int) -> FrequencyScale:
        """The axis that shows what is heard of a sound at `sample_rate`.

        A logarithmic one starts below the lowest string of a bass (41 Hz) and ends at 20 kHz, others span 0 Hz to half
        the sample rate.
        """
        half = sample_rate / 2
        if kind == "log":
            return cls(kind, min(32.0, half / 16), min(20000.0, half))
        return cls(kind, 0.0, half)

    def place(self, hertz: float) -> float:
        """Place of `hertz`: 0 at `low_hz`, 1 at `high_hz`, beyond them outside 0 to 1."""
        low, high = self._warp(self.low_hz), self._warp(self.high_hz)
        return (self._warp(hertz) - low) / (high - low)

    def hertz(self, place: float) -> float:
        """Inverse of `place`."""
        low, high = self._warp(self.low_hz), self._warp(self.high_hz)
        return self._unwarp(low + place * (high - low))

    def hertz_at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """`hertz` of many places."""
        low, high = self._warp(self.low_hz), self._warp(self.high_hz)
        values = low + places * (high - low)
        match self.kind:
            case "log":
                values = np.exp(values)
            case "mel":
                values = 700 * np.expm1(values)
        return np.asarray(values, np.float64)

    def _warp(self, hertz: float) -> float:
        match self.kind:
            case "log":
                return math.log(max(hertz, 1e-3))
            case "mel":
                return math.log1p(max(hertz, 0.0) / 700)
        return hertz

    def _unwarp(self, value: float) -> float:
        match self.kind:
            case "log":
                return math.exp(value)
            case "mel":
                return 700 * math.expm1(value)
        return value


@dataclass(frozen=True, slots=True)
class BinLadder:
    """How the bins of a spectrum are stored: all of them, then pairs, then pairs of pairs, in one column.

    A screen row that covers many bins reads one row of the rung that fits, so that no bin is skipped (which would
    show as dots) and none is averaged while drawing.

    Parameters
    ----------
    bins : int
        ``n_fft // 2 + 1``.
    """

    bins: int

    @property
    def rungs(self) -> tuple[int, ...]:
        """Rows of each rung; rung ``m`` joins ``2**m`` bins (the highest bin, half the sample rate, stands alone)."""
        rungs = [self.bins]
        size = (self.bins - 1) // 2
        while size >= 4:
            rungs.append(size)
            size //= 2
        return tuple(rungs)

    @property
    def rows(self) -> int:
        """Rows of all rungs."""
        return sum(self.rungs)

    def climb(self, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """All rungs, uint8 (rows, columns), from `codes`, uint8 (bins, columns)."""
        out = np.empty((self.rows, codes.shape[1]), np.uint8)
        out[: self.bins] = codes
        start, above = 0, self.bins
        for size in self.rungs[1:]:
            pairs = out[start : start + 2 * size]
            # The louder of two, not their mean: a partial keeps its brightness however many bins share a row.
            np.maximum(pairs[0::2], pairs[1::2], out=out[above : above + size])
            start, above = above, above + size
        return out


@dataclass(frozen=True, slots=True, eq=False)
class RowMap:
    """For each row of a screen, top first, the two stored rows that it lies between and how near the upper one is.

    `lower` and `upper` are row numbers (height,), `weight` of `upper` is 0 to 256 and `lift` is added to what is not
    silence, both int16 (height, 1).
    """

    lower: NDArray[np.intp]
    upper: NDArray[np.intp]
    weight: NDArray[np.int16]
    lift: NDArray[np.int16]

    def apply(self, tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Rows of the screen, uint8 (height, columns), from a tile (stored rows, columns)."""
        low = tile.take(self.lower, 0).astype(np.int16)
        step = tile.take(self.upper, 0) - low
        # Halved, so that 127 * 256 still fits into 16 bits.
        step >>= 1
        step *= self.weight
        step >>= 7
        low += step
        low += self.lift
        np.clip(low, 0, 255, out=low)
        return low.astype(np.uint8)


@lru_cache(maxsize=8)
def row_map(
    scale: FrequencyScale,
    bottom: float,
    top: float,
    height: int,
    grid: Grid,
    ladder: BinLadder,
    tilt_db: float = 0.0,
) -> RowMap:
    """Map `height` screen rows that show the places `bottom` to `top` of `scale` to rows of `grid` stored by `ladder`.

    `tilt_db` is added per octave above 1 kHz and taken off per octave below it: music falls by 3 to 5 dB per octave,
    and without a tilt its low end glares while its high end is dark. The same map for the same arguments: pictures one
    above the other share it.
    """
    edges = np.linspace(top, bottom, height + 1)
    edge_bins = grid.bin_at(scale.hertz_at(edges))
    hertz = scale.hertz_at((edges[1:] + edges[:-1]) / 2)
    centre = grid.bin_at(hertz)
    span = np.abs(np.diff(edge_bins))
    sizes = np.array(ladder.rungs)
    # Stored rows are then 0.8 to 1.7 screen rows high: crisp, and none lies so far between two screen rows that it
    # vanishes.
    rung = np.clip(np.floor(np.log2(np.maximum(span, 1)) + 0.75), 0, len(sizes) - 1).astype(np.intp)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    joined = 2.0**rung
    row = np.clip((centre + 0.5) / joined - 0.5, 0, sizes[rung] - 1)
    lower = np.floor(row).astype(np.intp)
    upper = np.minimum(lower + 1, sizes[rung] - 1)
    weight = np.rint((row - lower) * 256).astype(np.int16)[:, None]
    octaves = np.clip(np.log2(np.maximum(hertz, 1) / 1000), -5, 5)
    lift = np.rint(octaves * tilt_db / STEP_DB).astype(np.int16)[:, None]
    return RowMap(starts[rung] + lower, starts[rung] + upper, weight, lift)


def note_name(hertz: float) -> str:
    """Nearest note of equal temperament at A4 = 440 Hz, such as ``A4``; nothing below 16 Hz."""
    if hertz < 16:
        return ""
    midi = round(69 + 12 * math.log2(hertz / 440))
    return f"{_NOTES[midi % 12]}{midi // 12 - 1}"


def note_and_cents(hertz: float) -> str:
    """Nearest note and how far above or below it a frequency lies: ``A4 +12 ct``; nothing below 16 Hz."""
    if hertz < 16:
        return ""
    midi = 69 + 12 * math.log2(hertz / 440)
    cents = round((midi - round(midi)) * 100)
    return f"{note_name(hertz)} {cents:+d} ct".replace("-", "−")


def hertz_label(hertz: float) -> str:
    """Short text for an axis: ``125``, ``1k``, ``2.5k``."""
    return f"{hertz:.0f}" if hertz < 1000 else f"{round(hertz / 1000, 2):g}k"


def hertz_ticks(scale: FrequencyScale, bottom: float, top: float, least_gap: float) -> list[float]:
    """Round frequencies between the places `bottom` and `top`, at least `least_gap` (in places) apart, ascending.

    A linear or narrow axis gets even steps. Others get octaves of 1 kHz, with thirds of octaves (ISO 266) where there
    is room for all of them; octaves without room are left out.
    """
    low, high = scale.hertz(bottom), scale.hertz(top)
    if scale.kind == "linear" or high < 3 * low:
        # Steps are closest at the top of a curved axis.
        densest = high - scale.hertz(max(top - least_gap, bottom))
        return _even_steps(low, high, max(densest, (high - low) / 50))
    thirds = [hertz for hertz in _THIRDS if low <= hertz <= high]
    places = [scale.place(hertz) for hertz in thirds]
    if all(b - a >= least_gap for a, b in itertools.pairwise(places)):
        return thirds
    kept: list[float] = []
    for hertz in reversed([hertz for hertz in _OCTAVES if low <= hertz <= high]):
        if not kept or scale.place(kept[-1]) - scale.place(hertz) >= least_gap:
            kept.append(hertz)
    return kept[::-1]


def _even_steps(low: float, high: float, least: float) -> list[float]:
    decade = 10.0 ** math.floor(math.log10(least))
    step = next(decade * factor for factor in (1, 2, 5, 10) if decade * factor >= least * (1 - 1e-9))
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


_OCTAVES = [31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000]
_THIRDS = [decade * step for decade in (10, 100, 1000, 10000) for step in (1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8)]
