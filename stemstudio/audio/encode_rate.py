"""Another sample rate for samples that come block by block."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples


class StreamConverter:
    """Converts from one rate to another by soxr at its very high quality, aligned to the sample.

    Of n frames it makes ``round(n * target_rate / source_rate)``, as `audio.resample.resample` does.
    """

    def __init__(self, source_rate: int, target_rate: int, channels: int) -> None:
        import soxr

        self._soxr = soxr.ResampleStream(source_rate, target_rate, channels, "float32", "VHQ")
        self._rates, self._channels = (source_rate, target_rate), channels
        self._taken = self._given = 0

    def convert(self, block: Samples) -> Samples:
        """Take in float32 (channels, n); return what is ready of the result."""
        self._taken += block.shape[1]
        return self._shown(self._soxr.resample_chunk(np.ascontiguousarray(block.T)).T)

    def flush(self) -> Samples:
        """Return the rest."""
        source_rate, target_rate = self._rates
        rest = self._shown(self._soxr.resample_chunk(np.zeros((0, self._channels), np.float32), last=True).T)
        excess = self._given - (2 * self._taken * target_rate + source_rate) // (2 * source_rate)
        if excess > 0:
            return rest[:, : max(rest.shape[1] - excess, 0)]
        return np.pad(rest, ((0, 0), (0, -excess)))

    def _shown(self, samples: Samples) -> Samples:
        self._given += samples.shape[1]
        return samples
