"""Copies of a sound that are no more alike than the walls of a room would make them.

Velvet noise is a sparse sequence of impulses of either sign, one at a random place in each grid step (Karjalainen and
Järveläinen, 2007). Convolved with a few hundredths of a second of it whose impulses fade, a sound keeps its colour and
loses its likeness (Alary, Politis and Välimäki, 2017). The sequences are fixed: the same loudspeaker always has the
same one.

The filter comes a little later than the direct sound, so that the image stays where the direct sound is
(Haas, 1951), and has no bass: waves longer than the sequence cannot be decorrelated by it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Filter = NDArray[np.float64]

PREDELAY_S = 0.010
LENGTH_S = 0.060
LOWEST_HZ = 180.0
LOWEST_ABOVE_HZ = 600.0
"""Above the ears: nobody hears from what height a low sound comes (Roffler and Butler, 1968)."""

_DENSITY_PER_S = 1000.0
_FADE_DB = 15.0

# Of 500 sequences, eight whose most alike pair is least alike: they correlate by at most 0.11 for white, pink and brown
# sound, and by at most 0.09 in the mean over phrases of a few tones, the hardest to tell apart.
_SEEDS = {"BL": 110, "BR": 224, "SL": 88, "SR": 42, "TFL": 313, "TFR": 5, "TBL": 369, "TBR": 492}


def velvet_noise(loudspeaker: str, sample_rate: int) -> Filter:
    """Return the sequence of a loudspeaker (its short name): float64, energy 1, with its delay in front."""
    seed = _SEEDS[loudspeaker]
    random = np.random.default_rng(seed)
    impulses = round(LENGTH_S * _DENSITY_PER_S)
    places_s = PREDELAY_S + (np.arange(impulses) + random.random(impulses)) / _DENSITY_PER_S
    places = np.rint(places_s * sample_rate).astype(np.int64)
    fade = 10 ** (-_FADE_DB / 20 * np.arange(impulses) / impulses)
    signs = random.choice((-1.0, 1.0), impulses)
    noise = np.zeros(int(places[-1]) + 1)
    np.add.at(noise, places, fade * signs)
    return np.asarray(noise / np.linalg.norm(noise))
