"""The window's side of the sound device, whose sink lives in a thread of its own.

The window may stall without a gap in the sound, and a start of the program does not wait for QtMultimedia.
"""

from __future__ import annotations

import atexit
import os
import sys

from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer, Signal, Slot

from stemstudio.playback.engine import PlaybackEngine
from stemstudio.ui.audio_sink import DeviceSink, device_id

_IDLE_TICKS = 4  # seconds after which a device is let go that has nothing to play,
_DEAF_TICKS = 4  # and after which one is given up that takes nothing
_CLOSE_MS = 3000  # how long the program's end waits for a driver
_SWITCH_S = 0.001  # threads that compete for the interpreter change this often while a song plays, not every 5 ms


def sound_devices() -> tuple[tuple[str, str], ...]:
    """Return id and name of each device that can play now; takes about 100 ms when first called."""
    from PySide6 import QtMultimedia

    outputs = QtMultimedia.QMediaDevices.audioOutputs()
    return tuple((device_id(each), each.description()) for each in outputs)


class AudioOutput(QObject):
    """Lets an engine be heard.

    `start` opens the device (or, where there is none, a clock that pulls silently). Once the song has been still for a
    few seconds the device is let go. Devices that come and go while playing are followed.

    Signals
    -------
    changed
        `message` changed.
    """

    changed = Signal()
    _open = Signal(str)
    _shut = Signal()
    _give_up = Signal()
    _end = Signal()

    def __init__(self, engine: PlaybackEngine, parent: QObject | None = None, device: str = "") -> None:
        super().__init__(parent)
        self._engine = engine
        self._device = device
        self._message = ""
        self._running = False
        self._still = 0
        self._deaf = 0
        self._taken = 0
        self._usual_switch_s = sys.getswitchinterval()
        self._thread: QThread | None = None
        self._sink: DeviceSink | None = None
        self._watch = QTimer(self, interval=1000)
        self._watch.timeout.connect(self._on_watch)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    @property
    def message(self) -> str:
        """What a person should know of the sound device; empty if all is well."""
        return self._message

    @property
    def running(self) -> bool:
        """Whether the engine is being pulled."""
        return self._running

    def set_device(self, device: str) -> None:
        """Play on the device of that id (see `sound_devices`) from now on; empty for the system's default."""
        if device == self._device:
            return  # to open a device again is to be heard
        self._device = device
        if self._running:
            self._deaf = 0
            self._open.emit(device)

    @Slot()
    def start(self) -> None:
        """Open the device if it is not open; returns at once."""
        self._still = 0
        if self._running:
            return
        if self._thread is None:
            self._begin_thread()
        self._running = True
        self._deaf = 0
        sys.setswitchinterval(_SWITCH_S)
        self._open.emit(self._device)
        self._watch.start()

    @Slot()
    def stop(self) -> None:
        """Let the device go; the engine stands still until `start`."""
        if self._running:
            self._running = False
            sys.setswitchinterval(self._usual_switch_s)
            self._shut.emit()

    @Slot()
    def close(self) -> None:
        """Let the device go and end its thread; waits for both, but not for ever: a driver may hang."""
        self._watch.stop()
        self.stop()
        if self._thread is not None:
            self._end.emit()
            if not self._thread.wait(_CLOSE_MS):
                self._thread.setParent(None)
                atexit.register(_end_without, self._thread, self._sink)
            self._thread = self._sink = None

    def _begin_thread(self) -> None:
        self._thread = QThread(self)
        self._thread.setObjectName("sound device")
        self._sink = DeviceSink(self._engine)
        self._sink.moveToThread(self._thread)
        self._open.connect(self._sink.open)
        self._shut.connect(self._sink.shut)
        self._give_up.connect(self._sink.give_up)
        self._end.connect(self._sink.end)
        self._sink.reported.connect(self._on_reported)
        self._thread.start(QThread.Priority.TimeCriticalPriority)

    @Slot()
    def _on_watch(self) -> None:
        taken = self._engine.taken
        self._deaf = self._deaf + 1 if taken == self._taken else 0
        self._taken = taken
        if self._running and self._deaf == _DEAF_TICKS:
            self._give_up.emit()
        self._still = 0 if self._engine.playing else self._still + 1
        if self._engine.playing and not self._running:
            self.start()
        elif self._still >= _IDLE_TICKS:
            self.stop()

    @Slot(str)
    def _on_reported(self, message: str) -> None:
        if message != self._message:
            self._message = message
            self.changed.emit()


def _end_without(thread: QThread, *_: object) -> None:
    # Qt would abort the program here, if one of its threads still runs. All that the program had to do is done.
    if thread.isRunning():
        os._exit(0)
