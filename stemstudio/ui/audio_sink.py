"""The thread side of the sound device: the sink, the memory it reads, and what happens when devices come and go.

Everything of QtMultimedia is imported and used here, in the thread of the device, and only once sound is wanted. The
sink reads the engine's ring through Qt's own classes: no Python runs when it does, so that a library that keeps the
interpreter for a moment is not heard.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QObject, QTimer, Signal, Slot

from stemstudio.playback.engine import PlaybackEngine
from stemstudio.playback.ring import FRAME_BYTES, Ring
from stemstudio.playback.silent_clock import SilentClock

if TYPE_CHECKING:
    from PySide6 import QtMultimedia

BUFFER_S = 0.015
"""What the device's own buffer holds: enough for a busy machine's scheduler; more would delay each change."""

_RING_S = 30.0  # how often Python has to run in the sink's thread, for a moment,
_OVERLAP_S = 2.0  # and how late it may come then
_SYSTEM_S = 0.015  # the sound system's own delay behind the buffer, as measured with PulseAudio
_RETRY_MS = 3000
_NO_DEVICE = "No sound device was found: playing goes on in silence. Connect one; if it stays silent, start again."
_NO_ANSWER = "The sound device does not respond: playing goes on in silence. Choose another one, or start again."


def device_id(device: QtMultimedia.QAudioDevice) -> str:
    """Return the id of a device as text."""
    return bytes(device.id().data()).decode("utf-8", "replace")


def _buffer_s() -> float:
    # PulseAudio's own wish of a person for more delay; a smaller buffer would never fill the server's.
    wish = os.environ.get("PULSE_LATENCY_MSEC", "")
    return max(BUFFER_S, int(wish) / 1000 if wish.isdecimal() else 0.0)


class _Memory:
    """The ring that engine and sink share: the sink reads it through Qt alone, so that Python cannot hold it up."""

    def __init__(self, sample_rate: int) -> None:
        self._bytes = QByteArray(round((_RING_S + _OVERLAP_S) * sample_rate) * FRAME_BYTES, 0)
        view = memoryview(self._bytes)  # type: ignore[arg-type]  # PySide6 does not declare that it is a buffer
        self.ring = Ring(view, round(_RING_S * sample_rate))
        self.buffer = QBuffer(self._bytes)
        # Qt would read 16 KB ahead of a buffered device, which is 46 ms of sound that could not be changed any more.
        self.buffer.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)
        self._taken = 0

    def taken(self) -> int:
        """Return how many frames the sink has read; called under the lock of the engine."""
        self._taken += (self.buffer.pos() // FRAME_BYTES - self._taken) % self.ring.size
        return self._taken

    def step_back(self) -> int:
        """Step back to where the ring begins anew, between two reads of the sink; return the frames until next time."""
        whole = self.ring.size * FRAME_BYTES
        if self.buffer.pos() >= whole:
            self.buffer.seek(self.buffer.pos() - whole)
        return self.ring.size - self.buffer.pos() // FRAME_BYTES


class DeviceSink(QObject):
    """The open device, or the silent clock in its place; lives in the thread of the device, every slot runs there.

    Signals
    -------
    reported
        What a person should know of the device, empty if all is well; sent each time that one is opened.
    """

    reported = Signal(str)

    def __init__(self, engine: PlaybackEngine) -> None:
        super().__init__()
        self._engine = engine
        self._clock = SilentClock(engine)
        self._wanted = ""
        self._current = ""
        self._deaf = ""
        self._sink: QtMultimedia.QAudioSink | None = None
        self._memory: _Memory | None = None
        self._devices: QtMultimedia.QMediaDevices | None = None
        self._step = QTimer(self, singleShot=True)
        self._step.timeout.connect(self._on_step)
        self._retry = QTimer(self, interval=_RETRY_MS)
        self._retry.timeout.connect(self._look_again)

    @Slot(str)
    def open(self, wanted: str) -> None:
        """Play on the device of that id; on the default one where it is missing, on the clock where there is none."""
        from PySide6 import QtMultimedia

        # PySide6 6.11 cannot convert the argument of stateChanged before this type was touched.
        _ = QtMultimedia.QAudio.State
        if self._devices is None:
            self._devices = QtMultimedia.QMediaDevices(self)
            self._devices.audioOutputsChanged.connect(self._on_outputs_changed)
        self._wanted = wanted
        self._deaf = ""
        self._release()
        device = self._choose()
        if device.isNull() or not self._play_on(device):
            self._fall_silent(_NO_DEVICE)

    @Slot()
    def shut(self) -> None:
        """Let the device go."""
        self._release()

    @Slot()
    def give_up(self) -> None:
        """Let a device go that takes nothing, until devices come or go."""
        if self._sink is not None:
            self._deaf = self._current
            self._release()
            self._fall_silent(_NO_ANSWER)

    @Slot()
    def end(self) -> None:
        """Let the device go and end the thread."""
        self._release()
        self._devices = None
        thread, application = self.thread(), QCoreApplication.instance()
        assert application is not None
        self.moveToThread(application.thread())
        thread.quit()

    def _choose(self) -> QtMultimedia.QAudioDevice:
        from PySide6.QtMultimedia import QMediaDevices

        for device in QMediaDevices.audioOutputs():
            if device_id(device) == self._wanted:
                return device
        return QMediaDevices.defaultAudioOutput()

    def _play_on(self, device: QtMultimedia.QAudioDevice) -> bool:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QtAudio

        layout = QAudioFormat()
        layout.setSampleRate(device.preferredFormat().sampleRate())
        layout.setChannelCount(2)
        layout.setSampleFormat(QAudioFormat.SampleFormat.Float)
        sink = QAudioSink(device, layout)
        sink.setBufferSize(layout.bytesForFrames(round(_buffer_s() * layout.sampleRate())))
        memory = _Memory(layout.sampleRate())
        sink.start(memory.buffer)
        if sink.error() != QtAudio.Error.NoError:
            return False
        latency_s = layout.durationForBytes(sink.bufferSize()) / 1e6 + _SYSTEM_S
        self._engine.attach(layout.sampleRate(), memory.ring, memory.taken, latency_s)
        self._sink, self._memory, self._current = sink, memory, device_id(device)
        sink.stateChanged.connect(self._on_state_changed)
        self._on_step()
        lost = self._wanted not in ("", self._current)
        self.reported.emit(
            f"The chosen sound device is not connected; playing on {device.description()}." if lost else ""
        )
        return True

    def _fall_silent(self, message: str) -> None:
        self._clock.start()
        self._retry.start()
        self.reported.emit(message)

    def _release(self) -> None:
        self._clock.stop()
        self._retry.stop()
        if self._sink is not None:
            self._sink.stateChanged.disconnect(self._on_state_changed)
            self._engine.detach()
            self._step.stop()
            self._sink.stop()
            self._sink = self._memory = None
        self._current = ""

    @Slot()
    def _on_step(self) -> None:
        if self._memory is not None:
            frames = self._memory.step_back()
            self._step.start(round(1000 * (frames / self._engine.sample_rate + _OVERLAP_S / 4)))

    @Slot()
    def _on_outputs_changed(self) -> None:
        self._deaf = ""
        self._look_again()

    @Slot()
    def _look_again(self) -> None:
        idle = self._sink is None and not self._clock.running
        if not idle and device_id(self._choose()) not in (self._current, self._deaf):
            self.open(self._wanted)

    @Slot()
    def _on_state_changed(self) -> None:
        from PySide6.QtMultimedia import QtAudio

        if self._sink is None:
            return
        if self._sink.error() not in (QtAudio.Error.NoError, QtAudio.Error.UnderrunError):
            # The sink is still at work in this very call: it is taken down in the next turn.
            QTimer.singleShot(0, self, self.give_up)
