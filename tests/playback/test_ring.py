import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstudio.playback.ring import FRAME_BYTES, Ring

SIZE, REPEATED = 50, 30


@pytest.fixture
def memory():
    return bytearray((SIZE + REPEATED) * FRAME_BYTES)


def ramp(first, count):
    return np.repeat(np.arange(first + 1, first + 1 + count, dtype=np.float32)[:, np.newaxis], 2, axis=1)


def seen(memory, frame, count):
    """What a device reads that steps back now and then."""
    samples = np.frombuffer(bytes(memory), np.float32).reshape(-1, 2)
    return samples[frame % SIZE : frame % SIZE + count]


def test_a_device_reads_what_was_put_across_the_end(memory):
    ring = Ring(memoryview(memory), SIZE)
    for first in range(0, 200, 10):
        ring.forget(first - 20)
        ring.put(first, ramp(first, 10))
        assert np.array_equal(seen(memory, first, 10), ramp(first, 10))
        assert np.array_equal(seen(memory, first, 20)[10:], np.zeros((10, 2)))
        assert np.array_equal(ring.look(first - 5, 15), ramp(max(first - 5, 0), min(first + 10, 15)))


def test_putting_less_silences_what_was_there(memory):
    ring = Ring(memoryview(memory), SIZE)
    ring.put(0, ramp(0, 20))
    ring.put(5, ramp(100, 3))
    assert np.array_equal(seen(memory, 0, 20)[:8], np.concatenate([ramp(0, 5), ramp(100, 3)]))
    assert not seen(memory, 8, 12).any()
    assert ring.write == 8


def test_what_was_skipped_is_silence(memory):
    ring = Ring(memoryview(memory), SIZE)
    ring.put(0, ramp(0, 10))
    ring.skip(400)
    ring.put(400, ramp(400, 5))
    assert not ring.look(380, 20).any()
    assert np.array_equal(ring.look(390, 99)[10:], ramp(400, 5))


def test_forgotten_sound_is_not_heard_again(memory):
    ring = Ring(memoryview(memory), SIZE)
    ring.put(0, ramp(0, 15))
    assert not ring.is_silent
    ring.skip(30)
    ring.forget(30)
    assert ring.is_silent
    assert not any(memory)


@settings(max_examples=50, deadline=None)  # the machine may be busy
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=40))
def test_the_ring_holds_what_a_long_tape_would(steps):
    memory = bytearray((SIZE + REPEATED) * FRAME_BYTES)
    ring = Ring(memoryview(memory), SIZE)
    tape = np.zeros((2000, 2), np.float32)
    taken = 0
    for number, (advance, length) in enumerate(steps):
        taken += advance
        if taken > ring.write:
            ring.skip(taken)
        ring.forget(taken - 10)
        frames = np.full((length, 2), number + 1, np.float32)
        ring.put(taken, frames)
        tape[taken:] = 0
        tape[taken : taken + length] = frames
        assert np.array_equal(seen(memory, taken, REPEATED), tape[taken : taken + REPEATED])
        past = max(taken - 10, 0)
        assert np.array_equal(ring.look(past, taken - past + length), tape[past : taken + length])
