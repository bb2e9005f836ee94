"""From tiles of bytes to a picture of the visible part.

The tiles in sight become one image that has the rows of the screen and the columns of the pyramid's level; Qt's
smooth scaling, vectorised for a stretch along one axis, does the rest. Panning and zooming in time therefore
only move the rectangle that is drawn; mapping rows and looking up colours happens once per tile, on `numpy.take`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from stemstudio.spectral.pyramid import TILE_COLUMNS, SpectrogramPyramid
from stemstudio.spectral.scales import RowMap, row_map
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.viewport import Viewport


class Composite:
    """Draws a pyramid; keeps what it drew last, so that drawing a little further costs a little."""

    def __init__(self) -> None:
        self._state: tuple[object, ...] = ()
        self._map: RowMap | None = None
        self._table: NDArray[np.uint32] | None = None
        self._coloured: dict[tuple[int, int], tuple[int, NDArray[np.uint32]]] = {}
        self._pyramid: SpectrogramPyramid | None = None
        self._generation = 0
        self._strip: tuple[tuple[int, ...], NDArray[np.uint32], QImage] | None = None

    def draw(
        self,
        painter: QPainter,
        target: QRectF,
        pixel_ratio: float,
        pyramid: SpectrogramPyramid,
        viewport: Viewport,
        look: Look,
    ) -> None:
        """Paint what `viewport` shows of `pyramid` into `target`."""
        height = max(1, round(target.height() * pixel_ratio))
        state = (look, viewport.bottom, viewport.top, viewport.sample_rate, height)
        if state != self._state or pyramid is not self._pyramid:
            self._coloured.clear()
            self._generation += 1
            self._state, self._pyramid = state, pyramid
            self._table = look.colours()
            rate, axis = viewport.sample_rate, look.axis(viewport.sample_rate)
            self._map = row_map(axis, viewport.bottom, viewport.top, height, rate, pyramid.ladder, look.tilt_db)
        level = pyramid.level_for(viewport.span / max(1.0, target.width() * pixel_ratio))
        left, right = pyramid.column_at(level, viewport.start), pyramid.column_at(level, viewport.end)
        # One column more on either side: smooth scaling looks at neighbours.
        first = math.floor(max(0.0, left - 1) / TILE_COLUMNS)
        last = math.floor((right + 1) / TILE_COLUMNS) + 1
        image = self._image(pyramid, level, first, last)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image, QRectF(left - first * TILE_COLUMNS, 0, right - left, height))

    def _image(self, pyramid: SpectrogramPyramid, level: int, first: int, last: int) -> QImage:
        tiles = [self._tile(pyramid, level, index) for index in range(first, last)]
        key = (self._generation, level, first, *(stamp for stamp, _ in tiles))
        if self._strip is None or self._strip[0] != key:
            pixels = np.concatenate([colours for _, colours in tiles], axis=1)
            height, width = pixels.shape
            # The image borrows the pixels: both are kept together.
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            self._strip = (key, pixels, image)
        # Twice what is in sight: moving back and forth over a border of tiles costs nothing.
        while len(self._coloured) > 2 * len(tiles):
            del self._coloured[next(iter(self._coloured))]
        return self._strip[2]

    def _tile(self, pyramid: SpectrogramPyramid, level: int, index: int) -> tuple[int, NDArray[np.uint32]]:
        assert self._map is not None
        assert self._table is not None
        kept = self._coloured.pop((level, index), None)
        data, stamp = pyramid.tile(level, index)
        if kept is None or kept[0] != stamp:
            kept = (stamp, self._table.take(self._map.apply(data)))
        self._coloured[level, index] = kept  # last again, so that the first is the least recently used
        return kept
