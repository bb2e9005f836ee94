"""What running any published network needs beside it: channels in pairs, and a stop that is heard within."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.progress import Reporter
from stemstudio.separation.overlap import SegmentFunction

if TYPE_CHECKING:
    from torch import Tensor, nn


class Steps:
    """A reporter that is told of every layer of a network, so that a wish to stop is heard soon.

    Parameters
    ----------
    reporter : Reporter
    calls : int
        How many times the watched layers will be called in the whole run, all together.
    """

    def __init__(self, reporter: Reporter, calls: int) -> None:
        self._reporter, self._calls = reporter, max(calls, 1)
        self._called = 0
        self._told = 0.0

    def update(self, fraction: float, message: str = "") -> None:
        """See `Reporter.update`."""
        self._told = max(self._told, fraction)
        self._reporter.update(self._told, message)

    def part(self, start: float, end: float) -> Reporter:
        """See `Reporter.part`."""
        return self._reporter.part(start, end)

    def watch(self, layers: Iterable[nn.Module]) -> None:
        """Count the calls of each of `layers`."""
        for layer in layers:
            layer.register_forward_pre_hook(self._count)

    def _count(self, *_: Any) -> None:
        self._called += 1
        self.update(min(self._called / self._calls, 0.999))


def by_pairs(estimate: Callable[[Tensor], Tensor], stems: Sequence[str]) -> SegmentFunction:
    """Make `estimate`, which knows stereo, work on any number of channels, two by two; one alone is in the middle.

    `estimate` maps (batch, 2, frames) to (batch, stems, 2, frames). Where nothing sounds, it is not asked.
    """

    def stems_of(batch: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
        import torch

        found = np.zeros((len(stems), *batch.shape), np.float32)
        with torch.inference_mode():
            for first in range(0, batch.shape[1], 2):
                pair = torch.from_numpy(batch[:, first : first + 2])
                if not pair.any():
                    continue
                stereo = pair if pair.shape[1] == 2 else pair.expand(-1, 2, -1)
                out = estimate(stereo).float().cpu().numpy()
                if pair.shape[1] == 1:
                    out = out.mean(2, keepdims=True)
                found[:, :, first : first + 2] = out.transpose(1, 0, 2, 3)
        return dict(zip(stems, found, strict=True))

    return stems_of
