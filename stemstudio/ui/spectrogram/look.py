"""How levels and frequencies are shown, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemstudio.spectral.colours import colour_table, difference_table
from stemstudio.spectral.scales import FrequencyScale


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about the picture that is not sound.

    Parameters
    ----------
    scale : str
        One of `stemstudio.spectral.scales.SCALES`.
    colour_map : str
        One of `stemstudio.spectral.colours.MAPS`.
    high_db : float
        Level of the brightest colour (0 is a full-scale sine).
    range_db : float
        How many decibels below that the darkest colour is.
    gamma : float
        Above 1 darkens the middle.
    tilt_db : float
        Added per octave above 1 kHz, taken off below, since music falls with frequency; the read-out stays true.
    """

    scale: str = "log"
    colour_map: str = "magma"
    high_db: float = -14.0
    range_db: float = 90.0
    gamma: float = 1.8
    tilt_db: float = 4.0

    def axis(self, sample_rate: int) -> FrequencyScale:
        """The full frequency axis of a sound at `sample_rate`."""
        return FrequencyScale.full(self.scale, sample_rate)

    def colours(self) -> NDArray[np.uint32]:
        """Colour of each byte; the same array for the same look."""
        return _table(self.colour_map, self.high_db - self.range_db, self.high_db, self.gamma)

    def difference_colours(self) -> NDArray[np.uint32]:
        """Colours of the difference of two sounds; the same array for the same look."""
        return _difference_table(self.high_db - self.range_db, self.high_db, self.gamma)


_table = lru_cache(maxsize=8)(colour_table)
_difference_table = lru_cache(maxsize=4)(difference_table)
