"""What an effect is to the rest of the program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, ParamValue, Values
from stemstudio.core.source import Source

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EffectInfo:
    """What a person is told of an effect.

    Parameters
    ----------
    id : str
        Short lower-case word: ``gate``.
    title : str
        For people: ``Noise gate``.
    summary : str
        One sentence: what it does and when to use it.
    params : tuple of ParamSpec
    reference : str
        Author, year, title of the source.
    sidechain : bool
        Whether another stem can control it.
    """

    id: str
    title: str
    summary: str
    params: tuple[ParamSpec, ...]
    reference: str
    sidechain: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """How far back the sound reaches that an effect's output depends on.

    `frames` samples count in full; what lies before them fades by a factor of e in every `fading_s` seconds.
    """

    frames: int = 0
    fading_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A picture of an effect in numbers: `y` in dB over `x`, which is an input level in dB or a frequency in hertz."""

    kind: Literal["transfer", "response"]
    x: Real
    y: Real


class Processor(Protocol):
    """An effect at work on one stream; blocks come in order and may have any length.

    What comes out does not depend on where the borders of the blocks are. After silence that lasts longer than its
    memory a processor is as it was made.
    """

    gain_reduction_db: float
    """Most that the last block was turned down by, at least 0; 0 for effects that do not measure it."""

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:
        """Return a new float32 (channels, n), late by `Effect.latency_frames`.

        Parameters
        ----------
        block : float32 (channels, n)
            Left as it is.
        sidechain : float32 (any channels, n), optional
            The same frames of the stem that controls this one.
        """
        ...

    def reset(self, frame: int = 0) -> None:
        """Forget all that came; the next block begins with that frame of the song."""
        ...


class Effect(ABC):
    """A kind of processing; stateless. `values` holds one checked value for each of ``info.params``."""

    info: EffectInfo

    @abstractmethod
    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:
        """Return a processor for one stream."""

    def latency_frames(self, values: Values, sample_rate: int) -> int:  # noqa: ARG002 - for those that are late
        """Return how many frames the output is late."""
        return 0

    def memory(self, values: Values, sample_rate: int) -> Memory:  # noqa: ARG002 - for those that remember
        """Return how far back the output depends on the input."""
        return Memory()

    def curve(self, values: Values, sample_rate: int) -> Curve | None:  # noqa: ARG002 - for those with a picture
        """Return the picture that people expect of this effect, if any."""
        return None

    def fitted(self, values: Values, source: Source) -> dict[str, ParamValue]:  # noqa: ARG002 - for those that measure
        """Return `values` with those that depend on the material (thresholds) set from a measurement of `source`."""
        return dict(values)


def frames_of(ms: ParamValue, sample_rate: int) -> int:
    """Return a number of milliseconds in frames."""
    return round(float(ms) * sample_rate / 1000)


def decibels(amplitude: NDArray[np.float32] | Real) -> Real:
    """Return 20 log10 of magnitudes, never below -200 dB."""
    return np.asarray(20.0 * np.log10(np.maximum(amplitude, 1e-10, dtype=np.float64)))


def amplitude(level_db: Real | float) -> Real:
    """Return the factor of a level in dB."""
    return np.asarray(np.exp(np.multiply(level_db, np.log(10) / 20)))
