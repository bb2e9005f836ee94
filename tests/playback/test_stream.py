import numpy as np
import pytest

from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.meters import SILENCE

RATE = 44100
FADE = round(0.005 * RATE)


def start_of(samples):
    """Return the first frame that is not silent: a reading device begins up to three milliseconds late."""
    return int(np.flatnonzero(np.abs(samples).max(axis=0))[0])


def test_a_device_that_reads_by_itself_hears_the_graph_too(engine, song, reading, mixed):
    device = reading(engine)
    device.start(mixed(song), 0)
    heard = device.play(song.frames + RATE, 1234)
    first = start_of(heard)
    assert first <= device.late + 1
    assert np.array_equal(heard[:, first : first + song.frames], song.samples)
    assert not heard[:, first + song.frames :].any()
    assert engine.underruns == 0
    assert not engine.playing


def test_sound_is_heard_once_though_the_memory_goes_round(engine, song, reading, mixed):
    device = reading(engine)
    device.start(mixed(song), song.frames - 5000)
    heard = device.play(5 * device.size, 2000)
    assert np.abs(heard[:, 6000:]).max() == 0


def test_a_device_of_another_rate_takes_over_where_the_last_one_was(engine, song, pulling, reading, mixed):
    device = pulling(engine)
    device.start(mixed(song), 0)
    device.play(44100)
    other = reading(engine, rate=48000)
    assert engine.position == 44100
    heard = other.play(4000)
    first, fade = start_of(heard), round(0.005 * 48000)
    expected = resample(mixed(song), 48000).read(48000, 4000)
    assert np.array_equal(heard[:, first + fade :], expected[:, fade : 4000 - first])
    engine.detach()
    assert engine.sample_rate == 48000
    assert engine.position == pytest.approx(44100 * (1 + (4000 - first) / 48000), abs=1)


def test_a_device_never_waits_and_loses_nothing(engine, song, pulling, until, stubborn):
    slow = stubborn(song)
    device = pulling(engine)
    device.start(slow, 0)
    first = device.take(1000)
    slow.open.clear()
    until(lambda: engine.settled)
    rest = [engine.pull(1000) for _ in range(60)]
    assert engine.underruns > 0
    assert not rest[-1].any()
    place = engine.position
    slow.open.set()
    until(lambda: engine.ahead > 5000)
    heard = np.concatenate([first, *rest], axis=1)
    assert np.array_equal(heard[:, :place], song.samples[:, :place])
    assert not heard[:, place:].any()
    assert np.array_equal(engine.pull(5000), song.samples[:, place : place + 5000])


def test_a_slow_change_lines_up_with_what_was_heard_meanwhile(engine, song, pulling, mixed, until, stubborn):
    device = pulling(engine)
    device.start(mixed(song), 0)
    device.play(5000)
    slow = stubborn(song)
    slow.open.clear()
    engine.set_source(mixed(slow))
    until(lambda: engine._changing)
    assert np.array_equal(engine.pull(7000), song.samples[:, 5000:12000])
    slow.open.set()
    assert np.array_equal(device.play(7000), song.samples[:, 12000:19000])


def test_the_beginning_is_not_lost_on_a_device_that_goes_on(engine, song, reading, until, stubborn):
    device, slow = reading(engine), stubborn(song)
    slow.open.clear()
    device.start(slow, 0)
    until(lambda: engine._changing)
    assert not device.read(3000).any()
    slow.open.set()
    heard = device.play(3000)
    assert np.array_equal(heard[:, device.late :], song.samples[:, : 3000 - device.late])
    assert engine.underruns == 0


def test_the_position_is_what_is_heard_now(engine, song, reading, mixed, until):
    latency = 0.04
    device = reading(engine, latency_s=latency)
    device.start(mixed(song), 10000)
    first = start_of(device.play(1000))
    assert engine.position == 10000  # nothing was heard yet
    device.play(9000)
    late = round(latency * RATE)
    assert engine.position == 10000 + 10000 - first - late
    device.engine.pause()
    until(lambda: engine.settled)
    device.play(late // 2)
    assert engine.position == 10000 + 10000 - first - late + late // 2
    device.play(late * 2)
    assert engine.position == 10000 + 10000 - first + device.late + FADE


def test_playing_ends_when_the_end_was_heard(engine, song, reading, mixed):
    device = reading(engine, latency_s=0.04)
    device.start(mixed(song), song.frames - 1000)
    device.play(1200)
    assert engine.playing
    device.play(round(0.04 * RATE))
    assert not engine.playing


def test_levels_are_those_of_what_is_heard(engine, reading):
    device = reading(engine, latency_s=0.02)
    steps = AudioBuffer(np.repeat([[0.1, 0.4], [0.2, 0.8]], 22050, axis=1).astype(np.float32), RATE)
    assert engine.levels().peak in ((), SILENCE.peak)
    device.start(steps, 0)
    device.play(10000)
    assert engine.levels().peak == pytest.approx((0.1, 0.2))
    device.play(12050 + 400)
    assert engine.levels().rms == pytest.approx((0.1, 0.2), rel=1e-3)  # the louder half is not heard yet
    device.play(4000)
    assert engine.levels().peak == pytest.approx((0.4, 0.8))
    engine.pause()
    device.play(5000)
    assert engine.levels() == SILENCE
