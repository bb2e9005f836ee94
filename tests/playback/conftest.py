"""Devices made of memory, so that playing is checked to the sample and without a clock."""

import threading
import time

import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.playback.engine import PlaybackEngine
from stemstudio.playback.ring import FRAME_BYTES, Ring

RATE = 44100


class Pulling:
    """Takes frames by `pull` once they are rendered, as a device does that is slower than the worker."""

    late = 0
    """Frames that it may be into what it was seen to read."""

    def __init__(self, engine):
        self.engine = engine

    def start(self, source, frame):
        self.engine.set_source(source, frame)
        self.engine.play()

    def take(self, frames):
        """Return the next frames, once they are rendered."""
        until(lambda: self.engine.settled)
        until(lambda: self.engine.ahead >= frames or not self.engine._stream.goes_on)
        return self.read(frames)

    def read(self, frames):
        """Return the next frames as they are now."""
        return self.engine.pull(frames)

    def play(self, frames, block=1000):
        """Return what is heard in blocks, as one."""
        return np.concatenate([self.take(min(block, frames - at)) for at in range(0, frames, block)], axis=1)


class Reading(Pulling):
    """Reads the ring's memory by itself, as a Qt sink does, and steps back late."""

    late = round(0.003 * RATE)

    def __init__(self, engine, latency_s=0.0, rate=RATE):
        super().__init__(engine)
        self.size = 2 * rate
        self._memory = bytearray(2 * self.size * FRAME_BYTES)
        self._at = self._taken = 0
        engine.attach(rate, Ring(memoryview(self._memory), self.size), lambda: self._taken, latency_s)

    def read(self, frames):
        # A real device takes seconds to come round, in which the worker clears what was heard.
        ring = self.engine._stream._ring
        until(lambda: ring.is_silent or self._taken + frames - ring._oldest < self.size)
        samples = np.frombuffer(bytes(self._memory), np.float32).reshape(-1, 2)[self._at : self._at + frames]
        self._at += frames
        self._taken += frames
        if self._at >= 1.5 * self.size:
            self._at -= self.size
        return samples.T


class Stubborn:
    """A source that keeps its reader waiting, or fails."""

    def __init__(self, whole):
        self._whole = whole
        self.sample_rate, self.channels, self.frames = whole.sample_rate, whole.channels, whole.frames
        self.open = threading.Event()
        self.open.set()
        self.broken = False

    def read(self, start, frames):
        self.open.wait(20)
        if self.broken:
            raise OSError("the disk is gone")
        return self._whole.read(start, frames)


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the worker did not get there"
        time.sleep(0.0005)


@pytest.fixture
def engine():
    engine = PlaybackEngine(RATE)
    yield engine
    engine.close()


@pytest.fixture(params=[Pulling, Reading])
def device(request, engine):
    return request.param(engine)


@pytest.fixture(scope="session")
def song():
    """Eight seconds of noise: every frame can be told from every other."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 8 * RATE)).astype(np.float32)
    return AudioBuffer(samples, RATE)


@pytest.fixture
def pulling():
    return Pulling


@pytest.fixture
def reading():
    return Reading


@pytest.fixture
def mixed():
    """One strip of a desk."""
    return lambda source, **strip: Mixer((MixInput(source, **strip),))


@pytest.fixture(name="until")
def wait():
    return until


@pytest.fixture
def stubborn():
    return Stubborn
