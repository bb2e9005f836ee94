import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.playback.passage import crossfade, fade_out, render


@pytest.fixture
def song():
    return AudioBuffer(np.random.default_rng(1).standard_normal((2, 100)).astype(np.float32), 44100)


def test_a_passage_is_the_song_through_its_loop(song):
    passage = render(song, 40, 30, (10, 50))
    assert np.array_equal(passage.frames, song.samples[:, [*range(40, 50), *range(10, 30)]].T)
    assert passage.stretches == ((40, 10), (10, 20))
    assert not passage.ends


def test_a_passage_ends_with_the_song(song):
    passage = render(song, 90, 30, None)
    assert np.array_equal(passage.frames, song.samples[:, 90:].T)
    assert passage.ends
    assert render(song, 100, 5, None).frames.shape == (0, 2)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 29, 30, 40])
def test_what_follows_knows_its_places(song, count):
    rest = render(song, 40, 30, (10, 50)).after(count)
    places = [place for first, length in rest.stretches for place in range(first, first + length)]
    assert places == [*range(40, 50), *range(10, 30)][count:]
    assert np.array_equal(rest.frames, song.samples[:, places].T)


def test_mono_and_surround_become_stereo():
    mono = AudioBuffer(np.ones((1, 10), np.float32), 44100)
    assert np.array_equal(render(mono, 0, 10, None).frames, np.ones((10, 2)))
    surround = AudioBuffer(np.ones((6, 10), np.float32), 44100)
    assert render(surround, 0, 10, None).frames.shape == (10, 2)


def test_a_crossfade_rises_evenly_and_leaves_equal_frames_alone():
    old, new = np.zeros((4, 2), np.float32), np.ones((9, 2), np.float32)
    crossfade(old, new, 4)
    assert new[:, 0] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1])
    same = np.random.default_rng(2).standard_normal((9, 2)).astype(np.float32)
    faded = same.copy()
    crossfade(same[:4], faded, 4)
    assert np.array_equal(faded, same)


def test_a_crossfade_takes_missing_frames_for_silence():
    new = np.ones((2, 2), np.float32)
    crossfade(np.ones((1, 2), np.float32), new, 3)
    assert new[:, 1] == pytest.approx([1.0, 0.5])


def test_a_fade_out_comes_close_to_silence():
    faded = fade_out(np.ones((4, 2), np.float32))
    assert faded[:, 0] == pytest.approx([0.8, 0.6, 0.4, 0.2])
