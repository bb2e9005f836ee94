"""Sample rate conversion of a source that can be read anywhere.

The converter is soxr at its very high quality. It works on stretches of the input that begin where an output sample
falls exactly on an input sample, with room on both sides for its filter, so what a stretch gives does not depend on
where reading began.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source

_BLOCK_FRAMES = 1 << 15
_KEPT_BLOCKS = 4
# The filter reaches 123 samples of the lower rate to either side, measured by its impulse response above -140 dB.
_REACH = 160


def resample(source: Source, sample_rate: int) -> Source:
    """Return `source` at `sample_rate` hertz, of ``round(frames * sample_rate / source.sample_rate)`` frames.

    Nothing is computed before it is read; a source that has the rate already is returned as it is.
    """
    return source if source.sample_rate == sample_rate else _Resampled(source, sample_rate)


class _Resampled:
    def __init__(self, source: Source, sample_rate: int) -> None:
        self._source = source
        self.sample_rate, self.channels = sample_rate, source.channels
        common = math.gcd(sample_rate, source.sample_rate)
        # After `_step_in` frames of input and `_step_out` of output the two grids meet again.
        self._step_in, self._step_out = source.sample_rate // common, sample_rate // common
        self._kept: OrderedDict[int, Samples] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def frames(self) -> int:
        """Length, of a source that is still growing too."""
        return (2 * self._source.frames * self._step_out + self._step_in) // (2 * self._step_in)

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        out = np.zeros((self.channels, frames), np.float32)
        first, last = max(start, 0), min(start + frames, self.frames)
        while first < last:
            index, offset = divmod(first, _BLOCK_FRAMES)
            n = min(_BLOCK_FRAMES - offset, last - first)
            out[:, first - start : first - start + n] = self._block(index)[:, offset : offset + n]
            first += n
        return out

    def _block(self, index: int) -> Samples:
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        block = self._convert(index * _BLOCK_FRAMES)
        # A source that grows has no sound yet where it will have some: keep only what cannot change any more.
        if (index + 1) * _BLOCK_FRAMES <= self.frames:
            with self._lock:
                self._kept[index] = block
                while len(self._kept) > _KEPT_BLOCKS:
                    self._kept.popitem(last=False)
        return block

    def _convert(self, first: int) -> Samples:
        import soxr

        reach = _REACH * max(1.0, self._step_in / self._step_out)
        meeting = math.floor((first * self._step_in / self._step_out - reach) / self._step_in)
        begin = meeting * self._step_in
        skip = first - meeting * self._step_out
        end = math.ceil((first + _BLOCK_FRAMES) * self._step_in / self._step_out + reach)
        stretch = self._source.read(begin, end - begin)
        converted = soxr.resample(stretch.T, self._source.sample_rate, self.sample_rate, "VHQ")
        return np.ascontiguousarray(converted[skip : skip + _BLOCK_FRAMES].T, dtype=np.float32)
