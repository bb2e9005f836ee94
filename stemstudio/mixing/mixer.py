"""The mixing desk: many sources become one stereo source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.automation import Points, gain_curve
from stemstudio.mixing.folddown import fold_down
from stemstudio.mixing.meters import SILENCE, Levels, level
from stemstudio.mixing.pan import SILENT_DB, gains


@dataclass(frozen=True, slots=True)
class MixInput:
    """One channel strip.

    Parameters
    ----------
    source : Source
    gain_db : float
    pan : float
        From -1 (left) to 1 (right).
    mute, solo : bool
    width : float
        Factor of the difference between left and right: 0 is mono, 1 as it is, 2 twice as wide.
    invert : bool
        Polarity turned over.
    pan_law : {'balance', 'power'}
        See `pan.gains`.
    automation : tuple of (frame, dB)
        Points between which the gain moves, on top of `gain_db`; see `automation.gain_curve`.
    """

    source: Source
    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    solo: bool = False
    width: float = 1.0
    invert: bool = False
    pan_law: str = "balance"
    automation: Points = ()


class Mixer:
    """The sum of its inputs as a stereo `Source`.

    While any input is soloed only soloed inputs are heard; mute is stronger than solo, so a muted input stays silent
    whatever else is set. An input that is not heard is never read. Mono inputs stand in the centre at their level,
    inputs of more than two channels are folded down (`fold_down`). At unity gain, centre pan and width 1 nothing is
    multiplied: the result is the sum of the inputs in their order, in float32. The longest input sets `frames`.

    Parameters
    ----------
    inputs : tuple of MixInput
        At least one, all of one sample rate and of 1 to 8 channels; `ValueError` otherwise.
    """

    channels = 2

    def __init__(self, inputs: tuple[MixInput, ...]) -> None:
        rates = {each.source.sample_rate for each in inputs}
        if len(rates) != 1:
            raise ValueError(f"the inputs of a mixer share one sample rate; these have {sorted(rates) or 'none'}")
        for each in inputs:
            if not 1 <= each.source.channels <= 8:
                raise ValueError(f"an input of a mixer has 1 to 8 channels, not {each.source.channels}")
        self.inputs = inputs
        self.sample_rate = rates.pop()
        soloed = any(each.solo for each in inputs)
        self._strips = [(each, _factors(each), _is_heard(each, soloed)) for each in inputs]

    @property
    def frames(self) -> int:
        """Length of the longest input; it grows while an input does."""
        return max(each.source.frames for each in self.inputs)

    @property
    def audible(self) -> tuple[bool, ...]:
        """Which inputs are heard, in order."""
        return tuple(heard for _, _, heard in self._strips)

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`; float32 (2, frames)."""
        mix: Samples | None = None
        for each, factors, heard in self._strips:
            if heard:
                stem = _strip(each, factors, start, frames)
                if mix is None:
                    mix = stem
                else:
                    mix += stem
        return np.zeros((2, frames), np.float32) if mix is None else mix

    def levels(self, start: int, frames: int) -> tuple[Levels, ...]:
        """Measure each input behind its fader over those frames; inputs that are not heard are silent and not read."""
        return tuple(
            level(_strip(each, factors, start, frames)) if heard else SILENCE for each, factors, heard in self._strips
        )


def _is_heard(each: MixInput, soloed: bool) -> bool:
    return not each.mute and each.gain_db > SILENT_DB and (each.solo or not soloed)


def _factors(each: MixInput) -> Samples:
    factors = gains(each.gain_db, each.pan, each.pan_law)
    return -factors if each.invert else factors


def _strip(each: MixInput, factors: Samples, start: int, frames: int) -> Samples:
    stem = fold_down(each.source.read(start, frames))
    if each.width != 1.0:
        side = (stem[0] - stem[1]) * np.float32((each.width - 1.0) / 2)
        stem[0] += side
        stem[1] -= side
    if factors[0, 0] != 1.0 or factors[1, 0] != 1.0:
        stem *= factors
    if each.automation:
        stem *= gain_curve(each.automation, start, frames)
    return stem
