"""What a repair method is to the rest of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.repair.selection import Selection

MIXTURE = "mixture"
"""What a parameter says that asks for the mixture instead of a stem."""


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """What a person is told of a repair method before it runs.

    Parameters
    ----------
    id : str
        Short lower-case word: ``heal``.
    title : str
        For people: ``Heal``.
    summary : str
        One sentence: when to use it.
    params : tuple of ParamSpec
    reference : str
        Author, year, title of the source.
    searching : bool
        Whether it looks through the song and may take up to a second.
    sources : tuple of str
        Names of the parameters whose choices are the sounds at hand; see `engine.params_at_hand`.
    margin_s : float
        Seconds of sound that it wants to see before and after the selection.
    """

    id: str
    title: str
    summary: str
    params: tuple[ParamSpec, ...]
    reference: str
    searching: bool = False
    sources: tuple[str, ...] = ()
    margin_s: float = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """The selected sound with a margin around it.

    Parameters
    ----------
    start : int
        Frame of the song at which `samples` begins.
    samples : Samples
        float32 (channels, n), finite; cut short only by the two ends of the song.
    sample_rate : int
    selection : Selection
        In frames of the song, not of the passage.
    first, last : int
        The part of `samples` that the selection spans, feather included.
    """

    start: int
    samples: Samples
    sample_rate: int
    selection: Selection
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a method may look at anywhere in the song: the stem itself, the mixture, and the other stems by name."""

    stem: Source
    mixture: Source | None = None
    others: Mapping[str, Source] = field(default_factory=dict)


class RepairMethod(Protocol):
    """A way to mend what is selected."""

    info: MethodInfo

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """Return the mended passage, float32 of the shape of ``passage.samples``.

        What lies more than half a window of `spectral_box.LONGEST_WINDOW` outside of ``first..last`` is as it was; the
        engine leaves it out. `values` holds one checked value for each of ``info.params``.
        """
        ...
