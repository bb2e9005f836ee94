from __future__ import annotations

import math

import numpy as np
import pytest

from stemstudio.evaluation.si_sdr import from_inner_products, inner_products, si_measures, si_sdr


@pytest.fixture
def stems():
    # Three signals of one power at right angles, so that every measure is known.
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(2000, 3)))[0].T
    return [row.reshape(2, 1000).astype(np.float32) for row in basis]


@pytest.mark.parametrize("error_db", [-40, -10, 0, 10])
def test_the_ratio_of_two_signals_at_right_angles(stems, error_db):
    estimate = stems[0] + np.float32(10 ** (error_db / 20)) * stems[1]
    assert si_sdr(stems[0], estimate) == pytest.approx(-error_db, abs=1e-3)


def test_gain_and_polarity_do_not_count(stems):
    estimate = stems[0] + 0.1 * stems[1]
    assert si_sdr(stems[0], -7 * estimate) == pytest.approx(20, abs=1e-3)
    assert si_sdr(0.01 * stems[0], estimate) == pytest.approx(20, abs=1e-3)


def test_the_balance_of_the_channels_counts(stems):
    balance = np.array([[1.0], [0.5]], np.float32)
    assert si_sdr(stems[0], stems[0] * balance) < 20


def test_interference_and_artefacts_are_told_apart(stems):
    truth, other, noise = stems
    both = si_measures([truth, other], truth + 0.1 * other + 0.01 * noise, 0)
    assert both.si_sir == pytest.approx(20, abs=1e-3)
    assert both.si_sar == pytest.approx(40, abs=1e-3)
    total = 10 ** (-both.si_sir / 10) + 10 ** (-both.si_sar / 10)
    assert both.si_sdr == pytest.approx(-10 * math.log10(total), abs=1e-6)


def test_products_of_blocks_add_up(stems):
    estimate = stems[0] + 0.3 * stems[1] + 0.2 * stems[2]
    halves = [inner_products([s[:, part] for s in stems], estimate[:, part]) for part in (slice(400), slice(400, None))]
    gram, cross, power = (a + b for a, b in zip(*halves, strict=True))
    assert from_inner_products(gram, cross, power, 1).si_sdr == pytest.approx(si_sdr(stems[1], estimate), abs=1e-6)


def test_ends_of_the_scale(stems):
    silence = np.zeros_like(stems[0])
    assert math.isnan(si_sdr(silence, stems[0]))
    assert math.isnan(si_sdr(stems[0], silence))
    assert si_sdr(stems[0], 3 * stems[0]) == math.inf
    assert si_sdr(stems[0], stems[1]) < -60
