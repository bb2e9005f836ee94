"""The picture of an effect: its curve, what sounds at the moment, and the bands that a hand can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects.effect import Curve
from stemstudio.ui.widgets.curve_scale import FLOOR_DB, HIGH_HZ, LOW_HZ, CurveScale

Real = NDArray[np.float64]

_REACH = 9.0
_SPECTRUM_COLUMNS = 160
_SPECTRUM_FALL_DB = 1.5


@dataclass(frozen=True)
class Band:
    """A handle: the parameters that it moves; those of its gain and of its width may be missing."""

    title: str
    frequency: ParamSpec
    gain: ParamSpec | None = None
    width: ParamSpec | None = None


def bands_of(specs: Sequence[ParamSpec]) -> tuple[Band, ...]:
    """Find bands in the names of parameters: ``low_shelf_hz`` with ``low_shelf_db`` and ``low_shelf_q``."""
    named = {spec.name: spec for spec in specs}
    stems = [name.removesuffix("_hz") for name in named if name.endswith("_hz")]
    return tuple(
        Band(
            named[f"{stem}_hz"].group or named[f"{stem}_hz"].label,
            named[f"{stem}_hz"],
            named.get(f"{stem}_db"),
            named.get(f"{stem}_q"),
        )
        for stem in stems
    )


class CurvePicture(QWidget):
    """Shows a `Curve`; `moved` is sent with the new values by name while a band is dragged or its width turned.

    The parameter form has the same values for the keyboard.
    """

    moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve: Curve | None = None
        self._bands: tuple[Band, ...] = ()
        self._values: Values = {}
        self._held: Band | None = None
        self._level_db = FLOOR_DB
        self._spectrum_db: Real = np.zeros(0)
        self._colour = QColor("#98A1B2")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def show_curve(self, curve: Curve | None, specs: Sequence[ParamSpec], values: Values, colour: QColor) -> None:
        """Show the curve of an effect with these values; `colour` is that of the sound."""
        self._curve, self._values, self._colour = curve, values, colour
        self._bands = bands_of(specs) if curve is not None and curve.kind == "response" else ()
        self.setVisible(curve is not None)
        if curve is None:
            return
        self.setFixedHeight(180 if curve.kind == "transfer" else 160)
        if curve.kind == "transfer":
            self.setAccessibleName("Transfer curve")
            self.setToolTip("Output level over input level; the dot is what comes in now.")
        else:
            self.setAccessibleName("Frequency response")
            self.setToolTip("Drag a band; the wheel makes it wider or narrower, a double click puts it back.")
        self.update()

    def show_sound(self, level_db: float, spectrum_db: Real, sample_rate: int) -> None:
        """Show what sounds: its peak level, and its spectrum from 0 Hz to half of `sample_rate`."""
        if self._curve is None:
            return
        if self._curve.kind == "transfer":
            level_db = max(level_db, self._level_db - _SPECTRUM_FALL_DB, FLOOR_DB)
            changed, self._level_db = level_db != self._level_db, level_db
        else:
            now = _by_octaves(spectrum_db, sample_rate)
            before = self._spectrum_db if len(self._spectrum_db) else np.full_like(now, FLOOR_DB)
            self._spectrum_db = np.maximum(np.maximum(now, before - _SPECTRUM_FALL_DB), FLOOR_DB)
            changed = bool((self._spectrum_db != before).any())
        if changed:
            self.update()

    def place_of(self, title: str) -> QPointF:
        """Return where the handle of a band is; `KeyError` if there is none."""
        for band in self._bands:
            if band.title == title:
                return self._place(band)
        raise KeyError(title)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the band under the pointer."""
        self._held = self._band_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the band that is held."""
        band = self._held
        if band is None:
            over = self._band_at(event.position())
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            return
        hertz, gain_db = self._scale().value_at(event.position())
        values = {band.frequency.name: _fitting(band.frequency, hertz)}
        if band.gain is not None:
            values[band.gain.name] = _fitting(band.gain, gain_db)
        self.moved.emit(values)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._held = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Put the band under the pointer back."""
        band = self._band_at(event.position())
        if band is not None:
            specs = [spec for spec in (band.frequency, band.gain, band.width) if spec is not None]
            self.moved.emit({spec.name: spec.default for spec in specs})

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Make the band under the pointer narrower or wider."""
        band = self._band_at(event.position())
        if band is None or band.width is None:
            event.ignore()
            return
        q = float(self._values[band.width.name]) * 1.15 ** (event.angleDelta().y() / 120)
        self.moved.emit({band.width.name: _fitting(band.width, q)})

    def _band_at(self, place: QPointF) -> Band | None:
        near = [(_distance(self._place(band), place), index) for index, band in enumerate(self._bands)]
        distance, index = min(near, default=(_REACH + 1, 0))
        return self._bands[index] if distance <= _REACH else None

    # The picture

    def _scale(self) -> CurveScale:
        room = QRectF(self.rect()).adjusted(1, 1, -1, -16)
        if self._curve is None or self._curve.kind == "transfer":
            return CurveScale.transfer(room)
        gains = [abs(float(self._values[band.gain.name])) for band in self._bands if band.gain is not None]
        return CurveScale.response(room, 24.0 if max(gains, default=0.0) > 11.0 else 12.0)

    def _place(self, band: Band) -> QPointF:
        scale = self._scale()
        hertz = min(max(float(self._values[band.frequency.name]), LOW_HZ), HIGH_HZ)
        gain_db = 0.0 if band.gain is None else float(self._values[band.gain.name])
        inside = scale.room.adjusted(5, 5, -5, -5)
        at = scale.point(hertz, gain_db)
        return QPointF(min(max(at.x(), inside.left()), inside.right()), min(max(at.y(), inside.top()), inside.bottom()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, grid, sound, curve, handles."""
        if self._curve is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self._scale()
        painter.fillRect(scale.room, self.palette().base())
        self._draw_grid(painter, scale)
        painter.setClipRect(scale.room)
        if self._curve.kind == "response":
            self._draw_spectrum(painter, scale)
        painter.setPen(QPen(self.palette().highlight().color(), 2))
        painter.drawPolyline(_line(scale.x(self._curve.x), scale.y(np.maximum(self._curve.y, -200.0))))
        if self._curve.kind == "transfer" and self._level_db > FLOOR_DB:
            out_db = float(np.interp(self._level_db, self._curve.x, self._curve.y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colour)
            painter.drawEllipse(scale.point(self._level_db, max(out_db, FLOOR_DB)), 5, 5)
        for band in self._bands:
            self._draw_handle(painter, band)
        if self._held is not None:
            painter.setPen(self.palette().text().color())
            painter.drawText(scale.room.adjusted(0, 4, -6, 0), Qt.AlignmentFlag.AlignRight, self._told(self._held))

    def _told(self, band: Band) -> str:
        told = f"{band.title}: {float(self._values[band.frequency.name]):.0f} Hz"
        if band.gain is not None:
            told += f", {float(self._values[band.gain.name]):+.1f} dB".replace("-", "−")
        return told

    def _draw_grid(self, painter: QPainter, scale: CurveScale) -> None:
        columns, rows = scale.grid()
        painter.setPen(QPen(self.palette().mid().color(), 1))
        room = scale.room
        for row in rows:
            y = round(float(scale.y(row))) + 0.5
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
        for column, _ in columns:
            x = round(float(scale.x(column))) + 0.5
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        if not scale.logarithmic:
            painter.drawLine(scale.point(FLOOR_DB, FLOOR_DB), scale.point(0.0, 0.0))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(self.palette().placeholderText().color())
        for column, caption in columns:
            x = float(scale.x(column))
            painter.drawText(QRectF(x - 24, room.bottom(), 48, 15), Qt.AlignmentFlag.AlignCenter, caption)
        if not scale.logarithmic:
            place = QRectF(room.right() - 40, room.bottom(), 38, 15)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "dB")
        for row in rows[1:-1] if scale.logarithmic else ():
            if row:
                text = f"{row:+.0f}".replace("-", "−")
                place = QRectF(room.left() + 3, float(scale.y(row)) - 15, 40, 14)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)

    def _draw_spectrum(self, painter: QPainter, scale: CurveScale) -> None:
        if not len(self._spectrum_db):
            return
        room = scale.room
        x = np.linspace(room.left(), room.right(), len(self._spectrum_db))
        y = room.bottom() - (self._spectrum_db - FLOOR_DB) / -FLOOR_DB * room.height()
        shape = _line(np.concatenate([[x[0]], x, [x[-1]]]), np.concatenate([[room.bottom()], y, [room.bottom()]]))
        colour = QColor(self._colour)
        colour.setAlpha(90)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(shape)

    def _draw_handle(self, painter: QPainter, band: Band) -> None:
        held = band is self._held
        painter.setPen(QPen(self.palette().text().color(), 1.5))
        painter.setBrush(self.palette().highlight() if held else self.palette().window())
        painter.drawEllipse(self._place(band), 5, 5)


def _by_octaves(spectrum_db: Real, sample_rate: int) -> Real:
    """Largest level in each of the picture's columns; between bins where there is none."""
    edges = np.geomspace(LOW_HZ, HIGH_HZ, _SPECTRUM_COLUMNS + 1)
    middle = np.sqrt(edges[1:] * edges[:-1])
    if not len(spectrum_db):
        return np.full(_SPECTRUM_COLUMNS, FLOOR_DB)
    hertz = np.linspace(0.0, sample_rate / 2, len(spectrum_db))
    levels = np.interp(middle, hertz, spectrum_db, right=FLOOR_DB)
    first = np.minimum(np.searchsorted(hertz, edges), len(hertz) - 1)
    wide = np.flatnonzero(np.diff(first) > 1)
    if len(wide):
        levels[wide] = [spectrum_db[first[each] : first[each + 1]].max() for each in wide]
    return levels


def _fitting(spec: ParamSpec, value: float) -> float:
    """`value` at the nearest step within the range of `spec`."""
    step = spec.step or 0.01
    low, high = float(spec.low or 0.0), float(spec.high or 0.0)
    return float(min(max(low + round((value - low) / step) * step, low), high))


def _distance(one: QPointF, other: QPointF) -> float:
    return float(np.hypot(one.x() - other.x(), one.y() - other.y()))


def _line(x: Real, y: Real) -> QPolygonF:
    return QPolygonF([QPointF(*point) for point in np.stack([x, y], 1).tolist()])
