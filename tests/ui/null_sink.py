"""Plays through a real sound server whose only device is a null sink, and says what came of it as JSON.

Run as a script, ``null_sink.py STORY``, by the tests of the audio output: Qt looks for a sound server once in the life
of a process, so that the server has to be named before.
"""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from stemstudio.ui import audio_output

RATE = 44100


@contextmanager
def server():
    """A sound server of our own, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="null-sink-", ignore_cleanup_errors=True) as folder:
        socket = Path(folder) / "socket"
        os.environ |= {"XDG_RUNTIME_DIR": folder, "PULSE_SERVER": f"unix:{socket}", "HOME": folder}
        command = [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--log-level=error",
        ]
        command += ["-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
        command += ["-L", f"module-null-sink sink_name=null rate={RATE} format=float32le channels=2"]
        process = subprocess.Popen(command)
        try:
            until(lambda: subprocess.run(["pactl", "info"], capture_output=True, check=False).returncode == 0)
            yield process
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def recording():
    """Record what the null sink is given; yields a function that returns float32 (2, frames) so far."""
    layout = ["--raw", "--format=float32le", f"--rate={RATE}", "--channels=2"]
    with tempfile.NamedTemporaryFile() as file:
        recorder = subprocess.Popen(["parec", *layout, "-d", "null.monitor"], stdout=file)

        def heard():
            samples = np.fromfile(file.name, np.float32)
            return samples[: len(samples) // 2 * 2].reshape(-1, 2).T

        try:
            yield heard
        finally:
            recorder.terminate()
            recorder.wait(10)


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        if application is not None:
            application.processEvents()
        time.sleep(0.005)


class Load:
    """Threads that compete for the processors and for the interpreter, and a window that stalls."""

    def __enter__(self):
        self.stop = False
        self.threads = [threading.Thread(target=work) for work in (self.count, self.calculate)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        for thread in self.threads:
            thread.join()

    def count(self):
        total = 0
        while not self.stop:
            for number in range(1000):
                total += number * number

    def calculate(self):
        matrix = np.random.default_rng(0).standard_normal((300, 300))
        while not self.stop:
            matrix = np.tanh(matrix @ matrix / 300)
            matrix.sort(axis=1)


def exact():
    """Noise is heard exactly as it is in the graph, while the window stalls and threads compete."""
    from stemstudio.core.buffer import AudioBuffer
    from stemstudio.mixing.mixer import Mixer, MixInput
    from stemstudio.ui import audio_sink

    audio_sink._RING_S = audio_sink._OVERLAP_S = 1.0  # the ring goes round several times
    os.environ["PULSE_LATENCY_MSEC"] = "300"  # what a busy test machine's scheduler does is not the question here
    rng = np.random.default_rng(1)
    quiet = np.zeros((2, RATE // 2), np.float32)  # the server loses the very first frames
    stems = [np.concatenate([quiet, rng.uniform(-0.2, 0.2, (2, 4 * RATE))], axis=1, dtype=np.float32) for _ in range(3)]
    mixer = Mixer(tuple(MixInput(AudioBuffer(stem, RATE)) for stem in stems))
    with server(), recording() as heard, playing(mixer) as (engine, _):
        with Load():
            while engine.playing:
                application.processEvents()
                time.sleep(0.3)
        time.sleep(1.0)
        samples = heard()
    expected = mixer.read(len(quiet[0]), 4 * RATE)
    first = int(np.flatnonzero(samples[0])[0])
    found = samples[:, first : first + 4 * RATE]
    return {
        "underruns": engine.underruns,
        "expected": expected.shape[1],
        "equal": int((found == expected[:, : found.shape[1]]).all(axis=0).sum()),
    }


def interpreter_held():
    """The device goes on taking frames while one thread keeps the interpreter for a second."""
    from stemstudio.core.buffer import AudioBuffer

    song = AudioBuffer(np.full((2, 20 * RATE), 0.1, np.float32), RATE)
    with server(), playing(song) as (engine, output):
        before = engine.taken
        ctypes.PyDLL(None).usleep(1_000_000)  # unlike CDLL, PyDLL does not let go of the interpreter
        return {"taken_s": (engine.taken - before) / RATE, "message": output.message}


def unknown_device():
    """A device that is chosen and not there is replaced by the default one, and the person is told."""
    from stemstudio.core.buffer import AudioBuffer
    from stemstudio.ui.audio_output import sound_devices

    song = AudioBuffer(np.full((2, 60 * RATE), 0.1, np.float32), RATE)
    with server(), playing(song, device="one that was unplugged") as (engine, output):
        until(lambda: output.message)
        message = output.message
        output.set_device(sound_devices()[0][0])
        until(lambda: not output.message)
        return {"message": message, "playing": engine.playing}


def lost_device():
    """When the sound server dies the song goes on silently and the person is told."""
    from stemstudio.core.buffer import AudioBuffer

    song = AudioBuffer(np.full((2, 60 * RATE), 0.1, np.float32), RATE)
    with server() as process, playing(song) as (engine, output):
        process.kill()
        until(lambda: output.message)
        before = engine.position
        until(lambda: engine.position > before + RATE)
        return {"message": output.message, "playing": engine.playing}


def no_device():
    """Without a sound server a clock takes the frames."""
    from stemstudio.core.buffer import AudioBuffer

    os.environ |= {"PULSE_SERVER": "unix:/nowhere", "PIPEWIRE_REMOTE": "/nowhere"}
    song = AudioBuffer(np.full((2, RATE), 0.1, np.float32), RATE)
    with playing(song) as (engine, output):
        until(lambda: not engine.playing)
        return {"message": output.message, "position": engine.position, "frames": song.frames}


def idle_device():
    """A device that has had nothing to play for a while is let go, and taken again for the next song."""
    from stemstudio.core.buffer import AudioBuffer

    song = AudioBuffer(np.full((2, 60 * RATE), 0.1, np.float32), RATE)
    with server(), playing(song) as (engine, output):
        engine.pause()
        until(lambda: not output.running)
        place = engine.position
        output.start()
        engine.play()
        until(lambda: engine.position > place + RATE // 2)
        return {"message": output.message, "running": output.running}


def hanging_driver():
    """A driver that never answers does not keep the program from ending, nor does Qt abort it for that."""
    with hung() as output:
        audio_output._CLOSE_MS = 100
        output.close()
        return {"running": output.running}


def deaf_after_idling():
    """A device that is chosen again is not opened again; one that takes nothing has as long after a rest as ever."""
    released = threading.Event()
    with hung(released) as output:
        opened, given_up = [], []
        output._open.connect(opened.append)
        output._give_up.connect(lambda: given_up.append(len(ticks)))
        output.set_device("")
        output.set_device("another")
        output.set_device("another")
        output.stop()
        for _ in range(3):
            output._on_watch()
        output.start()
        ticks = []
        for _ in range(6):
            ticks.append(None)
            output._on_watch()
        released.set()
        output.close()
        return {"opened": opened, "given_up": given_up}


@contextmanager
def hung(released=None):
    """An output without a device whose thread hangs until it is released."""
    from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal

    from stemstudio.playback.engine import PlaybackEngine

    class Driver(QObject):
        call = Signal()

        def hang(self):
            hanging.set()
            time.sleep(300) if released is None else released.wait(60)

    os.environ |= {"PULSE_SERVER": "unix:/nowhere", "PIPEWIRE_REMOTE": "/nowhere"}
    global application  # noqa: PLW0603 - the one that Qt allows
    application = QCoreApplication([])
    engine = PlaybackEngine(48000)
    output = audio_output.AudioOutput(engine)
    output.start()
    driver, hanging = Driver(), threading.Event()
    driver.moveToThread(output.findChild(QThread))
    driver.call.connect(driver.hang)
    driver.call.emit()
    assert hanging.wait(30)
    yield output
    engine.close()


@contextmanager
def playing(source, device=""):
    """Play `source` from its beginning through a real output; what is left running afterwards is an error."""
    from PySide6.QtCore import QCoreApplication, QThread

    from stemstudio.playback.engine import PlaybackEngine
    from stemstudio.ui.audio_output import AudioOutput

    global application  # noqa: PLW0603 - the one that Qt allows
    application = QCoreApplication([])
    engine = PlaybackEngine(48000)
    output = AudioOutput(engine, device=device)
    engine.set_source(source)
    output.start()
    until(lambda: engine.taken > RATE // 10)
    engine.play()
    until(lambda: engine.position > 0)
    try:
        yield engine, output
    finally:
        thread = output.findChild(QThread)
        output.close()
        engine.close()
        assert thread.isFinished()
        assert threading.active_count() - 1 == sum(
            isinstance(each, threading._DummyThread) for each in threading.enumerate()
        )


application = None

STORIES = (
    exact,
    interpreter_held,
    unknown_device,
    lost_device,
    no_device,
    idle_device,
    hanging_driver,
    deaf_after_idling,
)

if __name__ == "__main__":
    result = {each.__name__: each for each in STORIES}[sys.argv[1]]()
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
