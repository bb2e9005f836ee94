from __future__ import annotations

import numpy as np
import pytest

from stemstudio.core.params import resolve
from stemstudio.effects import biquads
from stemstudio.effects.registry import effect

RATE = 48000


def response_db(through, values, hertz, rate=RATE):
    impulse = np.zeros(1 << 16)
    impulse[0] = 1
    spectrum = np.fft.rfft(through("eq", impulse, values, rate=rate)[0])
    return np.interp(hertz, np.fft.rfftfreq(1 << 16, 1 / rate), 20 * np.log10(np.abs(spectrum) + 1e-9))


def analogue_peak_db(hertz, centre_hz, gain_db, q):
    a, s = 10 ** (gain_db / 40), 1j * hertz / centre_hz
    return 20 * np.log10(np.abs((s * s + s * a / q + 1) / (s * s + s / (a * q) + 1)))


@pytest.mark.parametrize("rate", [44100, 96000])
@pytest.mark.parametrize("gain_db", [-12.0, 9.0])
@pytest.mark.parametrize(("centre_hz", "q"), [(100.0, 1.0), (1000.0, 4.0), (8000.0, 0.7), (15000.0, 1.0)])
def test_a_bell_has_the_shape_of_its_analogue_model(through, centre_hz, q, gain_db, rate):
    """The bilinear transform is wrong by several decibels in the top octave; here by a fraction of one."""
    hertz = np.geomspace(30, 18000, 60)
    values = {"peak1_hz": centre_hz, "peak1_db": gain_db, "peak1_q": q}
    error_db = response_db(through, values, hertz, rate) - analogue_peak_db(hertz, centre_hz, gain_db, q)
    assert np.abs(error_db).max() < 0.7


@pytest.mark.parametrize(("band", "low_db", "high_db"), [("low_shelf", 6.0, 0.0), ("high_shelf", 0.0, 6.0)])
def test_a_shelf_lifts_its_side(through, band, low_db, high_db):
    values = {f"{band}_hz": 1000.0, f"{band}_db": 6.0}
    low, middle, high = response_db(through, values, np.array([30.0, 1000.0, 18000.0]))
    assert low == pytest.approx(low_db, abs=0.2)
    assert middle == pytest.approx(3.0, abs=0.2)
    assert high == pytest.approx(high_db, abs=0.3)


def test_the_cuts_fall_by_twelve_decibels_an_octave(through):
    low = response_db(through, {"low_cut_hz": 200.0}, np.array([50.0, 100.0, 200.0, 2000.0]))
    assert low == pytest.approx([-24.1, -12.3, -3.0, 0.0], abs=0.3)
    high = response_db(through, {"high_cut_hz": 2000.0}, np.array([200.0, 2000.0, 4000.0, 8000.0]))
    assert high == pytest.approx([0.0, -3.0, -12.3, -24.1], abs=0.3)


def test_the_picture_is_what_is_heard(through):
    values = {"low_cut_hz": 60.0, "peak2_db": -6.0, "peak4_db": 4.0, "peak4_q": 3.0, "high_shelf_db": 5.0}
    kind = effect("eq")
    curve = kind.curve(resolve(kind.info.params, values), RATE)
    assert curve.kind == "response"
    assert np.abs(response_db(through, values, curve.x) - curve.y).max() < 0.2


def test_boost_and_cut_of_one_bell_undo_each_other(through):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, 20000)
    values = {"peak1_hz": 3000.0, "peak1_db": 10.0, "peak2_hz": 3000.0, "peak2_db": -10.0}
    assert np.abs(through("eq", noise, values)[0] - noise).max() < 5e-3


def test_every_filter_is_stable_at_both_ends():
    for rate in (8000, 44100, 192000):
        for hertz in (20.0, 1000.0, 20000.0):
            sections = [
                biquads.high_pass(hertz, rate),
                biquads.low_pass(hertz, rate),
                *(
                    shape(hertz, gain, rate)
                    for shape in (biquads.low_shelf, biquads.high_shelf)
                    for gain in (-24.0, 24.0)
                ),
                *(biquads.peak(hertz, gain, q, rate) for gain in (-24.0, 24.0) for q in (0.1, 20.0)),
            ]
            for section in sections:
                assert np.isfinite(section).all()
                assert np.abs(np.roots([1, *section[3:]])).max() < 1
