"""From tiles of bytes to a picture of the visible part.

The tiles in sight of one level become one image that has the rows of the screen and the columns of the level; Qt's
smooth scaling, vectorised for a stretch along one axis, does the rest. Panning and zooming in time therefore only
move the rectangle that is drawn; mapping rows and looking up colours happens once per tile, on `numpy.take`.

Where the level that fits the zoom is not computed yet, the coarser ones under it show through.

Of two sounds the difference is drawn: as bright as the louder of them, gray where they are alike, coloured where one
is louder.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from stemstudio.spectral.pyramid import TILE_COLUMNS, TOP_LEVEL, SpectrogramPyramid, Tile
from stemstudio.spectral.scales import RowMap, row_map
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.viewport import Viewport

_KEPT_TILES = 16
_Stamp = tuple[int, ...]


class Composite:
    """Draws a pyramid; keeps what it drew last, so that drawing a little further costs a little."""

    def __init__(self) -> None:
        self.coarse = False
        """Whether half as many columns will do: for pictures beside the one that is looked at, while they move."""
        self._state: tuple[object, ...] = ()
        self._pyramids: tuple[SpectrogramPyramid | None, ...] = ()
        self._map: RowMap
        self._table: NDArray[np.uint32]
        self._coloured: dict[tuple[int, int], tuple[_Stamp, NDArray[np.uint32]]] = {}
        self._strips: dict[int, tuple[tuple[object, ...], NDArray[np.uint32], QImage]] = {}

    def draw(
        self,
        painter: QPainter,
        target: QRectF,
        pixel_ratio: float,
        pyramid: SpectrogramPyramid,
        viewport: Viewport,
        look: Look,
        *,
        other: SpectrogramPyramid | None = None,
        over: bool = False,
    ) -> None:
        """Paint what `viewport` shows of `pyramid` into `target`, or its difference from `other` of the same analysis.

        With `over` what is not known is left as it is.
        """
        height = max(1, round(target.height() * pixel_ratio))
        self._prepare(pyramid, other, viewport, look, height)
        finest = pyramid.level_for(viewport.span / max(1.0, target.width() * pixel_ratio))
        if self.coarse and finest > pyramid.base_level:  # closer than that there are no columns to spare
            finest = min(finest + 1, TOP_LEVEL)
        first, last = pyramid.units_between(viewport.start, viewport.end)
        layers = []
        for level in range(finest, TOP_LEVEL + 1):
            known = pyramid.known(level, first, last)
            if other is not None:
                known &= other.known(level, first, last)
            if known.any():
                layers.append((level, [(first + start, first + end) for start, end in _runs(known)]))
            if known.all():
                break
        painter.save()
        painter.setClipRect(target)
        if not over:
            painter.fillRect(target, QColor(int(self._table[0])))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for level, runs in reversed(layers):
            self._draw_level(painter, target, pyramid, viewport, level, runs)
        painter.restore()
        self._strips = {level: self._strips[level] for level, _ in layers}

    def _prepare(
        self,
        pyramid: SpectrogramPyramid,
        other: SpectrogramPyramid | None,
        viewport: Viewport,
        look: Look,
        height: int,
    ) -> None:
        state = (look, viewport.bottom, viewport.top, viewport.sample_rate, height)
        if state == self._state and self._pyramids == (pyramid, other):
            return
        self._state, self._pyramids = state, (pyramid, other)
        self._coloured.clear()
        self._strips.clear()
        self._table = look.colours() if other is None else look.difference_colours()
        axis = look.axis(viewport.sample_rate)
        self._map = row_map(axis, viewport.bottom, viewport.top, height, pyramid.grid, pyramid.ladder, look.tilt_db)

    def _draw_level(
        self,
        painter: QPainter,
        target: QRectF,
        pyramid: SpectrogramPyramid,
        viewport: Viewport,
        level: int,
        runs: list[tuple[int, int]],
    ) -> None:
        """Draw the columns of `level` that belong to `runs` of units, from the first to the one after the last."""
        left, right = pyramid.column_at(level, viewport.start), pyramid.column_at(level, viewport.end)
        # A column more on either side: smooth scaling looks at neighbours.
        low, high = max(left - 1, 0.0), right + 1
        first, last = math.floor(low / TILE_COLUMNS), math.floor(high / TILE_COLUMNS) + 1
        image = self._image(level, first, last)
        stretch = target.width() / (right - left)
        for first_unit, last_unit in runs:
            start = max(low, first_unit * TILE_COLUMNS / (1 << level))
            end = min(high, last_unit * TILE_COLUMNS / (1 << level))
            x, width = target.left() + (start - left) * stretch, (end - start) * stretch
            place = QRectF(x, target.top(), width, target.height())
            painter.drawImage(place, image, QRectF(start - first * TILE_COLUMNS, 0, end - start, image.height()))

    def _image(self, level: int, first: int, last: int) -> QImage:
        """Tiles `first` up to `last` side by side; what is not known of them is not defined."""
        colours = [self._colours(level, index) for index in range(first, last)]
        key = (first, *(stamp for stamp, _ in colours))
        strip = self._strips.get(level)
        if strip is None or strip[0] != key:
            pixels = np.concatenate([pixels for _, pixels in colours], axis=1)
            height, width = pixels.shape
            # The image borrows the pixels: both are kept together.
            strip = (key, pixels, QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32))
            self._strips[level] = strip
        # More than are in sight: moving back and forth over a border of tiles costs nothing.
        while len(self._coloured) > len(colours) + _KEPT_TILES:
            del self._coloured[next(iter(self._coloured))]
        return strip[2]

    def _colours(self, level: int, index: int) -> tuple[_Stamp, NDArray[np.uint32]]:
        tiles = [pyramid.tile(level, index) for pyramid in self._pyramids if pyramid is not None]
        known = [tile for tile in tiles if tile is not None]
        if len(known) < len(tiles):
            return (), np.zeros((len(self._map.lower), TILE_COLUMNS), np.uint32)
        kept = self._coloured.pop((level, index), None)
        stamp = tuple(tile.stamp for tile in known)  # before the data: what is written meanwhile brings another stamp
        if kept is None or kept[0] != stamp:
            kept = (stamp, self._table.take(self._codes(known)))
        self._coloured[level, index] = kept  # last again, so that the first is the least recently used
        return kept

    def _codes(self, tiles: list[Tile]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Places in the table of colours: a level, or the louder level and the difference in steps of level."""
        codes = self._map.apply(tiles[0].data)
        if len(tiles) == 1:
            return codes
        others = self._map.apply(tiles[1].data)
        difference = np.clip(codes.astype(np.int16) - others, -127, 127) + 128
        places = np.maximum(codes, others).astype(np.uint16)
        places <<= 8
        places |= difference.astype(np.uint16)
        return places


def _runs(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of True, as pairs of the first and the one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
