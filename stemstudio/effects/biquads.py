"""Second-order filters that keep the shape of their analogue models up to the Nyquist frequency.

The bilinear transform squeezes the top octave. Here the poles are those of the analogue filter (impulse invariance), as
in Vicanek (2016), "Matched Second Order Digital Filters"; the zeros, which he places by the magnitude at three
frequencies, are those that come nearest to it at a hundred, by least squares. The models are those of Bristow-Johnson's
"Cookbook formulae for audio equalizer biquad filter coefficients" (2005).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.effects.effect import Real

Section = tuple[float, float, float, float, float]
"""b0, b1, b2, a1, a2 with a0 = 1."""
_Polynomial = tuple[float, float, float]  # of s over the filter's frequency, highest power first

_BUTTERWORTH_Q = math.sqrt(0.5)
_HIGHEST = 0.49  # of the sample rate: a filter at the Nyquist frequency itself has no shape left


def peak(frequency_hz: float, gain_db: float, q: float, sample_rate: int) -> Section:
    """Bell around `frequency_hz`; boost and cut mirror each other."""
    a = 10 ** (gain_db / 40)
    return _matched((1, a / q, 1), (1, 1 / (a * q), 1), frequency_hz, sample_rate)


def low_shelf(frequency_hz: float, gain_db: float, sample_rate: int, q: float = _BUTTERWORTH_Q) -> Section:
    """Shelf below `frequency_hz`, where it has half its gain in dB."""
    a = 10 ** (gain_db / 40)
    root = math.sqrt(a) / q
    return _matched((a, a * root, a * a), (a, root, 1), frequency_hz, sample_rate)


def high_shelf(frequency_hz: float, gain_db: float, sample_rate: int, q: float = _BUTTERWORTH_Q) -> Section:
    """Shelf above `frequency_hz`, where it has half its gain in dB."""
    a = 10 ** (gain_db / 40)
    root = math.sqrt(a) / q
    return _matched((a * a, a * root, a), (1, root, a), frequency_hz, sample_rate)


def high_pass(frequency_hz: float, sample_rate: int, q: float = _BUTTERWORTH_Q) -> Section:
    """12 dB per octave below `frequency_hz`."""
    return _matched((1, 0, 0), (1, 1 / q, 1), frequency_hz, sample_rate)


def low_pass(frequency_hz: float, sample_rate: int, q: float = _BUTTERWORTH_Q) -> Section:
    """12 dB per octave above `frequency_hz`."""
    return _matched((0, 0, 1), (1, 1 / q, 1), frequency_hz, sample_rate)


def response_db(sections: Sequence[Section], hertz: Real, sample_rate: int) -> Real:
    """Magnitude of all `sections` in a row at the frequencies `hertz`, in dB."""
    z = np.exp(-2j * np.pi * hertz / sample_rate)
    total = np.zeros(len(hertz))
    for b0, b1, b2, a1, a2 in sections:
        ratio = np.abs(b0 + z * (b1 + z * b2)) / np.abs(1 + z * (a1 + z * a2))
        total += 20 * np.log10(np.maximum(ratio, 1e-10))
    return total


def fading_s(sections: Sequence[Section], sample_rate: int) -> float:
    """Time in which the slowest section's ringing falls by a factor of e."""
    radii = [float(np.abs(np.roots([1, a1, a2])).max(initial=0.0)) for *_, a1, a2 in sections]
    return max((-1 / (sample_rate * math.log(max(radius, 1e-9))) for radius in radii), default=0.0)


class Biquads:
    """Sections in a row on one stream; the number of channels is that of the first block."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._sections = np.array(sections, np.float64).reshape(-1, 5)
        self._state: Real | None = None

    def process(self, block: Samples) -> Samples:
        """Filter float32 (channels, n) into a new array."""
        from stemstudio.effects.kernels.biquads import run_sections

        if self._state is None:
            self._state = np.zeros((block.shape[0], len(self._sections), 2))
        return run_sections(block, self._sections, self._state)

    def reset(self) -> None:
        """Forget all."""
        self._state = None


def _matched(above: _Polynomial, below: _Polynomial, frequency_hz: float, sample_rate: int) -> Section:
    """Digital section whose magnitude is that of ``above(s) / below(s)`` with s in units of `frequency_hz`."""
    w0 = 2 * math.pi * min(frequency_hz / sample_rate, _HIGHEST)
    poles = np.exp(np.roots(below) * w0)
    a1, a2 = -float(poles.sum().real), float(poles.prod().real)
    # Squared magnitudes are linear in these three functions of the frequency (Vicanek, eq. 15).
    w = np.concatenate([np.linspace(0, math.pi, 65)[1:-1], w0 * np.geomspace(1e-3, 1, 40)])
    one = np.sin(w / 2) ** 2
    zero, two = 1 - one, 4 * one * (1 - one)
    wanted = ((1 + a1 + a2) ** 2 * zero + (1 - a1 + a2) ** 2 * one - 4 * a2 * two) * _power(above, below, w / w0)
    low = (1 + a1 + a2) * above[2] / below[2]
    weight = 1 / (wanted + 1e-12 * wanted.max())
    rest = np.stack([one, two], axis=1) * weight[:, None]
    nyquist, curvature = np.linalg.lstsq(rest, (wanted - low**2 * zero) * weight, rcond=None)[0]
    high = math.sqrt(max(nyquist, 0.0))
    width = (low + high) / 2
    b0 = (width + math.sqrt(max(width**2 + curvature, 0.0))) / 2
    b2 = -curvature / (4 * b0) if b0 else 0.0
    return float(b0), float((low - high) / 2), float(b2), a1, a2


def _power(above: _Polynomial, below: _Polynomial, ratio: Real) -> Real:
    """Squared magnitude of ``above / below`` at `ratio` times the filter's frequency."""
    s = 1j * ratio
    return np.asarray(np.abs(np.polyval(above, s) / np.polyval(below, s)) ** 2)
