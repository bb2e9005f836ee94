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
        self._channels = channels

    def convert(self, block: Samples) -> Samples:
        """Take in float32 (channels, n); return what is ready of the result."""
        converted: Samples = self._soxr.resample_chunk(np.ascontiguousarray(block.T)).T
        return converted

    def flush(self) -> Samples:
        """Return the rest."""
        rest: Samples = self._soxr.resample_chunk(np.zeros((0, self._channels), np.float32), last=True).T
        return rest
