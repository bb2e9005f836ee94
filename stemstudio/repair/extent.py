"""Boxes around selections, and how a box is laid onto another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Axis = NDArray[np.float64]
Weights = NDArray[np.float32]

FARTHEST = 1e15
"""Largest frame or frequency that a selection may name: up to it frames stay whole numbers."""
MOST_OCTAVES = 60.0
"""Farther than that from any frequency nothing is heard."""
LOWEST_HZ = 1.0
"""Frequencies from here down to 0 Hz are one place of the logarithmic axis that selections live on."""


def octaves(hertz: Axis | float) -> Axis:
    """Place on the logarithmic axis: octaves above `LOWEST_HZ`, not negative."""
    place: Axis = np.log2(np.maximum(hertz, LOWEST_HZ))
    return place


@dataclass(frozen=True, slots=True)
class Extent:
    """Frames from `first` up to, not including, `last` and frequencies from `low_hz` to `high_hz`, both included.

    Frames may be negative: where the song starts and ends is known to the song alone.
    """

    first: int
    last: int
    low_hz: float
    high_hz: float

    @property
    def frames(self) -> int:
        """Number of frames."""
        return max(self.last - self.first, 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is inside."""
        return self.last <= self.first or self.high_hz < self.low_hz

    def joined(self, other: Extent) -> Extent:
        """Smallest extent around both."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        return Extent(
            min(self.first, other.first),
            max(self.last, other.last),
            min(self.low_hz, other.low_hz),
            max(self.high_hz, other.high_hz),
        )

    def overlap(self, other: Extent) -> Extent:
        """What both have in common, perhaps empty."""
        return Extent(
            max(self.first, other.first),
            min(self.last, other.last),
            max(self.low_hz, other.low_hz),
            min(self.high_hz, other.high_hz),
        )

    def widened(self, frames: float, octaves: float) -> Extent:
        """Every side moved outwards, or inwards where negative; an open end (0 or infinite hertz) stays open."""
        if self.is_empty:
            return self
        whole = math.ceil(frames)
        ratio = _ratio(octaves)
        return Extent(self.first - whole, self.last + whole, self.low_hz / ratio, self.high_hz * ratio)


def _ratio(octaves: float) -> float:
    return math.exp2(min(max(octaves, -MOST_OCTAVES), MOST_OCTAVES))


NOTHING = Extent(0, 0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Placement:
    """Moves and stretches along time and along the logarithmic frequency axis: ``scale * x + shift`` on each."""

    frame_scale: float = 1.0
    frame_shift: float = 0.0
    octave_scale: float = 1.0
    octave_shift: float = 0.0

    @classmethod
    def onto(cls, old: Extent, new: Extent) -> Placement:
        """What lays `old` onto `new`."""
        frame_scale = new.frames / old.frames
        low, high = octaves(old.low_hz), octaves(old.high_hz)
        new_low, new_high = octaves(new.low_hz), octaves(new.high_hz)
        octave_scale = float((new_high - new_low) / (high - low)) if high > low else 1.0
        return cls(frame_scale, new.first - frame_scale * old.first, octave_scale, float(new_low - octave_scale * low))

    def frame(self, frame: float) -> float:
        """Where `frame` goes."""
        return self.frame_scale * frame + self.frame_shift

    def hertz(self, hertz: float) -> float:
        """Where `hertz` goes; 0 and infinity stay."""
        if self.octave_scale == 1:
            return hertz * _ratio(self.octave_shift)
        if hertz <= 0 or math.isinf(hertz):
            return hertz
        return _ratio(self.octave_scale * math.log2(hertz) + self.octave_shift)

    def after(self, earlier: Placement) -> Placement:
        """Placement that does `earlier` and then this one."""
        return Placement(
            self.frame_scale * earlier.frame_scale,
            self.frame(earlier.frame_shift),
            self.octave_scale * earlier.octave_scale,
            self.octave_scale * earlier.octave_shift + self.octave_shift,
        )

    def undone_frames(self, frames: Axis) -> Axis:
        """Where `frames` came from."""
        return (frames - self.frame_shift) / self.frame_scale

    def undone_hertz(self, hertz: Axis) -> Axis:
        """Where `hertz` came from."""
        if self.octave_scale == 1:
            return hertz * math.exp2(-self.octave_shift)
        back: Axis = 2.0 ** ((np.log2(np.maximum(hertz, 1e-9)) - self.octave_shift) / self.octave_scale)
        return back


UNMOVED = Placement()
