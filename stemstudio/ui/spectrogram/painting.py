"""The layers of a picture of sound, from the bottom up: axes, spectrogram, selection, loop, playhead, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from stemstudio.core.source import Source
from stemstudio.ui.spectrogram import overlays, read_out
from stemstudio.ui.spectrogram.axes import axis_font, paint_frequency_axis, paint_ruler, visible_marks
from stemstudio.ui.spectrogram.projection import Projection
from stemstudio.ui.spectrogram.selection_layer import SelectionLayer
from stemstudio.ui.spectrogram.sound_picture import SoundPicture

if TYPE_CHECKING:
    from stemstudio.ui.spectrogram.view import SpectrogramView

_BAR_LINE = QColor(255, 255, 255, 56)

Caption = tuple[tuple[str, str], ...]
"""Texts, each with the colour of the dot before it."""


def paint_axes(painter: QPainter, view: SpectrogramView, at: Projection, dirty: QRect, *, active: bool = False) -> None:
    """Draw ruler and frequency axis where they are touched; `active` marks the one that is worked on among several."""
    if at.ruler.intersects(QRectF(dirty)):
        paint_ruler(painter, at.ruler, at.viewport, view.ruler, view.theme)
    if at.axis.intersects(QRectF(dirty)):
        paint_frequency_axis(painter, at.axis, at.viewport, at.scale, view.theme)
        if active:
            painter.fillRect(QRectF(at.axis.left(), at.axis.top(), 3, at.axis.height()), QColor(view.theme.accent))


def paint_sound(
    painter: QPainter, view: SpectrogramView, at: Projection, sound: SoundPicture, selection: SelectionLayer
) -> None:
    """Draw the spectrogram of `sound` with selection, loop and playhead; the painter is left clipped to the picture."""
    sound.draw(painter, at.picture, view.devicePixelRatioF(), at.viewport, view.look)
    painter.setClipRect(at.picture)
    if view.ruler.counts_bars:
        _paint_bar_lines(painter, view, at)
    selection.paint(painter, at)
    painter.setClipRect(at.picture.united(at.ruler))
    paint_time(painter, view, at)
    painter.setClipRect(at.picture)


def _paint_bar_lines(painter: QPainter, view: SpectrogramView, at: Projection) -> None:
    painter.setPen(_BAR_LINE)
    for mark in visible_marks(at.picture.width(), at.viewport, view.ruler):
        if mark.text:
            x = int(at.x(mark.frame))
            painter.drawLine(QPointF(x, at.picture.top()), QPointF(x, at.picture.bottom()))


def paint_time(painter: QPainter, view: SpectrogramView, at: Projection) -> None:
    """Draw loop, markers and playhead."""
    if view.loop is not None:
        left, right = (at.x(frame) for frame in view.loop)
        overlays.paint_loop(painter, at.ruler, at.picture, left, right, view.theme)
    overlays.paint_markers(painter, at, view.markers, view.theme)
    x = playhead_x(view, at, view.playhead)
    if x is not None:
        overlays.paint_playhead(painter, at.ruler, at.picture, x, view.theme)


def paint_words(
    painter: QPainter,
    view: SpectrogramView,
    at: Projection,
    sound: SoundPicture,
    caption: Caption,
    mouse: QPointF | None,
    mix: Source | None,
) -> None:
    """Name the sound, and tell what is under the mouse: there, in `sound` and in the mix."""
    if caption:
        read_out.paint_caption(painter, at.picture, caption)
    if mouse is None or sound.source is None:
        return
    frame, hertz = at.frame(mouse.x()), at.hertz(mouse.y())
    sounds = {"": sound.source} | ({} if mix is None else {"mix": mix})
    resolution = view.resolution
    size = (resolution.detail(at.viewport, at.picture.width()) or resolution.whole).n_fft_at_44100
    place = read_out.place_text(view.ruler, frame, at.viewport.sample_rate, hertz)
    lines = place, read_out.level_text(sounds, frame, hertz, size)
    read_out.paint_chip(painter, read_out_rect(view, at, mouse), lines)


def read_out_rect(view: SpectrogramView, at: Projection, mouse: QPointF | None) -> QRectF:
    """Where the read-out is."""
    return read_out.chip_rect(QFontMetricsF(axis_font(view.font())), at.picture, mouse, view.ruler)


def playhead_x(view: SpectrogramView, at: Projection, frame: int | None) -> float | None:
    """Left edge of the device pixel of a frame, None outside the picture."""
    if frame is None or not 0 <= at.viewport.x(frame) <= 1:
        return None
    ratio = view.devicePixelRatioF()
    return int(at.x(frame) * ratio) / ratio
