"""Mouse, wheel, keys and help of the spectrogram: who gets which event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from stemstudio.ui.spectrogram.navigation import key_pressed, wheel_turned
from stemstudio.ui.spectrogram.tools import BandTool, HandTool, Pointer, RulerTool, SeekTool, Tool

if TYPE_CHECKING:
    from stemstudio.ui.spectrogram.view import SpectrogramView

RULER_TIP = "Click to play from here, drag to make a loop, double click to see the whole song."
_AXIS_TIP = "Drag to move along frequency, turn the wheel to zoom, double click to see all of it."

HANDLED = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.Leave,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.ToolTip,
    }
)
"""Types of the events that `Interaction.handle` acts on."""


class Interaction:
    """Gives each event to the tool of its place: ruler and axis have their own, the middle button drags the picture."""

    def __init__(self, view: SpectrogramView) -> None:
        self._view = view
        self._ruler, self._axis, self._hand = RulerTool(view), BandTool(view), HandTool(view)
        self._button = Qt.MouseButton.NoButton
        self.tool: Tool = SeekTool(view)
        self.gesture: Tool | None = None
        """The tool that has the mouse while a button is held."""
        self.hover: QPointF | None = None
        """Where the mouse is over the picture."""

    def handle(self, event: QEvent) -> bool:
        """Act on an event of the view; False leaves it to Qt."""
        if self._view.pyramid is None:
            return event.type() == QEvent.Type.ToolTip
        if isinstance(event, QMouseEvent):
            return self._mouse(event)
        if isinstance(event, QWheelEvent):
            return self._turn(event)
        if isinstance(event, QKeyEvent):
            return self._press_key(event)
        if isinstance(event, QHelpEvent):
            return self._help(event)
        self._hover_at(None)
        self.tool.hover(None)
        return False

    def cancel(self) -> bool:
        """Break off the gesture; False if there is none."""
        gesture, self.gesture = self.gesture or (self.tool if self.tool.busy else None), None
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def _mouse(self, event: QMouseEvent) -> bool:
        match event.type():
            case QEvent.Type.MouseButtonPress:
                return self._press(event)
            case QEvent.Type.MouseButtonDblClick:
                return self._double_click(event)
            case QEvent.Type.MouseMove:
                return self._move(event)
        return self._release(event)

    def _press(self, event: QMouseEvent) -> bool:
        if self.gesture is None and event.button() == Qt.MouseButton.MiddleButton:
            self.gesture = self._hand
        elif self.gesture is None and event.button() == Qt.MouseButton.LeftButton:
            self.gesture = self._tool_at(event.position())
        else:
            return False
        self._button = event.button()
        if self.gesture is None:
            return True
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.gesture.press_again(self._pointer(event))
        else:
            self.gesture.press(self._pointer(event))
        return True

    def _double_click(self, event: QMouseEvent) -> bool:
        tool = self._tool_at(event.position())
        if tool is self._ruler:
            self._view.fit_time()
        elif tool is self._axis:
            self._view.fit_band()
        else:
            self._press(event)
        return True

    def _move(self, event: QMouseEvent) -> bool:
        if self.gesture is not None:
            self.gesture.move(self._pointer(event))
        else:
            tool, at = self._tool_at(event.position()), self._pointer(event)
            self._view.setCursor(Qt.CursorShape.ArrowCursor if tool is None else tool.cursor_at(at))
            self.tool.hover(at if tool is self.tool else None)
        self._hover_at(event.position() if self._view.projection.picture.contains(event.position()) else None)
        return True

    def _release(self, event: QMouseEvent) -> bool:
        if self.gesture is None or event.button() != self._button:
            return False
        gesture, self.gesture = self.gesture, None
        gesture.release(self._pointer(event))
        return True

    def _turn(self, event: QWheelEvent) -> bool:
        at = self._view.projection
        x, y = at.share(event.position().x(), event.position().y())
        on_axis = event.position().x() < at.picture.left()
        turned = wheel_turned(self._view.viewport, x, y, event.angleDelta(), event.modifiers(), on_axis=on_axis)
        self._view.set_viewport(turned)
        event.accept()
        return True

    def _press_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            return self.cancel() or self._view.selection_layer.drop()
        if self.tool.key(event) or self._view.selection_layer.key(event):
            event.accept()
            return True
        moved = key_pressed(self._view.viewport, event.key(), event.modifiers(), self._view.anchor)
        if moved is None:
            return False
        self._view.set_viewport(moved)
        event.accept()
        return True

    def _help(self, event: QHelpEvent) -> bool:
        tool = self._tool_at(QPointF(event.pos()))
        tip = RULER_TIP if tool is self._ruler else _AXIS_TIP if tool is self._axis else ""
        QToolTip.showText(event.globalPos(), tip, self._view)
        return True

    def _hover_at(self, position: QPointF | None) -> None:
        self._view.update_read_out()
        self.hover = position
        self._view.update_read_out()

    def _tool_at(self, position: QPointF) -> Tool | None:
        picture = self._view.projection.picture
        if position.y() < picture.top():
            return self._ruler if position.x() >= picture.left() else None
        return self._axis if position.x() < picture.left() else self.tool

    def _pointer(self, event: QMouseEvent) -> Pointer:
        at, projection = event.position(), self._view.projection
        return Pointer(projection.frame(at.x()), projection.hertz(at.y()), at, event.modifiers())
