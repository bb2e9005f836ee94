import itertools

import numpy as np
import pytest

from stemstudio.mixing.crossover import HALF_LENGTH_S, LFE_HZ, high_pass, low_pass
from stemstudio.mixing.decorrelation import LATEST_S, LOWEST_ABOVE_HZ, LOWEST_HZ, decorrelator, velvet_noise
from stemstudio.mixing.layouts import LAYOUTS

NAMES = [LAYOUTS["7.1.4"].names[channel] for channel in LAYOUTS["7.1.4"].surrounds]


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("slope", [0, 1, 2])
def test_copies_of_white_pink_and_brown_sound_are_unlike(rate, slope):
    hertz = np.fft.rfftfreq(1 << 16, 1 / rate)[1:]
    spectra = {}
    for name in NAMES:
        lowest = LOWEST_ABOVE_HZ if name.startswith("T") else LOWEST_HZ
        colour = np.where(hertz > lowest, hertz ** (-slope / 2), 0)
        spectra[name] = np.fft.rfft(decorrelator(name, rate), 1 << 16)[1:] * colour
    for one, other in itertools.combinations(spectra.values(), 2):
        alike = np.real(np.vdot(one, other)) / (np.linalg.norm(one) * np.linalg.norm(other))
        assert abs(alike) < 0.2


@pytest.mark.parametrize("left", ["BL", "SL", "TFL", "TBL"])
def test_a_tone_comes_out_unlike_on_either_side(left):
    tones = np.geomspace(200, 12_000, 400)
    turns = np.exp(-2j * np.pi * tones[:, np.newaxis] * np.arange(6000) / 44100)
    one, other = (
        turns[:, : len(taps)] @ taps for taps in (decorrelator(left, 44100), decorrelator(left[:-1] + "R", 44100))
    )
    alike = np.real(one * other.conj()) / np.maximum(np.abs(one * other), 1e-12)
    assert np.mean(np.abs(alike) < 0.3) > 0.8
    assert abs(np.mean(alike)) < 0.05


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_copies_come_after_the_direct_sound_and_have_its_energy(rate):
    for name in NAMES:
        taps = decorrelator(name, rate)
        energy = np.cumsum(taps**2)
        assert energy[-1] == pytest.approx(1, abs=0.1)
        assert energy[round(0.008 * rate)] < 0.01
        assert len(taps) <= LATEST_S * rate
        assert np.array_equal(taps, decorrelator(name, rate))


def test_velvet_noise_is_sparse():
    noise = velvet_noise(7, 44100)
    assert np.sum(noise**2) == pytest.approx(1)
    assert np.count_nonzero(noise) <= 60
    assert set(np.sign(noise)) == {-1, 0, 1}


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_the_crossover_is_symmetric_and_its_legs_add_up(rate):
    low, high = low_pass(LFE_HZ, rate), high_pass(LFE_HZ, rate)
    assert len(low) == 2 * round(HALF_LENGTH_S * rate) + 1
    assert np.array_equal(low, low[::-1])
    impulse = np.zeros(len(low))
    impulse[len(low) // 2] = 1
    assert low + high == pytest.approx(impulse)


def test_the_crossover_parts_where_it_should():
    taps = low_pass(LFE_HZ, 48000)
    t = np.arange(len(taps)) - len(taps) // 2
    level_db = {
        hertz: 20 * np.log10(abs(np.sum(taps * np.exp(-2j * np.pi * hertz * t / 48000))))
        for hertz in (20, 70, 120, 200)
    }
    assert level_db[20] == pytest.approx(0, abs=0.01)
    assert level_db[70] == pytest.approx(0, abs=0.5)
    assert level_db[120] == pytest.approx(-6, abs=0.3)
    assert level_db[200] < -60
