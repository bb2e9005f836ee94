import numpy as np
import pytest

from stemstudio.mixing.folddown import matrix
from stemstudio.mixing.layouts import LAYOUTS
from stemstudio.mixing.panning import direct_gains, kept_gains
from stemstudio.mixing.placement import Placement

CASES = [(name, seed) for name in LAYOUTS for seed in range(12)]


def place(seed):
    random = np.random.default_rng(seed)
    azimuth, width = random.uniform(-180, 180), random.choice([0, 60, random.uniform(0, 360)])
    return Placement(float(azimuth), float(width), float(random.uniform(0, 90)), divergence=float(random.random()))


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_a_mono_stem_keeps_the_power_it_has_in_stereo(name, seed):
    gains = direct_gains(place(seed), LAYOUTS[name])
    assert np.sum(gains.sum(axis=1) ** 2) == pytest.approx(2)
    assert gains[LAYOUTS[name].index("LFE")].tolist() == [0, 0]
    assert gains.min() >= 0


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_stage_of_stereo_is_the_front_pair(name):
    gains = direct_gains(Placement(), LAYOUTS[name])
    assert gains[:2] == pytest.approx(np.eye(2))
    assert np.abs(gains[2:]).max() < 1e-9


@pytest.mark.parametrize("each", [each for each in LAYOUTS["7.1.4"].loudspeakers if not each.low_frequency])
def test_the_direction_of_a_loudspeaker_is_that_loudspeaker(each):
    gains = direct_gains(Placement(each.azimuth_deg, 0.0, each.elevation_deg), LAYOUTS["7.1.4"])
    assert np.argmax(gains[:, 0]) == LAYOUTS["7.1.4"].index(each.name)
    assert np.sort(gains[:, 0])[-2] < 1e-9


def test_between_two_loudspeakers_the_tangents_are_in_proportion():
    gains = direct_gains(Placement(15.0, 0.0), LAYOUTS["5.1"])
    left, centre = gains[0, 0], gains[2, 0]
    assert left == pytest.approx(centre)
    assert direct_gains(Placement(180.0, 0.0), LAYOUTS["5.1"])[4:, 0] == pytest.approx([0.5, 0.5])


def test_divergence_hands_the_centre_to_its_neighbours():
    powers = [direct_gains(Placement(0, 0, divergence=each), LAYOUTS["5.1"])[:3, 0] ** 2 for each in (0, 0.5, 1)]
    assert powers[0] == pytest.approx([0, 0, 0.5])
    assert powers[1] == pytest.approx([0.125, 0.125, 0.25])
    assert powers[2] == pytest.approx([0.25, 0.25, 0])


def test_overhead_all_upper_loudspeakers_are_as_loud():
    gains = direct_gains(Placement(20.0, 10.0, 90.0), LAYOUTS["7.1.4"])
    assert gains[8:, 0] == pytest.approx(gains[8, 0])
    assert gains[:8].max() < 1e-9


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_kept_gains_fold_down_to_the_stem_itself(name, seed):
    gains = kept_gains(direct_gains(place(seed), LAYOUTS[name]), LAYOUTS[name])
    assert matrix(LAYOUTS[name].channels).astype(float) @ gains == pytest.approx(np.eye(2), abs=1e-9)
    assert np.abs(gains).max() < 3


def test_what_stands_behind_stays_behind_though_it_is_kept():
    gains = kept_gains(direct_gains(Placement(180.0, 140.0), LAYOUTS["5.1"]), LAYOUTS["5.1"])
    assert gains[4:] == pytest.approx(np.sqrt(2) * np.eye(2), abs=0.01)
    assert np.abs(gains[:4]).max() < 0.01


def test_a_voice_in_the_middle_stands_in_the_centre_though_it_is_kept():
    voice = kept_gains(direct_gains(Placement(0.0, 0.0), LAYOUTS["5.1"]), LAYOUTS["5.1"]).sum(axis=1)
    assert voice == pytest.approx([0, 0, np.sqrt(2), 0, 0, 0], abs=0.01)
