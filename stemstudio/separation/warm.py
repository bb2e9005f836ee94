"""Compile every loop before it is needed.

The first run of a compiled loop on a machine takes seconds; later starts load it from disk. The window runs `warm_up`
on a lane once it is painted, so that the first separation starts at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.progress import Reporter
from stemstudio.separation.engine import separate
from stemstudio.separation.registry import infos


class _Nowhere:
    def write(self, start: int, stems: Mapping[str, Samples]) -> None:
        """Drop the stems."""


def warm_up(reporter: Reporter) -> None:
    """Run each method that needs no model over a tenth of a second of silence."""
    methods = [info for info in infos() if not info.needs_model]
    silence = AudioBuffer(np.zeros((2, 4410), np.float32), 44100)
    for index, info in enumerate(methods):
        part = reporter.part(index / len(methods), (index + 1) / len(methods))
        separate(silence, info.id, {}, _Nowhere(), part)
