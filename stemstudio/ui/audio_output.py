"""The sound device: takes what the playback engine has rendered, in a thread of its own.

The window may stall without a gap in the sound, because the sink and everything of QtMultimedia live in another thread.
QtMultimedia is imported there when sound is first wanted, so that a start of the program does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QIODevice, QObject, QThread, QTimer, Signal, Slot

from stemstudio.playback.engine import PlaybackEngine
from stemstudio.playback.ring import FRAME_BYTES
from stemstudio.playback.silent_clock import SilentClock

if TYPE_CHECKING:
    from PySide6 import QtMultimedia

BUFFER_S = 0.025
"""What the device's own buffer holds. It bridges moments in which another thread keeps the interpreter, and a change is
heard behind it."""

_SYSTEM_S = 0.015  # the sound system's own delay behind that buffer, as measured with PulseAudio
_IDLE_TICKS = 4
_NO_DEVICE = "No sound device was found; playing goes on in silence. Connect one, and it is used at once."


def sound_devices() -> tuple[tuple[str, str], ...]:
    """Return id and name of each device that can play now; takes about 100 ms when first called."""
    from PySide6 import QtMultimedia

    outputs = QtMultimedia.QMediaDevices.audioOutputs()
    return tuple((_device_id(each), each.description()) for each in outputs)


def _device_id(device: QtMultimedia.QAudioDevice) -> str:
    return bytes(device.id().data()).decode("utf-8", "replace")


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
    _end = Signal()

    def __init__(self, engine: PlaybackEngine, parent: QObject | None = None, device_id: str = "") -> None:
        super().__init__(parent)
        self._engine = engine
        self._device_id = device_id
        self._message = ""
        self._running = False
        self._still = 0
        self._thread: QThread | None = None
        self._sink: _Sink | None = None
        self._watch = QTimer(self, interval=1000)
        self._watch.timeout.connect(self._on_watch)

    @property
    def message(self) -> str:
        """What a person should know of the sound device; empty if all is well."""
        return self._message

    @property
    def running(self) -> bool:
        """Whether the engine is being pulled."""
        return self._running

    @property
    def device_underruns(self) -> int:
        """How often the device ran dry, since it was opened first."""
        return self._sink.underruns if self._sink is not None else 0

    def set_device(self, device_id: str) -> None:
        """Play on the device of that id (see `sound_devices`) from now on; empty for the system's default."""
        self._device_id = device_id
        if self._running:
            self._open.emit(device_id)

    @Slot()
    def start(self) -> None:
        """Open the device if it is not open; returns at once."""
        self._still = 0
        if self._running:
            return
        if self._thread is None:
            self._begin_thread()
        self._running = True
        self._open.emit(self._device_id)
        self._watch.start()

    @Slot()
    def stop(self) -> None:
        """Let the device go; the engine stands still until `start`."""
        if self._running:
            self._running = False
            self._shut.emit()

    def close(self) -> None:
        """Let the device go and end its thread; waits for both."""
        self._watch.stop()
        self._running = False
        if self._thread is not None:
            self._end.emit()
            self._thread.wait()
            self._thread = self._sink = None

    def _begin_thread(self) -> None:
        self._thread = QThread(self)
        self._thread.setObjectName("sound device")
        self._sink = _Sink(self._engine)
        self._sink.moveToThread(self._thread)
        self._open.connect(self._sink.open)
        self._shut.connect(self._sink.shut)
        self._end.connect(self._sink.end)
        self._sink.reported.connect(self._on_reported)
        self._thread.start(QThread.Priority.TimeCriticalPriority)

    @Slot()
    def _on_watch(self) -> None:
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


class _Feed(QIODevice):
    """What the sink reads: always as much as it asks for."""

    def __init__(self, engine: PlaybackEngine) -> None:
        super().__init__()
        self._engine = engine
        # Qt would read 16 KB ahead of a buffered device, which is 46 ms of sound that could not be changed any more.
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def isSequential(self) -> bool:
        return True

    def bytesAvailable(self) -> int:
        return 1 << 20

    def readData(self, maxlen: int) -> bytes:
        return self._engine.pull_bytes(maxlen // FRAME_BYTES)


class _Sink(QObject):
    """The device and its feed; lives in the thread of the device, every method runs there."""

    reported = Signal(str)

    def __init__(self, engine: PlaybackEngine) -> None:
        super().__init__()
        self.underruns = 0
        self._engine = engine
        self._clock = SilentClock(engine)
        self._wanted = ""
        self._current = ""
        self._sink: QtMultimedia.QAudioSink | None = None
        self._feed: _Feed | None = None
        self._devices: QtMultimedia.QMediaDevices | None = None

    @Slot(str)
    def open(self, device_id: str) -> None:
        from PySide6 import QtMultimedia

        # PySide6 6.11 cannot convert the argument of stateChanged before this type was touched.
        _ = QtMultimedia.QAudio.State
        if self._devices is None:
            self._devices = QtMultimedia.QMediaDevices(self)
            self._devices.audioOutputsChanged.connect(self._on_outputs_changed)
        self._wanted = device_id
        self._release()
        device = self._choose()
        if device.isNull() or not self._play_on(device):
            self._fall_silent()

    @Slot()
    def shut(self) -> None:
        self._release()

    @Slot()
    def end(self) -> None:
        self._release()
        self._devices = None
        thread, application = self.thread(), QCoreApplication.instance()
        assert application is not None
        self.moveToThread(application.thread())
        thread.quit()

    def _choose(self) -> QtMultimedia.QAudioDevice:
        from PySide6.QtMultimedia import QMediaDevices

        for device in QMediaDevices.audioOutputs():
            if _device_id(device) == self._wanted:
                return device
        return QMediaDevices.defaultAudioOutput()

    def _play_on(self, device: QtMultimedia.QAudioDevice) -> bool:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QtAudio

        layout = QAudioFormat()
        layout.setSampleRate(device.preferredFormat().sampleRate())
        layout.setChannelCount(2)
        layout.setSampleFormat(QAudioFormat.SampleFormat.Float)
        sink = QAudioSink(device, layout)
        sink.setBufferSize(layout.bytesForFrames(round(BUFFER_S * layout.sampleRate())))
        feed = _Feed(self._engine)
        self._engine.set_sample_rate(layout.sampleRate())
        sink.start(feed)
        if sink.error() != QtAudio.Error.NoError:
            return False
        self._engine.latency_s = sink.bufferSize() / layout.bytesForFrames(layout.sampleRate()) + _SYSTEM_S
        self._sink, self._feed, self._current = sink, feed, _device_id(device)
        sink.stateChanged.connect(self._on_state_changed)
        lost = self._wanted not in ("", self._current)
        self.reported.emit(
            f"The chosen sound device is not connected; playing on {device.description()}." if lost else ""
        )
        return True

    def _fall_silent(self) -> None:
        self._engine.latency_s = 0.0
        self._clock.start()
        self.reported.emit(_NO_DEVICE)

    def _release(self) -> None:
        self._clock.stop()
        if self._sink is not None:
            self._sink.stateChanged.disconnect(self._on_state_changed)
            self._sink.stop()
            self._sink = self._feed = None
        self._current = ""

    @Slot()
    def _on_outputs_changed(self) -> None:
        idle = self._sink is None and not self._clock.running
        if not idle and _device_id(self._choose()) != self._current:
            self.open(self._wanted)

    @Slot()
    def _on_state_changed(self) -> None:
        from PySide6.QtMultimedia import QtAudio

        if self._sink is None:
            return
        if self._sink.error() == QtAudio.Error.UnderrunError:
            self.underruns += 1
        elif self._sink.error() != QtAudio.Error.NoError:
            # The sink is still at work in this very call: it is taken down in the next turn.
            QTimer.singleShot(0, self, self._on_lost)

    @Slot()
    def _on_lost(self) -> None:
        self._release()
        self._fall_silent()
