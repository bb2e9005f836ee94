"""A room of loudspeakers seen from above: each stem is a dot with an arc as wide as the stem, dragged to its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from stemstudio.mixing.layouts import Layout
from stemstudio.mixing.placement import LIMITS, Placement

_DOT_PX = 7.0
_REACH_PX = 11.0
_MARGIN_PX = 26.0
_INNERMOST = 0.34
"""Radius of the innermost stem's circle by that of the loudspeakers; each stem moves on a circle of its own."""

_HEAD_PX = 10.0
_FRONT_HOLDS_DEG = 2.0
_STEP_DEG, _LEAP_DEG = 1.0, 10.0


@dataclass(frozen=True, slots=True)
class RoomStem:
    """A stem in the picture: its name, what people call it, its colour and its place."""

    name: str
    title: str
    colour: QColor
    placement: Placement


class RoomPicture(QWidget):
    """Shows a `Layout` and stems in it.

    Drag a dot to turn a stem around the listener, the end of its arc to widen it; double click brings it to the front.
    Tab goes from stem to stem; arrow keys left and right turn, up and down widen (with Shift by ten degrees), Page Up
    and Page Down raise and lower, Home brings to the front.

    Signals
    -------
    placed(str, object, str)
        A stem's name, its new `Placement`, and the name of the gesture.
    selected(str)
        A stem's name.
    """

    placed = Signal(str, object, str)
    selected = Signal(str)

    def __init__(self, layout: Layout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = layout
        self._stems: tuple[RoomStem, ...] = ()
        self._chosen = ""
        self._dragged: tuple[str, float] | None = None  # what, and how far beside its middle it was taken
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Room seen from above")
        self._describe()

    def show_room(self, layout: Layout, stems: Sequence[RoomStem], chosen: str) -> None:
        """Show `stems` in `layout`; the one called `chosen` can be moved by keys."""
        self._layout, self._stems, self._chosen = layout, tuple(stems), chosen
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a square that shows names and dots well."""
        return QSize(300, 300)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest square in which dots can be taken."""
        return QSize(200, 200)

    def heightForWidth(self, width: int) -> int:
        """Return the height of a square, within reason."""
        return min(max(width, 200), 264)

    def hasHeightForWidth(self) -> bool:
        """Return True: the picture is round."""
        return True

    # Where things are

    def dot(self, name: str) -> QPointF:
        """Middle of a stem's dot, in pixels."""
        stem = self._stem(name)
        return self._at(stem.placement.azimuth_deg, self._radius(stem))

    def arc_end(self, name: str) -> QPointF:
        """Left end of a stem's arc, in pixels."""
        stem = self._stem(name)
        return self._at(stem.placement.azimuth_deg + stem.placement.width_deg / 2, self._radius(stem))

    @property
    def _room_radius(self) -> float:
        return max(min(self.width(), self.height()) / 2 - _MARGIN_PX, 40.0)

    def _radius(self, stem: RoomStem) -> float:
        share = self._stems.index(stem) / max(len(self._stems) - 1, 1)
        return self._room_radius * (_INNERMOST + (0.86 - _INNERMOST) * share)

    def _at(self, azimuth_deg: float, radius: float) -> QPointF:
        angle = math.radians(azimuth_deg)
        return QPointF(self.width() / 2 - radius * math.sin(angle), self.height() / 2 - radius * math.cos(angle))

    def _azimuth(self, point: QPointF) -> float:
        return math.degrees(math.atan2(self.width() / 2 - point.x(), self.height() / 2 - point.y()))

    def _stem(self, name: str) -> RoomStem:
        return next(stem for stem in self._stems if stem.name == name)

    # Hand and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the dot or the arc's end under the mouse."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        found = self._what_is_at(event.position())
        if found is None:
            return
        stem, part = found
        self._choose(stem.name)
        beside = _turned(self._azimuth(event.position()) - stem.placement.azimuth_deg) if part == "azimuth" else 0.0
        self._dragged = (part, beside)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn or widen the stem that was taken."""
        if self._dragged is None or not self._stems:
            found = self._what_is_at(event.position())
            self.setCursor(Qt.CursorShape.ArrowCursor if found is None else Qt.CursorShape.OpenHandCursor)
            return
        part, beside = self._dragged
        place = self._stem(self._chosen).placement
        azimuth = self._azimuth(event.position())
        if part == "azimuth":
            azimuth = _turned(azimuth - beside)
            self._place("azimuth_deg", 0.0 if abs(azimuth) < _FRONT_HOLDS_DEG else round(azimuth, 1))
        else:
            self._place("width_deg", round(2 * abs(_turned(azimuth - place.azimuth_deg)), 1))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Bring the stem under the mouse to the front."""
        found = self._what_is_at(event.position())
        if found is not None:
            self._choose(found[0].name)
            self._place("azimuth_deg", 0.0, gesture="")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the chosen stem."""
        step = _LEAP_DEG if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP_DEG
        moves = {
            Qt.Key.Key_Left: ("azimuth_deg", step),
            Qt.Key.Key_Right: ("azimuth_deg", -step),
            Qt.Key.Key_Up: ("width_deg", step),
            Qt.Key.Key_Down: ("width_deg", -step),
            Qt.Key.Key_PageUp: ("elevation_deg", _LEAP_DEG / 2),
            Qt.Key.Key_PageDown: ("elevation_deg", -_LEAP_DEG / 2),
        }
        key = Qt.Key(event.key())
        if self._chosen and key in moves:
            field, change = moves[key]
            self._place(field, getattr(self._stem(self._chosen).placement, field) + change)
        elif self._chosen and key == Qt.Key.Key_Home:
            self._place("azimuth_deg", 0.0, gesture="")
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go on to the next stem; behind the last one leave the picture."""
        names = [stem.name for stem in self._stems]
        if self._chosen in names and self.hasFocus():
            index = names.index(self._chosen) + (1 if forward else -1)
            if 0 <= index < len(names):
                self._choose(names[index])
                return True
        return super().focusNextPrevChild(forward)

    def _what_is_at(self, point: QPointF) -> tuple[RoomStem, str] | None:
        """The stem and the part of it that are nearest to `point`, if near; the chosen stem comes first."""
        near: list[tuple[float, RoomStem, str]] = []
        for stem in self._stems:
            place, radius = stem.placement, self._radius(stem)
            favour = 3.0 if stem.name == self._chosen else 0.0
            near.append((_distance(point, self._at(place.azimuth_deg, radius)) - favour, stem, "azimuth"))
            for side in (0.5, -0.5):
                end = self._at(place.azimuth_deg + side * place.width_deg, radius)
                near.append((_distance(point, end) - favour + 0.5, stem, "width"))
        least = min(near, key=lambda each: each[0], default=None)
        return None if least is None or least[0] > _REACH_PX else least[1:]

    def _choose(self, name: str) -> None:
        if name != self._chosen:
            self._chosen = name
            self._describe()
            self.update()
            self.selected.emit(name)

    def _place(self, field: str, value: float, gesture: str | None = None) -> None:
        stem = self._stem(self._chosen)
        low, high = LIMITS[field]
        value = _turned(value) if field == "azimuth_deg" else min(max(value, low), high)
        placement = replace(stem.placement, **{field: value})
        if placement != stem.placement:
            self._stems = tuple(replace(each, placement=placement) if each is stem else each for each in self._stems)
            self._describe()
            self.update()
            self.placed.emit(stem.name, placement, field if gesture is None else gesture)

    def _describe(self) -> None:
        stem = next((each for each in self._stems if each.name == self._chosen), None)
        self.setAccessibleDescription(f"{stem.title}: {place_in_words(stem.placement)}" if stem else "No stem")
        tip = "Drag a dot around you, the ends of its arc to widen it. Double click: to the front."
        self.setToolTip(f"{self.accessibleDescription()}\n{tip}" if stem else "")

    # Picture

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the room, then the stems with the chosen one on top."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_room(painter)
        for stem in sorted(self._stems, key=lambda each: each.name == self._chosen):
            self._draw_stem(painter, stem)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _draw_room(self, painter: QPainter) -> None:
        palette = self.palette()
        middle, radius = QPointF(self.width() / 2, self.height() / 2), self._room_radius
        painter.setPen(QPen(palette.mid().color(), 1))
        painter.setBrush(palette.button())
        painter.drawEllipse(middle, radius, radius)
        painter.setBrush(palette.mid())
        painter.drawEllipse(middle, _HEAD_PX, _HEAD_PX)
        nose = [middle + QPointF(dx, dy - _HEAD_PX) for dx, dy in ((-3.5, 1.5), (3.5, 1.5), (0.0, -5.0))]
        painter.drawPolygon(nose)
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for each in self._layout.loudspeakers:
            if each.low_frequency:
                continue
            above = each.elevation_deg > 0
            place = self._at(each.azimuth_deg, radius * (0.72 if above else 1.0))
            painter.setPen(QPen(palette.placeholderText().color(), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush if above else palette.placeholderText())
            painter.drawRect(QRectF(place.x() - 4, place.y() - 4, 8, 8))
            if not above:
                name = self._at(each.azimuth_deg, radius + 15)
                box = QRectF(0, 0, metrics.horizontalAdvance(each.name) + 4, metrics.height())
                box.moveCenter(name)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, each.name)

    def _draw_stem(self, painter: QPainter, stem: RoomStem) -> None:
        place, radius, chosen = stem.placement, self._radius(stem), stem.name == self._chosen
        middle = QPointF(self.width() / 2, self.height() / 2)
        circle = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
        pen = QPen(stem.colour, 4 if chosen else 2.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        start_deg = 90 + place.azimuth_deg - place.width_deg / 2  # Qt counts from the right, against the clock
        painter.drawArc(circle, round(start_deg * 16), round(place.width_deg * 16))
        size = _DOT_PX + (1.5 if chosen else 0.0)
        painter.setPen(QPen(self.palette().window().color() if not chosen else self.palette().text().color(), 1.5))
        painter.setBrush(stem.colour)
        painter.drawEllipse(self._at(place.azimuth_deg, radius), size, size)
        if chosen:
            for side in (0.5, -0.5):
                painter.drawEllipse(self._at(place.azimuth_deg + side * place.width_deg, radius), 4.0, 4.0)


def place_in_words(place: Placement) -> str:
    """Say where a stem stands: ``30° to the left, 60° wide``."""
    aside = abs(place.azimuth_deg)
    side = "left" if place.azimuth_deg > 0 else "right"
    where = "in front" if aside < 0.5 else "behind" if aside > 179.5 else f"{aside:.0f}° to the {side}"
    height = f", {place.elevation_deg:.0f}° up" if place.elevation_deg >= 0.5 else ""
    return f"{where}, {place.width_deg:.0f}° wide{height}"


def _turned(angle_deg: float) -> float:
    """`angle_deg` within -180 to 180."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
