"""Ways to make another recording out of a recording, cheap enough to run while training."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples


def vary_speed(samples: Samples, speed: float, frames: int) -> Samples:
    """Play faster and higher (`speed` > 1) or slower and lower, as a tape would: (2, frames), interpolated linearly."""
    at = np.arange(frames, dtype=np.float64) * speed
    index = np.minimum(at.astype(np.int64), samples.shape[1] - 2)
    part = (at - index).astype(np.float32)
    low = samples[:, index]
    out: Samples = low + (samples[:, index + 1] - low) * part
    return out


def place(rng: np.random.Generator, samples: Samples) -> Samples:
    """Draw sides swapped, polarity, a narrower width and a balance."""
    if rng.random() < 0.5:
        samples = samples[::-1]
    if rng.random() < 0.25:
        width = np.float32(rng.uniform(0.0, 0.8))
        middle = samples.mean(0, keepdims=True)
        samples = middle + (samples - middle) * width
    if rng.random() < 0.35:
        balance = rng.uniform(-1, 1) * 0.8
        samples = samples * np.array([[min(1, 1 - balance)], [min(1, 1 + balance)]], np.float32)
    return samples * np.float32(rng.choice([-1, 1]))


def drive(rng: np.random.Generator, samples: Samples) -> Samples:
    """Bend the waveform as an amplifier or a tape does, by a drawn amount; the loudest sample keeps its level."""
    peak = np.float32(max(float(np.abs(samples).max()), 1e-6))
    amount = np.float32(rng.uniform(0.8, 4.0))
    bent: Samples = np.tanh(samples / peak * amount) * (peak / np.tanh(amount))
    return bent


def equaliser(rng: np.random.Generator, bins: int, rate: float = 44100.0) -> Samples:
    """Draw a smooth gain for each bin of a spectrum: float32 (bins,), within 9 dB, sometimes with a steep end."""
    knots_hz = np.array([30, 100, 250, 600, 1500, 4000, 9000, 20000.0])
    frequency = np.maximum(np.arange(bins) * rate / 2 / (bins - 1), 20.0)
    curve_db = np.interp(np.log(frequency), np.log(knots_hz), rng.normal(0, 3.0, knots_hz.size).clip(-9, 9))
    if rng.random() < 0.12:
        end_hz = rng.uniform(7000, 16000)
        curve_db -= np.clip((frequency - end_hz) / end_hz, 0, 1) * 400
    curve: Samples = (10 ** (np.maximum(curve_db, -80) / 20)).astype(np.float32)
    return curve


def rms(samples: Samples) -> float:
    """Root mean square of all samples."""
    return float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0
