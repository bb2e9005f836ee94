"""Copies of a sound that are no more alike than the walls of a room would make them.

Velvet noise is a sparse sequence of impulses of either sign, one at a random place in each grid step (Karjalainen and
Järveläinen, 2007). Convolved with a few hundredths of a second of it whose impulses fade, a sound keeps its colour and
loses its likeness (Alary, Politis and Välimäki, 2017). The sequences are fixed: the same loudspeaker always has the
same one.

Two sequences tell noise apart, but a single tone meets just one phase of each and may come out alike. So the right
loudspeaker of a pair has the sequence of the left one behind a filter that turns it by a quarter of a turn, ahead in
one octave and behind in the next: tones of nearly every frequency are then uncorrelated, and no delay makes the two
alike.

The copies come a little later than the direct sound, so that the image stays where the direct sound is (Haas, 1951),
and have no bass: waves longer than the sequence cannot be decorrelated by it.
"""

from __future__ import annotations

from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

Filter = NDArray[np.float64]

LATEST_S = 0.110
"""No impulse comes later than this."""

LOWEST_HZ = 180.0
LOWEST_ABOVE_HZ = 600.0
"""Above the ears: nobody hears from what height a low sound comes (Roffler and Butler, 1968)."""

_PREDELAY_S = 0.010
_LENGTH_S = 0.060
_DENSITY_PER_S = 1000.0
_FADE_DB = 15.0

# Of 500 sequences, four whose most alike pair is least alike for white, pink and brown sound and for phrases of tones.
_SEEDS = {"BL": 110, "SL": 88, "TFL": 313, "TBL": 369}

_TURNS_HZ = tuple(300.0 * 2.0**octave for octave in range(6))
_TURN_WIDTH = 0.2  # of its frequency
_EARLY_S, _LATE_S = 0.006, 0.040


def decorrelator(loudspeaker: str, sample_rate: int) -> Filter:
    """Return the impulse response of a loudspeaker that is no front one (its short name): float64, delay included.

    Energy 1 on the left, and 1 within a tenth on the right.
    """
    left = velvet_noise(_SEEDS[loudspeaker.removesuffix("R").removesuffix("L") + "L"], sample_rate)
    if loudspeaker.endswith("L"):
        return left
    return np.convolve(left, _quarter_turns(sample_rate))[round(_EARLY_S * sample_rate) :]


def velvet_noise(seed: int, sample_rate: int) -> Filter:
    """Return the sequence number `seed`: float64, energy 1, with its delay in front."""
    random = np.random.default_rng(seed)
    impulses = round(_LENGTH_S * _DENSITY_PER_S)
    places_s = _PREDELAY_S + (np.arange(impulses) + random.random(impulses)) / _DENSITY_PER_S
    places = np.rint(places_s * sample_rate).astype(np.int64)
    fade = 10 ** (-_FADE_DB / 20 * np.arange(impulses) / impulses)
    signs = random.choice((-1.0, 1.0), impulses)
    noise = np.zeros(int(places[-1]) + 1)
    np.add.at(noise, places, fade * signs)
    return np.asarray(noise / np.linalg.norm(noise))


def _quarter_turns(sample_rate: int) -> Filter:
    """All-pass that turns by a quarter, another half turn farther from one octave to the next.

    Time zero is at ``_EARLY_S``.
    """
    size = 1 << ceil(log2(0.5 * sample_rate))
    hertz = np.fft.rfftfreq(size, 1 / sample_rate)
    phase = np.full(len(hertz), -np.pi / 2)
    for turn_hz in _TURNS_HZ:
        way = np.clip(np.log(np.maximum(hertz, 1.0) / turn_hz) / _TURN_WIDTH + 0.5, 0.0, 1.0)
        phase -= np.pi * (way - np.sin(2 * np.pi * way) / (2 * np.pi))
    taps = np.fft.irfft(np.exp(1j * phase), size)
    early, late = round(_EARLY_S * sample_rate), round(_LATE_S * sample_rate)
    rise, fall = early // 2, late // 2
    fade = np.ones(early + late)
    fade[:rise] = np.hanning(2 * rise)[:rise]
    fade[-fall:] = np.hanning(2 * fall)[fall:]
    return np.concatenate([taps[-early:], taps[:late]]) * fade
