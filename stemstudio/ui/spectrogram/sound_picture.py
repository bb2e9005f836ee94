"""One sound as it is drawn: coarse and fine, alone or against another."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from stemstudio.core.source import Source
from stemstudio.spectral.pyramid import TOP_LEVEL, SpectrogramPyramid, TileRequest
from stemstudio.ui.spectrogram.composite import Composite
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.resolution import Resolution
from stemstudio.ui.spectrogram.shelf import Changes, PyramidShelf
from stemstudio.ui.spectrogram.viewport import Viewport
from stemstudio.ui.spectrogram.worker import Wish


class SoundPicture:
    """Holds the pyramids of the sound that is shown, which live on `shelf`, and draws them.

    The whole sound has one; where the zoom asks for other frames, a second one is drawn over it as it comes.
    """

    def __init__(self, shelf: PyramidShelf) -> None:
        self._shelf = shelf
        self._resolution = Resolution()
        self._source: Source | None = None
        self._other: Source | None = None
        self._key = self._other_key = ""
        self._below, self._above = Composite(), Composite()
        self.whole: SpectrogramPyramid | None = None
        """Pyramid of all of the sound, None where there is none."""
        self._other_whole: SpectrogramPyramid | None = None

    @property
    def source(self) -> Source | None:
        """The sound."""
        return self._source

    @property
    def compares(self) -> bool:
        """Whether the picture shows a difference."""
        return self._other is not None

    def show(self, source: Source | None, key: str) -> None:
        """Show `source`, which is named `key` as it sounds now; None shows nothing."""
        self._source, self._key = source, key
        self._take()

    def replace(self, source: Source, key: str, changed: Changes) -> None:
        """Show what became of the sound: another `key`, the same samples but for the ranges that `changed`."""
        self._shelf.rename(self._key, key, source, changed)
        self.show(source, key)

    def compare(self, other: Source | None, key: str, changed: Changes | None = None) -> None:
        """Show the difference from `other`, or with None the sound itself.

        `changed`, if it is known, are the ranges in which the two differ: the rest is not analysed again.
        """
        self._other, self._other_key = other, key
        if other is not None and changed is not None:
            self._shelf.derive(self._key, key, other, changed)
        self._take()

    def set_resolution(self, resolution: Resolution) -> None:
        """Choose the analysis."""
        self._resolution = resolution
        self._take()

    def invalidate(self, start_frame: int, end_frame: int) -> None:
        """Say that the sound changed or grew."""
        for pyramid in self._shelf.find(self._key):
            pyramid.invalidate(start_frame, end_frame)

    def wishes(self, viewport: Viewport, width: float) -> list[Wish]:
        """Return what must be computed to draw what `viewport` shows on `width` device pixels, the finest first."""
        details = self._details(viewport, width)
        sight = (int(viewport.start), int(viewport.end))
        found = [
            (pyramid, TileRequest(pyramid.level_for(viewport.span / max(width, 1.0)), *sight)) for pyramid in details
        ]
        for pyramid in (self.whole, self._other_whole):
            if pyramid is not None and pyramid.source.frames:
                level = TOP_LEVEL if details else pyramid.level_for(viewport.span / max(width, 1.0))
                found.append((pyramid, TileRequest(level, *sight)))
        return found

    def level_db(self, frame: float, hertz: float) -> float | None:
        """Level at a place in decibels (0 is a full-scale sine), None if it is not known."""
        return None if self.whole is None else self.whole.level_db(frame, hertz)

    def set_coarse(self, coarse: bool) -> None:
        """Draw with half as many columns, or with all again."""
        self._above.coarse = self._below.coarse = coarse

    def draw(
        self,
        painter: QPainter,
        target: QRectF,
        pixel_ratio: float,
        viewport: Viewport,
        look: Look,
        composite: Composite | None = None,
    ) -> None:
        """Paint what `viewport` shows; an overview brings its own `composite` and is drawn from the whole alone."""
        if self.whole is None or not self.whole.source.frames:
            return
        details = () if composite else self._details(viewport, target.width() * pixel_ratio)
        if details and all(_covers(detail, viewport) for detail in details):
            self._draw(self._above, painter, target, pixel_ratio, details, viewport, look)
            return
        pair = (self.whole, self._other_whole) if self._other_whole else (self.whole,)
        self._draw(composite or self._below, painter, target, pixel_ratio, pair, viewport, look)
        if details:
            self._draw(self._above, painter, target, pixel_ratio, details, viewport, look, over=True)

    def _draw(
        self,
        composite: Composite,
        painter: QPainter,
        target: QRectF,
        pixel_ratio: float,
        pyramids: tuple[SpectrogramPyramid, ...],
        viewport: Viewport,
        look: Look,
        *,
        over: bool = False,
    ) -> None:
        other = pyramids[1] if len(pyramids) > 1 else None
        composite.draw(painter, target, pixel_ratio, pyramids[0], viewport, look, other=other, over=over)

    def _take(self) -> None:
        analysis = self._resolution.whole
        self.whole = self._shelf.take(self._source, self._key, analysis) if self._source else None
        self._other_whole = self._shelf.take(self._other, self._other_key, analysis) if self._other else None

    def _details(self, viewport: Viewport, width: float) -> tuple[SpectrogramPyramid, ...]:
        analysis = self._resolution.detail(viewport, width)
        if analysis is None or self._source is None or not self._source.frames:
            return ()
        mine = self._shelf.take(self._source, self._key, analysis, whole=False)
        if self._other is None:
            return (mine,)
        return mine, self._shelf.take(self._other, self._other_key, analysis, whole=False)


def _covers(pyramid: SpectrogramPyramid, viewport: Viewport) -> bool:
    """Whether some level knows all that is in sight."""
    first, last = pyramid.units_between(viewport.start, viewport.end)
    return any(bool(pyramid.known(level, first, last).all()) for level in pyramid.levels)
