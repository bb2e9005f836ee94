import numpy as np
import pytest

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.placement import STAGE_DEG, Panning, default_placement, measured_panning

RNG = np.random.default_rng(5)
NOISE = RNG.normal(0, 0.1, (3, 60_000)).astype(np.float32)


def stereo(left, right):
    return AudioBuffer(np.stack([left, right]), 44100)


@pytest.mark.parametrize(
    ("sound", "side", "width"),
    [
        (stereo(NOISE[0], NOISE[0]), 0, 0),
        (stereo(NOISE[0], NOISE[1]), 0, 1),
        (stereo(NOISE[0], 0 * NOISE[0]), 1, 0),
        (stereo(0.5 * NOISE[0], NOISE[0]), -1 / 3, 0),
        (stereo(NOISE[0] + NOISE[2], NOISE[1] + NOISE[2]), 0, 0.5),
        (AudioBuffer(NOISE[:1], 44100), 0, 0),
        (stereo(0 * NOISE[0], 0 * NOISE[0]), 0, 0.5),
    ],
)
def test_side_and_width_are_measured(sound, side, width):
    found = measured_panning(sound)
    assert found.side == pytest.approx(side, abs=0.03)
    assert found.width == pytest.approx(width, abs=0.03)


def test_kinds_start_where_they_belong():
    vocals, bass, other = (default_placement(kind, Panning(0, 0.8)) for kind in ("vocals", "bass", "other"))
    assert vocals.width_deg < STAGE_DEG < other.width_deg
    assert bass.lfe_db > -20
    assert bass.ambience == 0 < vocals.ambience
    assert default_placement("something new").width_deg >= STAGE_DEG


@pytest.mark.parametrize("side", [-1.0, -0.4, 0.3, 0.8, 1.0])
def test_a_stem_that_stands_aside_stays_on_the_stage(side):
    place = default_placement("drums", Panning(side, 0.1))
    assert np.sign(place.azimuth_deg) == np.sign(side)
    assert abs(place.azimuth_deg) + place.width_deg / 2 == pytest.approx(STAGE_DEG / 2, abs=0.1)
