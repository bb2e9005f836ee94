"""The spectrograms looked at lately, so that switching between stems, undo and zooming back are instant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from stemstudio.core.source import Source
from stemstudio.spectral.pyramid import SpectrogramPyramid, TileCache
from stemstudio.spectral.transforms import Analysis

KEPT_PYRAMIDS = 14
KEPT_DETAILS = 24
_OVERVIEW_BYTES = 16 << 20
_FINE_BYTES = 128 << 20

Changes = Iterable[tuple[int, int]]
"""Ranges of sample frames in which two sounds differ, each from its first frame to the one after its last."""

_Key = tuple[str, Analysis]


class PyramidShelf:
    """Pyramids by sound and analysis, the least recently shown dropped first; they share one cache of tiles.

    Up to `KEPT_PYRAMIDS` are of a whole sound. Up to `KEPT_DETAILS` more hold only what was looked at closely.
    """

    def __init__(self) -> None:
        self._pyramids: OrderedDict[_Key, SpectrogramPyramid] = OrderedDict()
        self._details: OrderedDict[_Key, SpectrogramPyramid] = OrderedDict()
        self._cache = TileCache(_FINE_BYTES)

    def take(self, source: Source, key: str, analysis: Analysis, *, whole: bool = True) -> SpectrogramPyramid:
        """Pyramid of the sound `key`, or a new one; it reads `source` from now on, which must sound the same."""
        shelf, limit = (self._pyramids, KEPT_PYRAMIDS) if whole else (self._details, KEPT_DETAILS)
        pyramid = shelf.pop((key, analysis), None)
        if pyramid is None or pyramid.source.sample_rate != source.sample_rate:
            size = _OVERVIEW_BYTES if whole else 0
            pyramid = SpectrogramPyramid(source, analysis=analysis, overview_bytes=size, cache=self._cache)
        pyramid.source = source
        shelf[key, analysis] = pyramid
        while len(shelf) > limit:
            shelf.popitem(last=False)
        return pyramid

    def find(self, key: str) -> list[SpectrogramPyramid]:
        """All pyramids of `key` that are here."""
        return [
            pyramid for shelf in (self._pyramids, self._details) for (name, _), pyramid in shelf.items() if name == key
        ]

    def rename(self, key: str, new_key: str, source: Source, changed: Changes) -> None:
        """Make the sound `key` the sound `new_key`: the same but for what `changed`, which alone is computed anew."""
        changed = tuple(changed)
        for shelf in (self._pyramids, self._details):
            for name, analysis in [each for each in shelf if each[0] == key]:
                pyramid = shelf.pop((name, analysis))
                if (new_key, analysis) not in shelf:
                    shelf[new_key, analysis] = _changed(pyramid, source, changed)

    def derive(self, key: str, new_key: str, source: Source, changed: Changes) -> None:
        """Make `new_key` out of a copy of `key`, if it is not here and the other is."""
        changed = tuple(changed)
        for name, analysis in [each for each in self._pyramids if each[0] == key]:
            if (new_key, analysis) not in self._pyramids:
                twin = self._pyramids[name, analysis].copy()
                self._pyramids[new_key, analysis] = _changed(twin, source, changed)


def _changed(pyramid: SpectrogramPyramid, source: Source, changed: Changes) -> SpectrogramPyramid:
    pyramid.source = source  # before saying so: what is computed meanwhile is then computed again
    for start, end in changed:
        pyramid.invalidate(start, end)
    return pyramid
