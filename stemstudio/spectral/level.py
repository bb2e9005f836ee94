"""How loud a sound is at one moment and one frequency."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.source import Source
from stemstudio.spectral import decibels
from stemstudio.spectral.stft import StftSpec
from stemstudio.spectral.transforms import hann


def level_at(source: Source, frame: float, hertz: float, n_fft_at_44100: int = 4096) -> float:
    """Level in decibels of one Hann frame around a place, at exactly `hertz`; 0 is a full-scale sine.

    Powers of channels add up. At least `decibels.FLOOR_DB`.
    """
    n_fft = StftSpec.at_rate(source.sample_rate, n_fft_at_44100).n_fft
    samples = source.read(round(frame) - n_fft // 2, n_fft)
    turn = np.exp(-2j * np.pi * hertz / source.sample_rate * np.arange(n_fft)) * hann(n_fft) * (4 / n_fft)
    power = float(np.sum(np.abs(samples @ turn) ** 2))
    return max(10 * math.log10(power), decibels.FLOOR_DB) if power > 0 else decibels.FLOOR_DB
