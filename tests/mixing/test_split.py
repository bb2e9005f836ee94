import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.split import PARTS, split

RATE = 44100
NOISE = np.random.default_rng(8).normal(0, 0.1, (3, 3 * RATE)).astype(np.float32)


def powers(samples):
    parts = split(AudioBuffer(samples, RATE))
    return {name: float(np.sum(parts[name].read(0, samples.shape[1]).astype(float) ** 2)) for name in PARTS}


def test_the_parts_add_up_to_the_song_and_do_not_depend_on_blocks(stems):
    mix = sum(each.samples for each in stems.values())
    source = AudioBuffer(mix, RATE)
    whole = {name: each.read(0, source.frames) for name, each in split(source).items()}
    np.testing.assert_allclose(sum(whole.values()), mix, atol=1e-6)
    for name, each in split(source).items():
        assert (each.sample_rate, each.channels, each.frames) == (RATE, 2, source.frames)
        pieces = [each.read(start, 7777) for start in range(0, source.frames, 7777)]
        assert np.array_equal(np.concatenate(pieces, axis=1)[:, : source.frames], whole[name])
    assert not split(source)["center"].read(-500, 500).any()


@pytest.mark.parametrize(
    ("sound", "part"),
    [
        (NOISE[[0, 0]], "center"),
        (NOISE[[0, 0]] * np.array([[1], [0.1]], np.float32), "sides"),
        (NOISE[[0, 0]] * np.array([[0], [1]], np.float32), "sides"),
        (NOISE[[0, 1]], "ambience"),
        (NOISE[[0, 0]] * np.array([[1], [-1]], np.float32), "sides"),
    ],
)
def test_sounds_go_where_they_belong(sound, part):
    found = powers(np.ascontiguousarray(sound))
    assert max(found, key=found.get) == part
    assert found[part] > 0.6 * sum(found.values())


def test_a_voice_is_found_in_a_room():
    room = np.concatenate([NOISE[:1] + 0.3 * NOISE[1:2], NOISE[:1] + 0.3 * NOISE[2:3]])
    parts = split(AudioBuffer(room, RATE))
    center, ambience = (parts[name].read(RATE, RATE) for name in ("center", "ambience"))
    voice = NOISE[0, RATE : 2 * RATE]
    assert np.corrcoef(center[0], voice)[0, 1] > 0.9
    assert abs(np.corrcoef(ambience[0] - ambience[1], voice)[0, 1]) < 0.1
    assert 10 * np.log10(np.mean(ambience**2) / np.mean((0.3 * NOISE[1]) ** 2)) == pytest.approx(0, abs=3)


def test_mono_is_all_in_the_middle():
    parts = split(AudioBuffer(NOISE[:1], RATE))
    np.testing.assert_allclose(parts["center"].read(0, RATE), NOISE[[0, 0], :RATE], atol=1e-4)
