"""From a place in the room to the gains of loudspeakers.

Each channel of a stem is a virtual source between the two loudspeakers that stand next to its direction: vector base
amplitude panning (Pulkki, 1997, eq. 9), at constant power. Above the ears a second ring of loudspeakers takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from stemstudio.mixing.folddown import matrix
from stemstudio.mixing.layouts import Layout
from stemstudio.mixing.placement import Placement

Gains = NDArray[np.float64]

_UPPER_DEG = 45.0
_LEAST_FRONT = 1e-3


def direct_gains(placement: Placement, layout: Layout) -> Gains:
    """Gains from the two channels of a stem to every loudspeaker, float64 (channels, 2).

    A stem whose channels are equal has the power that it has in stereo, wherever it stands and however narrow it is.
    """
    half = placement.width_deg / 2
    pair = [
        _diverged(_virtual_source(placement.azimuth_deg + offset, placement.elevation_deg, layout), placement, layout)
        for offset in (half, -half)
    ]
    gains = np.stack(pair, axis=1)
    gains *= sqrt(2.0) / float(np.linalg.norm(gains.sum(axis=1)))
    return gains


def kept_gains(gains: Gains, layout: Layout) -> Gains:
    """Gains closest to `gains` whose fold-down is the stem in stereo as it was: ``D G = I``.

    With the fold-down matrix ``D`` of ITU-R BS.775 the solution of least change, measured in the weights ``W``, is
    ``G = G0 + W D' (D W D')^-1 (I - D G0)``. The weights are the powers that `gains` gives each loudspeaker, so what is
    missing or too much is made up for where the stem is heard already; a trace of weight in the front pair carries
    what those cannot, such as the difference of the channels of a stem in the centre loudspeaker. The side on which a
    stem stands in the mix therefore stays; how far back, how high and how wide it stands is free.
    """
    fold = matrix(layout.channels).astype(np.float64)
    power = np.sum(gains**2, axis=1)
    power[[layout.index("FL"), layout.index("FR")]] += _LEAST_FRONT
    weighted = power[:, np.newaxis] * fold.T
    kept: Gains = gains + weighted @ np.linalg.solve(fold @ weighted, np.eye(2) - fold @ gains)
    return kept


def _virtual_source(azimuth_deg: float, elevation_deg: float, layout: Layout) -> Gains:
    gains = np.zeros(layout.channels)
    rise = min(max(elevation_deg / _UPPER_DEG, 0.0), 1.0) * pi / 2 if layout.has_height else 0.0
    _spread(gains, layout.layer(upper=False), layout, azimuth_deg, cos(rise))
    if rise > 0.0:
        upper = layout.layer(upper=True)
        _spread(gains, upper, layout, azimuth_deg, sin(rise))
        overhead = min(max(elevation_deg / _UPPER_DEG - 1.0, 0.0), 1.0)  # straight above, all of them are as near
        ring = list(upper)
        gains[ring] = np.sqrt((1.0 - overhead) * gains[ring] ** 2 + overhead * sin(rise) ** 2 / len(ring))
    return gains


def _spread(gains: Gains, ring: tuple[int, ...], layout: Layout, azimuth_deg: float, amplitude: float) -> None:
    """Add a virtual source of `amplitude` to the two loudspeakers of `ring` next to its direction."""
    for pair in _pairs(layout, ring):
        shares = pair.inverse @ (cos(radians(azimuth_deg)), sin(radians(azimuth_deg)))
        if shares.min() >= -1e-9:
            gains[list(pair.channels)] += amplitude * np.maximum(shares, 0.0) / np.linalg.norm(shares)
            return
    raise ValueError(f"no loudspeakers stand around {azimuth_deg} degrees")


@dataclass(frozen=True, eq=False)
class _Pair:
    channels: tuple[int, int]
    inverse: Gains


@lru_cache(maxsize=16)
def _pairs(layout: Layout, ring: tuple[int, ...]) -> tuple[_Pair, ...]:
    around = sorted(ring, key=lambda channel: layout.loudspeakers[channel].azimuth_deg)
    pairs = []
    for first, second in zip(around, (*around[1:], around[0]), strict=True):
        angles = [radians(layout.loudspeakers[channel].azimuth_deg) for channel in (first, second)]
        base = np.array([[cos(angle) for angle in angles], [sin(angle) for angle in angles]])
        pairs.append(_Pair((first, second), np.linalg.inv(base)))
    return tuple(pairs)


def _diverged(gains: Gains, placement: Placement, layout: Layout) -> Gains:
    """Hand a share of the centre loudspeaker's part to its neighbours, at the same power."""
    centre = layout.index("FC")
    part = gains[centre]
    if part > 0.0 and placement.divergence > 0.0:
        gains[centre] = part * cos(placement.divergence * pi / 2)
        gains[[layout.index("FL"), layout.index("FR")]] += part * sin(placement.divergence * pi / 2) / sqrt(2.0)
        gains /= np.linalg.norm(gains)
    return gains
