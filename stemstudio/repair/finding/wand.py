"""The magic wand: what is about as loud as the place that was clicked."""

from __future__ import annotations

import math

import numpy as np

from stemstudio.core.source import Source
from stemstudio.repair.extent import Extent
from stemstudio.repair.selection import Selection
from stemstudio.spectral.stft import StftSpec, spectrum_of

_REACH_S = 3.0
_LONGEST_S = 60.0
_FLOOR = 1e-12


def magic_wand(
    source: Source,
    frame: float,
    hertz: float,
    tolerance_db: float = 12.0,
    contiguous: bool = True,
    within: Extent | None = None,
) -> Selection:
    """Select the cells of a spectrum whose level is like that at a place.

    Levels are powers of all channels, averaged over three by three cells: a person points at a patch of noise or a
    ridge, not at one bin of it.

    Parameters
    ----------
    source : Source
    frame, hertz : float
        Where it was clicked; the strongest of the cells that touch that one gives the level.
    tolerance_db : float
        How much louder or softer a cell may be.
    contiguous : bool
        Only what hangs together with the clicked cell, corners included, rather than all in reach.
    within : Extent, optional
        Where to look: at most 30 s to either side of the click. Without it, 3 s to either side.

    Returns
    -------
    Selection
        Empty if the click lies outside the sound.
    """
    rate = source.sample_rate
    spec = StftSpec.at_rate(rate, 2048)
    reach = round((_LONGEST_S / 2 if within else _REACH_S) * rate)
    around = Extent(round(frame) - reach, round(frame) + reach, 0.0, rate / 2)
    around = around.overlap(within or around).overlap(Extent(0, source.frames, 0.0, rate / 2))
    if around.is_empty or not (around.first <= frame < around.last and around.low_hz <= hertz <= around.high_hz):
        return Selection(rate)
    step_hz = rate / spec.n_fft
    first, last = math.ceil(around.first / spec.hop), math.ceil(around.last / spec.hop)
    low, high = math.ceil(around.low_hz / step_hz), math.floor(around.high_hz / step_hz) + 1
    if first >= last or low >= high:
        return Selection(rate)
    column = min(max(round(frame / spec.hop) - first, 0), last - first - 1)
    row = min(max(round(hertz / step_hz) - low, 0), high - low - 1)
    like = _like(source, spec, slice(first, last), slice(low, high), row, column, tolerance_db)
    if contiguous:
        like = _hanging_together(like, row, column)
    return Selection.cells(rate, like, first * spec.hop, spec.hop, low * step_hz, step_hz)


def _like(
    source: Source, spec: StftSpec, columns: slice, rows: slice, row: int, column: int, tolerance_db: float
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Cells (rows, columns) as loud as the strongest around (row, column)."""
    from scipy.ndimage import uniform_filter

    spectrum = spectrum_of(source, spec, columns.start, columns.stop)[:, :, rows]
    power = np.square(spectrum.real).sum(axis=0) + np.square(spectrum.imag).sum(axis=0)
    power = np.maximum(uniform_filter(power, 3, mode="nearest").T, _FLOOR)
    near = power[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].max()
    factor = 10 ** (tolerance_db / 10)
    like = (power >= near / factor) & (power <= near * factor)
    # So that a click always selects something: the clicked cell may be softer than its neighbour by more than allowed.
    like[row, column] = True
    return np.asarray(like)


def _hanging_together(
    like: np.ndarray[tuple[int, int], np.dtype[np.bool_]], row: int, column: int
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    from scipy.ndimage import label

    labels, _ = label(like, np.ones((3, 3)))
    return np.asarray(labels == labels[row, column])
