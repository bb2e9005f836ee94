"""Scale-invariant measures of a separation.

J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey (2019), SDR - half-baked or well done?, ICASSP. The channels of a sound
are one long signal here, with one scale for all of them: a stem whose balance left to right is wrong loses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples


@dataclass(frozen=True, slots=True)
class ScaleInvariant:
    """SI-SDR, SI-SIR and SI-SAR in dB; infinite where there is no error, nan where reference or estimate is silent."""

    si_sdr: float
    si_sir: float
    si_sar: float


def si_sdr(reference: Samples, estimate: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., 2019, eq. 5) of arrays (channels, frames).

    nan if either is silent, inf if the estimate is the reference at any positive or negative gain.
    """
    inner = inner_products([reference], estimate)
    return from_inner_products(*inner, 0).si_sdr


def si_measures(references: Sequence[Samples], estimate: Samples, target: int) -> ScaleInvariant:
    """All three measures of an estimate of ``references[target]``, each array (channels, frames)."""
    return from_inner_products(*inner_products(references, estimate), target)


InnerProducts = tuple[NDArray[np.float64], NDArray[np.float64], float]
"""Of the references with each other (n, n), of the references with the estimate (n,), of the estimate with itself."""


def inner_products(references: Sequence[Samples], estimate: Samples) -> InnerProducts:
    """What the measures need to know of a sound; the products of its parts add up, so a long one may come in blocks."""
    rows = np.stack([reference.reshape(-1) for reference in references]).astype(np.float64)
    guess = estimate.reshape(-1).astype(np.float64)
    return rows @ rows.T, rows @ guess, float(guess @ guess)


def from_inner_products(
    gram: NDArray[np.float64], cross: NDArray[np.float64], power: float, target: int
) -> ScaleInvariant:
    """Measures from `inner_products`; see `si_measures`."""
    if gram[target, target] <= 0 or power <= 0:
        return ScaleInvariant(math.nan, math.nan, math.nan)
    wanted = cross[target] ** 2 / gram[target, target]
    # The estimate's part that the references explain: its projection on the space that they span.
    weights = np.linalg.lstsq(gram, cross, rcond=1e-12)[0]
    explained = min(max(float(weights @ cross), wanted), power)
    floor = 1e-15 * power
    return ScaleInvariant(
        _decibels(wanted, power - wanted, floor),
        _decibels(wanted, explained - wanted, floor),
        _decibels(wanted, power - explained, floor),
    )


def _decibels(wanted: float, error: float, floor: float) -> float:
    if error <= floor:
        return math.inf
    return 10 * math.log10(wanted / error) if wanted > 0 else -math.inf
