from __future__ import annotations

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from stemstudio.audio.loudness import true_peak_dbtp
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.params import resolve
from stemstudio.effects.registry import effect

RATE = 48000


def oversampled_db(samples):
    """True peak as another program would measure it: four times the rate through scipy's filter."""
    return 20 * np.log10(np.abs(resample_poly(samples.astype(np.float64), 4, 1, axis=1)).max())


def between_samples():
    """Tones whose crests fall between the samples, alone and beating."""
    n = np.arange(3 * RATE)
    quarter = np.sin(np.pi / 2 * n + np.pi / 4)
    return np.stack(
        [quarter, 0.7 * np.sin(2 * np.pi * 11025 / RATE * n + 1) + 0.3 * np.sin(2 * np.pi * 997 / RATE * n)]
    )


def hits():
    rng = np.random.default_rng(0)
    t = np.arange(3 * RATE) / RATE
    return np.stack([np.exp(-60 * (t % 0.2)) * rng.normal(0, 0.6, len(t)), (rng.random(len(t)) < 0.001) * 1.0])


def square():
    t = np.arange(3 * RATE) / RATE
    return np.sign(np.sin(2 * np.pi * np.array([[997], [61]]) * t))


@pytest.mark.parametrize("material", [between_samples, hits, square])
@pytest.mark.parametrize(
    ("input_db", "lookahead_ms", "release_ms"), [(0, 3, 80), (12, 3, 80), (24, 0.5, 5), (12, 10, 400)]
)
def test_no_true_peak_is_above_the_ceiling(through, material, input_db, lookahead_ms, release_ms):
    values = {"ceiling_db": -1.0, "input_db": input_db, "lookahead_ms": lookahead_ms, "release_ms": release_ms}
    out = through("limiter", material(), values)
    assert true_peak_dbtp(AudioBuffer(out, RATE)) <= -1.0
    assert oversampled_db(out) <= -1.0
    assert true_peak_dbtp(AudioBuffer(out, RATE)) > -1.5, "it takes more than it has to"


@pytest.mark.parametrize("name", ["mixture", "drums"])
@pytest.mark.parametrize("ceiling_db", [-1.0, -9.0])
def test_nor_in_music(through, demo_folder, name, ceiling_db):
    samples, rate = soundfile.read(demo_folder / f"{name}.flac", dtype="float32", frames=600_000)
    out = through("limiter", samples.T, {"ceiling_db": ceiling_db, "input_db": 15.0}, rate=rate)
    assert ceiling_db - 0.3 < true_peak_dbtp(AudioBuffer(out, rate)) <= ceiling_db
    assert oversampled_db(out) <= ceiling_db


def test_full_scale_noise_is_held_too(through):
    noise = np.sign(np.random.default_rng(1).normal(size=(2, 2 * RATE)))
    out = through("limiter", noise, {"input_db": 24.0, "lookahead_ms": 0.5, "release_ms": 5.0})
    assert true_peak_dbtp(AudioBuffer(out, RATE)) <= -1.0


def test_what_is_below_the_ceiling_is_left_alone(through):
    samples = (0.5 * between_samples()).astype(np.float32)
    assert np.array_equal(through("limiter", samples), samples)


def test_both_sides_are_turned_down_alike(through):
    t = np.arange(RATE) / RATE
    samples = np.stack([2 * np.sin(2 * np.pi * 440 * t), 0.1 * np.sin(2 * np.pi * 300 * t)])
    out = through("limiter", samples)
    assert 20 * np.log10(np.abs(out[1, RATE // 2 :]).max() / 0.1) == pytest.approx(-7.1, abs=0.2)


def test_it_lets_go_in_its_time(through):
    t = np.arange(2 * RATE) / RATE
    samples = np.sin(2 * np.pi * 1000 * t) * np.where(t < 1, 4.0, 0.5)
    gains = {}
    for release_ms in (50, 200):
        out = through("limiter", samples, {"release_ms": release_ms})[0]
        after = slice(RATE + round(release_ms / 1000 * RATE), RATE + round(release_ms / 1000 * RATE) + 96)
        gains[release_ms] = 20 * np.log10(np.abs(out[after]).max() / 0.5)
    held_db = -1.15 - 20 * np.log10(4)
    for gain in gains.values():
        assert gain == pytest.approx(held_db * np.exp(-1), abs=0.7)


def test_its_picture_ends_at_the_ceiling():
    kind = effect("limiter")
    curve = kind.curve(resolve(kind.info.params, {"ceiling_db": -3.0, "input_db": 6.0}), RATE)
    assert curve.y.max() == -3.0
    assert curve.y[0] == pytest.approx(curve.x[0] + 6)
