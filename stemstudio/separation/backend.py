"""What a separation method is to the rest of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a person is told of a method before it runs.

    Parameters
    ----------
    id : str
        Short lower-case word: ``hpss``.
    title : str
        For people: ``Harmonic and percussive``.
    summary : str
        One sentence: what it is good for and where it fails.
    family : {'classic', 'neural'}
    stems : tuple of str
        Names of the stems, in order, without the residual.
    params : tuple of ParamSpec
    reference : str
        Author, year, title of the source.
    needs_model : bool
        Whether a model file has to be installed.
    """

    id: str
    title: str
    summary: str
    family: Literal["classic", "neural"]
    stems: tuple[str, ...]
    params: tuple[ParamSpec, ...]
    reference: str
    needs_model: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The method can run now."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The method cannot run: `what` is missing and `how_to_fix` it, a sentence each."""

    what: str
    how_to_fix: str


Availability = Ready | Missing


class StemSink(Protocol):
    """Where a backend puts its stems."""

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """Take float32 (channels, n) of every stem for the frames from `start`; calls come in order, without gaps."""
        ...


class Backend(Protocol):
    """A separation method."""

    info: BackendInfo

    def availability(self) -> Availability:
        """Answer without importing a heavy library."""
        ...

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """Stream the stems of `mix` into `sink`.

        The stems have the mixture's rate, channels and frames, and line up with it to the sample. Memory does not grow
        with the length of `mix`. `values` holds one checked value for each of ``info.params``.
        """
        ...
