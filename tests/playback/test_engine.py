import threading

import numpy as np
import pytest

from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.playback.engine import AHEAD_S, PlaybackEngine

RATE = 44100
FADE = round(0.005 * RATE)


class Growing:
    """A source that is being written: silence where nothing is yet."""

    def __init__(self, whole):
        self._whole = whole
        self.sample_rate, self.channels, self.frames = whole.sample_rate, whole.channels, whole.frames
        self.written = 0

    def read(self, start, frames):
        out = self._whole.read(start, frames)
        out[:, max(self.written - start, 0) :] = 0
        return out


def start_of(samples):
    """Return the first frame that is not silent: a reading device begins up to three milliseconds late."""
    return int(np.flatnonzero(np.abs(samples).max(axis=0))[0])


@pytest.mark.parametrize("block", [1, 7, 441, 4096, 65536])
def test_blocks_of_any_size_are_the_graph_read_as_a_whole(block, pulling):
    rate, seconds = 192000, 0.02 if block == 1 else 1.5
    rng = np.random.default_rng(2)
    stems = [AudioBuffer(rng.uniform(-0.2, 0.2, (2, round(rate * seconds))).astype(np.float32), rate) for _ in range(3)]
    mixer = Mixer(tuple(MixInput(stem, gain_db=-index, pan=index / 5) for index, stem in enumerate(stems)))
    engine = PlaybackEngine(rate)
    engine.set_source(mixer)
    engine.play()
    device = pulling(engine)
    taken = []
    while engine.playing:
        taken.append(device.take(block))
    engine.close()
    heard = np.concatenate(taken, axis=1)
    assert np.array_equal(heard[:, : mixer.frames], mixer.read(0, mixer.frames))
    assert not heard[:, mixer.frames :].any()
    assert engine.underruns == 0


def test_a_gain_is_heard_with_the_next_frames_and_without_a_click(device, mixed):
    tone = AudioBuffer(np.tile(0.5 * np.sin(np.arange(8 * RATE) * 2 * np.pi * 200 / RATE), (2, 1)), RATE)
    device.start(mixed(tone), 0)
    before = device.play(20000)
    device.engine.set_source(mixed(tone, gain_db=-12.0))
    after = device.play(5000)
    at = 20000 - start_of(before) + 1  # the tone's frame 0 is silent
    expected = tone.samples[:, at : at + 5000]
    quiet = expected * np.float32(10 ** (-12 / 20))
    assert after[:, device.late + FADE :] == pytest.approx(quiet[:, device.late + FADE :], abs=1e-6)
    steps = np.abs(np.diff(np.concatenate([before[:, -1:], after], axis=1)))
    assert steps.max() < 0.5 * 2 * np.pi * 200 / RATE + 0.5 / FADE


def test_a_mute_is_heard_with_the_next_frames(device, song, mixed):
    device.start(mixed(song), 0)
    device.play(20000)
    device.engine.set_source(mixed(song, mute=True))
    after = device.play(3000)
    assert np.abs(after[:, :FADE]).max() > 0
    assert np.abs(after[:, device.late + FADE :]).max() == 0


def test_a_seek_is_shown_at_once_and_heard_with_the_next_frames(device, song, mixed):
    device.start(mixed(song), 0)
    device.play(20000)
    device.engine.seek(200000)
    assert device.engine.position == 200000
    after = device.play(5000)
    lead = device.late
    assert np.array_equal(after[:, lead + FADE :], song.samples[:, 200000 + FADE : 200000 + 5000 - lead])
    assert device.engine.position == 205000 - lead


def test_seeking_while_it_stands_still_moves_the_place_to_begin(device, song, mixed):
    device.engine.set_source(mixed(song))
    device.engine.seek(70000)
    assert device.engine.position == 70000
    assert not device.play(2000).any()
    assert device.engine.position == 70000
    device.engine.play()
    heard = device.play(3000)
    first = start_of(heard)
    assert np.array_equal(heard[:, first + FADE :], song.samples[:, 70000 + FADE : 73000 - first])


def test_a_seek_is_kept_within_the_song(device, song, mixed):
    device.engine.set_source(mixed(song))
    device.engine.seek(10**9)
    assert device.engine.position == song.frames
    device.engine.seek(-5)
    assert device.engine.position == 0


def test_a_pause_fades_out_and_playing_goes_on_from_there(device, song, mixed):
    device.start(mixed(song), 0)
    device.play(20000)
    device.engine.pause()
    tail = device.play(2000)
    assert np.abs(tail[:, device.late + FADE :]).max() == 0
    assert np.abs(tail[:, device.late : device.late + FADE // 2]).max() > 0.1
    place = device.engine.position
    assert 20000 <= place <= 20000 + device.late + FADE
    device.engine.play()
    heard = device.play(3000)
    first = start_of(heard)
    assert np.array_equal(heard[:, first + FADE :], song.samples[:, place + FADE : place + 3000 - first])


def test_a_loop_comes_round_without_a_gap(device, song, mixed):
    start, end = 1000, 40123
    device.start(mixed(song), 0)
    device.engine.set_loop((start, end))
    heard = device.play(200000)
    heard = heard[:, start_of(heard) :]
    places = np.array([at if at < end else start + (at - end) % (end - start) for at in range(heard.shape[1])])
    assert np.array_equal(heard, song.samples[:, places])
    assert start <= device.engine.position < end
    assert device.engine.underruns == 0


def test_the_start_of_a_loop_is_read_before_it_comes_round(engine, pulling, song, until):
    """Effects have to run up there, which may take longer than what is rendered ahead lasts."""
    places = []

    class Noted:
        sample_rate, channels, frames = song.sample_rate, song.channels, song.frames

        def read(self, start, frames):
            places.append(start)
            return song.read(start, frames)

    start, end = 1000, 7 * RATE
    engine.set_loop((start, end))
    device = pulling(engine)
    device.start(Noted(), 5000)
    for _ in range(2):
        device.play(2 * RATE)
        assert start not in places
        device.play(3 * RATE)
        assert engine.position < end - RATE
        until(lambda: start in places, 5)
        device.play(end - engine.position)
        places.clear()


def test_a_loop_set_behind_what_is_rendered_is_still_met(device, song, mixed):
    device.start(mixed(song), 0)
    first = start_of(device.play(5000))
    device.engine.set_loop((2000, 8000))
    heard = device.play(8000)
    places = [at if at < 8000 else at - 6000 for at in range(5000 - first, 13000 - first)]
    assert np.array_equal(heard, song.samples[:, places])
    device.engine.set_loop(None)
    at = places[-1] + 1
    rest = device.play(8000)
    assert np.array_equal(rest, song.samples[:, at : at + 8000])


def test_a_loop_that_does_not_end_behind_its_start_is_refused(engine):
    for loop in ((5, 5), (9, 3), (-1, 5)):
        with pytest.raises(ValueError, match="loop"):
            engine.set_loop(loop)


def test_a_very_short_loop_lasts_twenty_milliseconds(device, song, mixed):
    device.start(mixed(song), 0)
    device.engine.set_loop((0, 3))
    heard = device.play(5000)
    heard = heard[:, start_of(heard) :]
    assert np.array_equal(heard, song.samples[:, np.arange(heard.shape[1]) % (RATE // 50)])


def test_at_the_end_it_stops_there_and_begins_anew(device, song, mixed):
    device.start(mixed(song), song.frames - 3000)
    assert device.engine.playing
    device.play(4000)
    assert not device.engine.playing
    assert device.engine.position == song.frames
    device.engine.play()
    heard = device.play(3000)
    first = start_of(heard)
    assert np.array_equal(heard[:, first:], song.samples[:, : 3000 - first])
    device.engine.seek(song.frames)
    device.engine.pause()
    device.engine.set_loop((5000, 30000))
    device.engine.play()
    heard = device.play(3000)
    assert np.array_equal(heard[:, device.late + FADE :], song.samples[:, 5000 + FADE : 8000 - device.late])


def test_a_song_of_another_rate_is_resampled(engine, song, pulling, mixed):
    slow = AudioBuffer(song.samples[:, :96000], 48000)
    device = pulling(engine)
    device.start(mixed(slow), 0)
    heard = device.play(40000)
    assert np.array_equal(heard, resample(mixed(slow), RATE).read(0, 40000))
    assert device.engine.position == round(40000 * 48000 / RATE)
    device.engine.seek(24000)
    assert device.engine.position == 24000
    heard = device.play(4000)
    assert np.array_equal(heard[:, FADE:], resample(mixed(slow), RATE).read(22050, 4000)[:, FADE:])


def test_sound_that_is_still_being_written_is_heard_as_it_comes(device, song):
    growing = Growing(song)
    device.start(growing, 0)
    assert not device.play(30000).any()
    growing.written = song.frames
    ahead = round(AHEAD_S * RATE)
    place = device.engine.position
    heard = device.play(60000)
    assert np.array_equal(heard[:, ahead:], song.samples[:, place + ahead : place + 60000])


def test_a_source_that_cannot_be_read_stops_playing(engine, song, caplog, pulling, until, stubborn):
    broken = stubborn(song)
    broken.broken = True
    engine.set_source(broken, 5000)
    engine.play()
    until(lambda: engine.failure is not None)
    assert "disk is gone" in str(engine.failure)
    assert not engine.playing
    assert engine.position == 5000
    broken.broken = False
    engine.play()
    assert engine.failure is None
    assert pulling(engine).take(5000).any()


def test_no_source_is_silence(device, song, mixed):
    device.start(mixed(song), 0)
    device.play(5000)
    device.engine.set_source(None)
    assert not device.engine.playing
    assert not device.play(3000)[:, device.late + FADE :].any()
    device.engine.play()
    assert not device.engine.playing


def test_closing_ends_the_worker_and_silences_the_ring(song, pulling, mixed):
    engine = PlaybackEngine(RATE)
    device = pulling(engine)
    device.start(mixed(song), 0)
    assert device.take(1000).any()
    engine.close()
    assert "playback" not in [thread.name for thread in threading.enumerate()]
    assert not engine.pull(5000).any()


def test_whatever_a_person_does_nothing_clicks(engine, reading, mixed):
    steady = AudioBuffer(np.full((2, 60 * RATE), 0.5, np.float32), RATE)
    device = reading(engine)
    rng = np.random.default_rng(3)
    device.start(mixed(steady), 1000)
    deeds = [
        lambda: engine.set_source(mixed(steady, gain_db=float(rng.uniform(-40, 0)))),
        lambda: engine.set_source(mixed(steady, mute=bool(rng.integers(2)))),
        lambda: engine.seek(int(rng.integers(1, 20 * RATE))),
        lambda: engine.set_loop(None if rng.integers(2) else (1000, int(rng.integers(1001, 90000)))),
        engine.pause,
        engine.play,
        engine.play,
    ]
    heard = []
    for _ in range(300):
        for _ in range(rng.integers(1, 3)):
            deeds[rng.integers(len(deeds))]()
        heard.append(device.take(int(rng.integers(1, 900))))
    samples = np.concatenate(heard, axis=1)
    assert np.abs(np.diff(samples)).max() <= 3 * 0.5 / FADE
    assert samples.min() >= 0
    assert samples.max() <= 0.5
    assert engine.underruns == 0
