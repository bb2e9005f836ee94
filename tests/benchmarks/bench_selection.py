"""What it costs to draw a selection while the picture moves, against Qt's own wide dashed pen.

Run by hand: ``QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_selection.py``. Prints, for selections of 2,000
points in a sound of one hour on 1600 x 900 pixels, milliseconds of the main thread's processor time: the first paint,
and the median and 95th percentile while panning and while zooming; then the same lasso drawn with two antialiased pens
of 3 and 1.25 pixels, and the ratio of the medians.
"""

from __future__ import annotations

import os
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from stemstudio.app import make_application
from stemstudio.repair.selection import Selection
from stemstudio.ui.spectrogram.look import Look
from stemstudio.ui.spectrogram.outline import outline
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selection_layer import SelectionLayer
from stemstudio.ui.spectrogram.viewport import Viewport

RATE = 44100
HOUR = 3600 * RATE
AREA = QRect(0, 0, 1600, 900)
AXIS = Look().axis(RATE)


def lasso(middle_s: float, reach_s: float, count: int = 2000) -> list[tuple[float, float]]:
    """A closed line as a hand draws it: round, with bumps and a little tremor."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = 1 + 0.2 * np.sin(9 * turn) + 0.01 * np.random.default_rng(0).standard_normal(count)
    frames = (middle_s + reach_s * radius * np.cos(turn)) * RATE
    return list(zip(frames, 800 * 2 ** (1.5 * radius * np.sin(turn)), strict=True))


def cases() -> dict[str, tuple[Selection, float]]:
    """Selections, and the seconds in sight."""
    alone = Selection.polygon(RATE, lasso(1800, 2))
    two = alone.added(Selection.polygon(RATE, lasso(1802, 2)))
    return {
        "lasso, an hour in sight": (Selection.polygon(RATE, lasso(1800, 1200)), 3600),
        "lasso, 8 s in sight": (alone, 8),
        "lasso, feathered": (alone.feathered(0.2, 3), 8),
        "two lassos less a box": (two.subtracted(Selection.box(RATE, 1799 * RATE, 1800 * RATE, 400, 900)), 8),
        "soft brush": (Selection.stroke(RATE, lasso(1800, 2, 1000), 0.1 * RATE, 0.2, 0.6), 8),
    }


class Canvas(QWidget):
    """Stands for the view: the layer asks it for nothing but its projection."""

    projection: Projection


def paint_ms(canvas: Canvas, layer: SelectionLayer, image: QImage, viewport: Viewport) -> float:
    canvas.projection = at = Projection(AREA, viewport, AXIS)
    start = time.thread_time()
    painter = QPainter(image)
    painter.setClipRect(at.picture)
    layer.paint(painter, at)
    painter.end()
    return (time.thread_time() - start) * 1e3


def wide_pens_ms(selection: Selection, image: QImage, viewport: Viewport) -> float:
    path = outline(selection, Projection(AREA, viewport, AXIS)).path
    pens = QPen(QColor(0, 0, 0, 190), 3.0), QPen(QColor("white"), 1.25)
    pens[1].setDashPattern([5.0, 3.0])
    start = time.thread_time()
    painter = QPainter(image)
    painter.setClipRect(QRectF(AREA))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.fillPath(path, QColor(255, 255, 255, 34))
    for pen in pens:
        painter.strokePath(path, pen)
    painter.end()
    return (time.thread_time() - start) * 1e3


def main() -> None:
    app = make_application()
    image = QImage(AREA.size(), QImage.Format.Format_ARGB32_Premultiplied)
    print(f"{'':26} {'first':>7} {'pan 50 %':>9} {'95 %':>6} {'zoom 50 %':>10} {'95 %':>6}   ms")
    for name, (selection, seconds) in cases().items():
        canvas = Canvas()
        layer = SelectionLayer(canvas)
        layer.shows_handles = True
        layer.set_selection(selection)
        view = Viewport.whole(RATE, HOUR).over((1800 - seconds / 2) * RATE, seconds * RATE)
        first = paint_ms(canvas, layer, image, view)
        pan = [paint_ms(canvas, layer, image, view.panned(0.01 * step)) for step in range(100)]
        zoom = []
        for step in range(100):
            view = view.zoomed(1.05 if step < 50 else 1 / 1.05, 0.4)
            zoom.append(paint_ms(canvas, layer, image, view))
        columns = *np.percentile(pan, (50, 95)), *np.percentile(zoom, (50, 95))
        print(f"{name:26} {first:7.1f} {columns[0]:9.1f} {columns[1]:6.1f} {columns[2]:10.1f} {columns[3]:6.1f}")
        if name == "lasso, 8 s in sight":
            ours = float(np.median(pan))
            rival = float(np.median([wide_pens_ms(selection, image, view) for _ in range(10)]))
    print(f"two wide pens of Qt on the same lasso: {rival:.1f} ms, {rival / ours:.1f} times ours")
    del app


if __name__ == "__main__":
    main()
