from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stemstudio.core.progress import Progress
from stemstudio.separation.engine import separate


class Collector:
    """Keeps the stems as they come."""

    def __init__(self) -> None:
        self.parts: list[dict[str, np.ndarray]] = []

    def write(self, start, stems):
        self.parts.append({name: samples.copy() for name, samples in stems.items()})


@pytest.fixture
def stems_of() -> Callable:
    """Separate a whole sound: `stems_of(mix, "hpss", margin=2)` is a dict of float32 (channels, frames)."""

    def run(mix, backend_id, **values):
        sink = Collector()
        separate(mix, backend_id, values, sink, Progress())
        return {name: np.concatenate([part[name] for part in sink.parts], axis=1) for name in sink.parts[0]}

    return run
