"""Run a separation method so that its stems and the residual are the mix.

The residual is made here and nowhere else: per block, mixture minus the sum of the stems in double precision, then
rounded to float32. What the sink receives adds up to the mixture to float rounding, whatever the method did.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, NotReady
from stemstudio.core.params import ParamValue, Values, resolve
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.stems import RESIDUAL
from stemstudio.separation.backend import Missing, StemSink
from stemstudio.separation.registry import backend

MAX_CHANNELS = 8
SILENT_NULL_DB = -300.0
"""What `SeparationReport.null_db` says where nothing at all is left."""


@dataclass(frozen=True, slots=True)
class SeparationReport:
    """What a separation did.

    Parameters
    ----------
    backend_id : str
    values : Mapping
        The value of every parameter, defaults included.
    stems : tuple of str
        Names in the order of writing, the residual last.
    sample_rate, channels, frames : int
        Shape of the mixture and of every stem.
    seconds : float
        Time that the work took.
    null_db : float
        Level of the mixture minus the sum of all stems, dB relative to the mixture; `SILENT_NULL_DB` at the least.
    """

    backend_id: str
    values: Mapping[str, ParamValue]
    stems: tuple[str, ...]
    sample_rate: int
    channels: int
    frames: int
    seconds: float
    null_db: float

    @property
    def realtime_factor(self) -> float:
        """Seconds of work per second of sound."""
        return self.seconds * self.sample_rate / self.frames if self.frames else 0.0


def separate(mix: Source, backend_id: str, values: Values, sink: StemSink, reporter: Reporter) -> SeparationReport:
    """Separate `mix` with the method `backend_id` into `sink`, which receives every stem and ``residual``, in order.

    Parameters
    ----------
    mix : Source
        1 to 8 channels.
    values : Mapping
        Any of the method's parameters by name; the others take their defaults.

    Raises
    ------
    BadInput
        If the method, a parameter or the sound is not usable.
    NotReady
        If the method lacks something, for instance a model.
    Cancelled
        If the person asked to stop; the sink may have received a part.
    """
    method = backend(backend_id)
    checked = resolve(method.info.params, values)
    if not 1 <= mix.channels <= MAX_CHANNELS:
        raise BadInput(f"The sound has {mix.channels} channels.", f"Give a sound of 1 to {MAX_CHANNELS} channels.")
    availability = method.availability()
    if isinstance(availability, Missing):
        raise NotReady(availability.what, availability.how_to_fix)
    started = time.perf_counter()
    completing = _CompletingSink(mix, method.info.stems, sink)
    reporter.update(0.0, method.info.title)
    if mix.frames:
        method.separate(mix, checked, completing, reporter)
    completing.finish()
    reporter.update(1.0)
    return SeparationReport(
        backend_id=backend_id,
        values=checked,
        stems=(*method.info.stems, RESIDUAL),
        sample_rate=mix.sample_rate,
        channels=mix.channels,
        frames=mix.frames,
        seconds=time.perf_counter() - started,
        null_db=completing.null_db,
    )


class _CompletingSink:
    """Passes the stems on with the residual added, and holds the method to its contract."""

    def __init__(self, mix: Source, stems: tuple[str, ...], sink: StemSink) -> None:
        self._mix, self._stems, self._sink = mix, stems, sink
        self._written = 0
        self._mix_energy = self._error_energy = 0.0

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        frames = next(iter(stems.values())).shape[1]
        self._check(start, frames, stems)
        if not frames:
            return
        mix = self._mix.read(start, frames).astype(np.float64)
        if not np.isfinite(mix).all():
            raise BadInput("The sound holds values that are not numbers.", "Import the file again to repair it.")
        total = np.zeros_like(mix)
        for name in self._stems:
            total += stems[name]
        residual = (mix - total).astype(np.float32)
        self._mix_energy += float(np.vdot(mix, mix))
        error = mix - (total + residual)
        self._error_energy += float(np.vdot(error, error))
        self._written += frames
        self._sink.write(start, {**{name: stems[name] for name in self._stems}, RESIDUAL: residual})

    def _check(self, start: int, frames: int, stems: Mapping[str, Samples]) -> None:
        if set(stems) != set(self._stems):
            raise ValueError(f"stems {sorted(stems)} were written instead of {sorted(self._stems)}")
        if start != self._written or start + frames > self._mix.frames:
            raise ValueError(f"frames {start}..{start + frames} were written after {self._written}")
        for name, samples in stems.items():
            if samples.shape != (self._mix.channels, frames) or samples.dtype != np.float32:
                raise ValueError(f"{name} was written as {samples.dtype}{samples.shape}")

    def finish(self) -> None:
        """Raise if the method stopped early."""
        if self._written != self._mix.frames:
            raise ValueError(f"only {self._written} of {self._mix.frames} frames were written")

    @property
    def null_db(self) -> float:
        """See `SeparationReport`."""
        if not self._error_energy:
            return SILENT_NULL_DB
        return max(SILENT_NULL_DB, 10 * math.log10(self._error_energy / max(self._mix_energy, 1e-300)))
