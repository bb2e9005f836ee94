"""The one type for everything that can be selected: a soft mask over time and frequency, independent of any transform.

A selection is a list of shapes that are added, subtracted or intersected in order, and of adjustments between them. It
has a weight at every time and frequency, so the screen and every transform ask the same function, each on its own grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.errors import BadInput
from stemstudio.repair import outlining, selection_text
from stemstudio.repair.adjusting import Feather, Grow
from stemstudio.repair.cells import Cells
from stemstudio.repair.composing import Group, Part, Parts, extent_of, layers, lone_box, placed_parts, weights_of
from stemstudio.repair.extent import FARTHEST, Axis, Extent, Placement, Weights
from stemstudio.repair.shapes import BELOW_HZ, Box, Points, Polygon, Shape, Stroke, thinned

__all__ = ["Extent", "Selection"]

_MOST_LAYERS = 50
_BRUSH_TOLERANCE = 0.02
"""Share of its radius by which a stroke may be simplified; a tenth of what an eye sees of a soft edge."""


@dataclass(frozen=True)
class Selection:
    """What is selected of a song.

    Frames count at `sample_rate`; frequencies are in hertz from 0 to half of it.

    Parameters
    ----------
    sample_rate : int
    parts : tuple of Part, Grow and Feather
        In the order in which they were drawn; the constructors below and the methods that return a new selection make
        them.
    """

    sample_rate: int
    parts: Parts = ()

    def __post_init__(self) -> None:
        if layers(self.parts) > _MOST_LAYERS:
            raise BadInput("This selection was adjusted too often.", "Start a new one.")

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.sample_rate, self.parts))

    @classmethod
    def box(cls, sample_rate: int, first: float, last: float, low_hz: float, high_hz: float) -> Selection:
        """Rectangle between two corners in any order; open where it reaches 0 or half the sample rate.

        Raises
        ------
        BadInput
            If a number is not finite.
        """
        _finite(first, last, low_hz, high_hz)
        first, last = sorted((round(first), round(last)))
        low_hz, high_hz = sorted((low_hz, high_hz))
        if high_hz >= sample_rate / 2:
            high_hz = math.inf
        return cls._of(sample_rate, Box(first, last, max(low_hz, 0.0), high_hz))

    @classmethod
    def time_range(cls, sample_rate: int, first: float, last: float) -> Selection:
        """All frequencies from the frame `first` up to `last`."""
        return cls.box(sample_rate, first, last, 0.0, sample_rate / 2)

    @classmethod
    def frequency_range(cls, sample_rate: int, low_hz: float, high_hz: float, frames: int) -> Selection:
        """All of a song of so many frames from `low_hz` to `high_hz`."""
        return cls.box(sample_rate, 0, frames, low_hz, high_hz)

    @classmethod
    def polygon(cls, sample_rate: int, points: Sequence[tuple[float, float]]) -> Selection:
        """Inside of the closed line through `points` (frame, hertz), straight over time and log frequency."""
        return cls._of(sample_rate, Polygon(_points(points)))

    @classmethod
    def stroke(
        cls,
        sample_rate: int,
        points: Sequence[tuple[float, float]],
        radius_frames: float,
        radius_octaves: float,
        softness: float = 0.0,
    ) -> Selection:
        """What a brush covers on its way through `points` (frame, hertz); `softness` from 0 (hard) to 1.

        Raises
        ------
        BadInput
            If a radius is not positive, `softness` out of range or there is no point.
        """
        _finite(radius_frames, radius_octaves)
        if radius_frames <= 0 or radius_octaves <= 0 or not 0 <= softness <= 1 or not len(points):
            raise BadInput("The brush has no size.", "Give a positive radius, a softness from 0 to 1 and a point.")
        line = thinned(_points(points), radius_frames, radius_octaves, _BRUSH_TOLERANCE)
        return cls._of(sample_rate, Stroke(line, float(radius_frames), float(radius_octaves), float(softness)))

    @classmethod
    def cells(
        cls,
        sample_rate: int,
        chosen: NDArray[np.bool_],
        first_frame: float,
        hop_frames: float,
        low_hz: float,
        step_hz: float,
    ) -> Selection:
        """Cells of a spectrum: `chosen` (rows from the lowest, columns), their first middles and their distances."""
        _finite(first_frame, hop_frames, low_hz, step_hz)
        rows = np.flatnonzero(chosen.any(axis=1))
        columns = np.flatnonzero(chosen.any(axis=0))
        if not len(rows):
            return cls(sample_rate)
        cut = chosen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        first_frame = float(first_frame + columns[0] * hop_frames)
        low_hz = float(low_hz + rows[0] * step_hz)
        bits = np.packbits(cut).tobytes()
        return cls._of(
            sample_rate, Cells(first_frame, float(hop_frames), low_hz, float(step_hz), cut.shape[1], cut.shape[0], bits)
        )

    @classmethod
    def tracks(cls, sample_rate: int, lines: Sequence[Sequence[tuple[float, float, float]]]) -> Selection:
        """Ribbons along `lines` of (frame, hertz, half width in hertz), as partials are."""
        parts = []
        for line in lines:
            lower = [(frame, hertz - half) for frame, hertz, half in line]
            upper = [(frame, hertz + half) for frame, hertz, half in line]
            parts.append(Part("add", Polygon(_points([*lower, *reversed(upper)]))))
        return cls(sample_rate, tuple(parts))

    @classmethod
    def _of(cls, sample_rate: int, shape: Shape) -> Selection:
        return cls(sample_rate, (Part("add", shape),))

    def weights(self, frames: NDArray[np.floating], hertz: NDArray[np.floating]) -> Weights:
        """How much of each time and frequency is selected.

        The selection is sampled at points: what is narrower than the grid's cells may fall between them.

        Parameters
        ----------
        frames : float (n,)
        hertz : float (m,)
            Both ascending or descending.

        Returns
        -------
        float32 (m, n)
            0 to 1.
        """
        if len(hertz) > 1 and hertz[0] > hertz[-1]:
            return self.weights(frames, hertz[::-1])[::-1]
        if len(frames) > 1 and frames[0] > frames[-1]:
            return self.weights(frames[::-1], hertz)[:, ::-1]
        return weights_of(self.parts, np.asarray(frames, np.float64), np.asarray(hertz, np.float64))

    @cached_property
    def extent(self) -> Extent:
        """Box that holds all weight, what was grown and feathered included; hertz within 0 to half the sample rate."""
        extent = extent_of(self.parts)
        return replace(extent, high_hz=min(extent.high_hz, self.sample_rate / 2))

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing has weight."""
        extent = self.extent
        if extent.is_empty:
            return True
        if all(isinstance(part, Part) and part.mode == "add" for part in self.parts):
            return False
        last = self.parts[-1]
        if isinstance(last, Feather) or (isinstance(last, Grow) and min(last.frames, last.octaves) >= 0):
            return replace(self, parts=self.parts[:-1]).is_empty
        frames = np.linspace(extent.first, extent.last - 1, 512)
        hertz = np.geomspace(max(extent.low_hz, 1.0), max(extent.high_hz, 1.0), 512)
        return not self.weights(frames, hertz).any()

    def outlines(self, frames: NDArray[np.floating], hertz: NDArray[np.floating]) -> list[Axis]:
        """Closed lines around what is selected by half or more, each float64 (k, 2) of (frame, hertz).

        Boxes and polygons that stand alone keep their exact corners; other selections are traced on the grid of
        ascending `frames` (n,) and `hertz` (m,), for instance the middles of the pixels in view, and end there.
        """
        return outlining.outlines(self.parts, np.asarray(frames, float), np.asarray(hertz, float), self.sample_rate / 2)

    def added(self, other: Selection) -> Selection:
        """All that is in this or in `other`."""
        if not self.parts or _adds_only(other.parts):
            return self._with(*other.parts)
        return self._with(Part("add", Group(other.parts)))

    def subtracted(self, other: Selection) -> Selection:
        """What is in this and not in `other`."""
        if _adds_only(other.parts):
            return self._with(*_as("subtract", other.parts))
        return self._with(Part("subtract", Group(other.parts)))

    def intersected(self, other: Selection) -> Selection:
        """What this and `other` have in common."""
        if len(other.parts) == 1 and _adds_only(other.parts):
            return self._with(*_as("intersect", other.parts))
        return self._with(Part("intersect", Group(other.parts)))

    def inverted(self, extent: Extent) -> Selection:
        """All of `extent` that is not in this: of the time in sight, of a bar, of the song; twice gives this back."""
        whole = Selection.box(self.sample_rate, extent.first, extent.last, extent.low_hz, extent.high_hz)
        taken = self.parts[1:]
        if self.parts[:1] == whole.parts and all(isinstance(part, Part) and part.mode == "subtract" for part in taken):
            return replace(self, parts=_as("add", taken))
        return whole.subtracted(self)

    def grown(self, seconds: float, semitones: float) -> Selection:
        """Take in what is so near; negative amounts leave out what is so near the edge.

        Raises
        ------
        BadInput
            If a number is not finite.
        """
        frames, octaves = seconds * self.sample_rate, semitones / 12
        _finite(frames, octaves)
        box = lone_box(self.parts)
        if box:
            extent = box.bounds.widened(frames, octaves)
            if extent.is_empty:
                return Selection(self.sample_rate)
            return Selection._of(self.sample_rate, Box(extent.first, extent.last, extent.low_hz, extent.high_hz))
        return self._adjusted(Grow, frames, octaves)

    def feathered(self, seconds: float, semitones: float) -> Selection:
        """Let the edges fade outwards over so many seconds and semitones; what is selected keeps its weight.

        Raises
        ------
        BadInput
            If a number is negative or not finite.
        """
        _finite(seconds * self.sample_rate, semitones)
        if seconds < 0 or semitones < 0:
            raise BadInput("A feather cannot be negative.", "Give 0 or more; shrink the selection to make it smaller.")
        return self._adjusted(Feather, seconds * self.sample_rate, semitones / 12)

    def moved(self, frames: int, octaves: float = 0.0) -> Selection:
        """Move it so many frames later and octaves higher; ends that are open stay open."""
        _finite(frames, octaves)
        placement = Placement(frame_shift=frames, octave_shift=octaves)
        return replace(self, parts=placed_parts(self.parts, placement))

    def resized(self, to: Extent) -> Selection:
        """Stretch it from its extent to another; `BadInput` if either holds nothing."""
        if self.extent.is_empty or to.is_empty:
            raise BadInput("A selection cannot be resized from or to nothing.", "Give an end after the start.")
        old, half = self.extent, self.sample_rate / 2
        parts = self.parts
        if (to.low_hz, to.high_hz) != (old.low_hz, old.high_hz):
            parts = _with_ends(parts, half)
        return replace(self, parts=_without_ends(placed_parts(parts, Placement.onto(old, to)), half))

    def _adjusted(self, kind: type[Grow | Feather], frames: float, octaves: float) -> Selection:
        """Append an adjustment, or widen the last one if that goes the same way."""
        last = self.parts[-1] if self.parts else None
        if not self.parts or not (frames or octaves):
            return self
        if type(last) is kind and last.frames * frames >= 0 and last.octaves * octaves >= 0:
            widened = kind(last.frames + frames, last.octaves + octaves)
            return replace(self, parts=(*self.parts[:-1], widened))
        return self._with(kind(frames, octaves))

    def _with(self, *parts: Part | Grow | Feather) -> Selection:
        return replace(self, parts=(*self.parts, *parts))

    def to_text(self) -> str:
        """JSON of one line that `from_text` reads."""
        return selection_text.write(self.sample_rate, self.parts)

    @classmethod
    def from_text(cls, text: str) -> Selection:
        """Read what `to_text` wrote; `BadInput` if it is not that."""
        return cls(*selection_text.read(text))


def _adds_only(parts: Parts) -> bool:
    return all(isinstance(part, Part) and part.mode == "add" for part in parts)


def _as(mode: str, parts: Parts) -> Parts:
    return tuple([replace(part, mode=mode) for part in parts if isinstance(part, Part)])


def _finite(*numbers: float) -> None:
    if not all(abs(number) <= FARTHEST for number in numbers):
        raise BadInput("A selection needs finite numbers.", "Give times and frequencies of the song.")


def _points(points: Sequence[tuple[float, float]]) -> Points:
    for frame, hertz in points:
        _finite(frame, hertz)
    return tuple([(float(frame), float(hertz) if hertz > 1 else BELOW_HZ) for frame, hertz in points])


def _with_ends(parts: Parts, half: float) -> Parts:
    """`parts` whose open boxes end at 1 Hz and at half the sample rate, so that they can be stretched."""
    return _boxes(parts, lambda box: replace(box, low_hz=max(box.low_hz, 1.0), high_hz=min(box.high_hz, half)))


def _without_ends(parts: Parts, half: float) -> Parts:
    """`parts` whose boxes are open where they reach 1 Hz or half the sample rate."""

    def opened(box: Box) -> Box:
        low_hz = 0.0 if box.low_hz <= 1 else box.low_hz
        return replace(box, low_hz=low_hz, high_hz=math.inf if box.high_hz >= half * (1 - 1e-9) else box.high_hz)

    return _boxes(parts, opened)


def _boxes(parts: Parts, change: Callable[[Box], Box]) -> Parts:
    """`parts` with every box in them changed."""

    def changed(shape: Shape) -> Shape:
        if isinstance(shape, Group):
            return Group(_boxes(shape.parts, change))
        return change(shape) if isinstance(shape, Box) else shape

    return tuple([replace(part, shape=changed(part.shape)) if isinstance(part, Part) else part for part in parts])
