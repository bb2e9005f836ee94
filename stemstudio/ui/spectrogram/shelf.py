"""The spectrograms looked at lately, so that switching between stems is instant."""

from __future__ import annotations

from collections import OrderedDict

from stemstudio.core.source import Source
from stemstudio.spectral.pyramid import SpectrogramPyramid, TileCache
from stemstudio.spectral.transforms import Analysis

KEPT_PYRAMIDS = 8


class PyramidShelf:
    """Up to `KEPT_PYRAMIDS` pyramids by key, the least recently shown dropped first; they share one cache of tiles."""

    def __init__(self) -> None:
        self._pyramids: OrderedDict[str, SpectrogramPyramid] = OrderedDict()
        self._cache = TileCache()
        self.n_fft_at_44100 = 4096
        """Frame of the transform of pyramids to come."""

    def take(self, source: Source, key: str) -> SpectrogramPyramid:
        """Pyramid of `key`, or a new one; it reads `source` from now on, which must sound the same."""
        pyramid = self._pyramids.pop(key, None)
        if pyramid is None or pyramid.source.sample_rate != source.sample_rate:
            pyramid = SpectrogramPyramid(source, analysis=Analysis("stft", self.n_fft_at_44100), cache=self._cache)
        pyramid.source = source
        self._pyramids[key] = pyramid
        while len(self._pyramids) > KEPT_PYRAMIDS:
            self._pyramids.popitem(last=False)
        return pyramid

    def find(self, key: str) -> SpectrogramPyramid | None:
        """Pyramid of `key` if it is here."""
        return self._pyramids.get(key)

    def clear(self) -> None:
        """Forget all sounds."""
        self._pyramids.clear()

    def drop(self, key: str) -> None:
        """Forget a sound."""
        self._pyramids.pop(key, None)
