"""Separating a short passage in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.params import Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.engine import separate


class _Collected:
    """A `StemSink` that keeps the stems."""

    def __init__(self, mix: Source) -> None:
        self._shape = (mix.channels, mix.frames)
        self.stems: dict[str, Samples] = {}

    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        for name, samples in stems.items():
            whole = self.stems.setdefault(name, np.zeros(self._shape, np.float32))
            whole[:, start : start + samples.shape[1]] = samples


def separated_passage(mix: Source, backend_id: str, values: Values, reporter: Reporter) -> dict[str, AudioBuffer]:
    """Stems of `mix` by name, the residual among them; all of it is held in memory."""
    sink = _Collected(mix)
    separate(mix, backend_id, values, sink, reporter)
    return {name: AudioBuffer(samples, mix.sample_rate) for name, samples in sink.stems.items()}
