"""One pass over the spectra of stems to the sums over bands that training needs (see `mixing`)."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, fastmath=True, nogil=True)
def band_sums(
    spectra: np.ndarray, deal: np.ndarray, gain: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mix stems and sum over bands.

    Parameters
    ----------
    spectra : ndarray
        Middle and sides of every stem, complex64 (items, stems, 2, frames, bins).
    deal : ndarray
        From which item of `spectra` each stem of each mixture comes, int64 (items, stems).
    gain : ndarray
        Gain of each stem by bin, float32 (items, stems, bins).
    edges : ndarray
        First bin of each band and the end.

    Returns
    -------
    energy of middle and sides of the mixture (items, 2, frames, bands), of its left and right (items, 2, frames,
    bands), products of mixture and stem (items, stems, 2, frames, bands), energy of the stems (items, stems, frames)
    """
    items, stems, _, frames, _ = spectra.shape
    bands = edges.size - 1
    mixed = np.zeros((items, 2, frames, bands), np.float32)
    sides = np.zeros((items, 2, frames, bands), np.float32)
    cross = np.zeros((items, stems, 2, frames, bands), np.float32)
    energy = np.zeros((items, stems, frames), np.float32)
    part = np.zeros((stems, 2), np.complex64)
    product = np.zeros((stems, 2), np.float32)
    for item in range(items):
        for frame in range(frames):
            for band in range(bands):
                product[:] = 0
                middle_power, side_power, left_power, right_power = (
                    np.float32(0),
                    np.float32(0),
                    np.float32(0),
                    np.float32(0),
                )
                for bin_ in range(edges[band], edges[band + 1]):
                    middle, side = np.complex64(0), np.complex64(0)
                    for stem in range(stems):
                        source, scale = deal[item, stem], gain[item, stem, bin_]
                        part[stem, 0] = spectra[source, stem, 0, frame, bin_] * scale
                        part[stem, 1] = spectra[source, stem, 1, frame, bin_] * scale
                        middle += part[stem, 0]
                        side += part[stem, 1]
                    for stem in range(stems):
                        a, b = part[stem, 0], part[stem, 1]
                        product[stem, 0] += middle.real * a.real + middle.imag * a.imag
                        product[stem, 1] += side.real * b.real + side.imag * b.imag
                        energy[item, stem, frame] += (
                            a.real * a.real + a.imag * a.imag + b.real * b.real + b.imag * b.imag
                        )
                    m, s = middle.real**2 + middle.imag**2, side.real**2 + side.imag**2
                    across = middle.real * side.real + middle.imag * side.imag
                    middle_power += m
                    side_power += s
                    left_power += np.float32(0.5) * (m + s) + across
                    right_power += np.float32(0.5) * (m + s) - across
                mixed[item, 0, frame, band], mixed[item, 1, frame, band] = middle_power, side_power
                sides[item, 0, frame, band], sides[item, 1, frame, band] = left_power, right_power
                for stem in range(stems):
                    cross[item, stem, 0, frame, band], cross[item, stem, 1, frame, band] = (
                        product[stem, 0],
                        product[stem, 1],
                    )
    return mixed, sides, cross, energy
