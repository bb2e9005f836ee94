"""Interpolate: magnitudes carried across the selection, phases turned on from either side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import Box, box_of, with_cells
from stemstudio.repair.surroundings import Neighbours, bridged_level, gathered, neighbours, no_surroundings
from stemstudio.spectral.stft import Spectrum

_TURN = np.float32(2 * np.pi)
_REACH = 2
"""Known cells of either side whose magnitude counts."""


class Interpolate:
    """Every cell is bridged from the known cells on either side.

    Along time a bin is one partial: its phase runs from the phase and frequency on one side to those on the other as
    a cubic, with as many turns as make it smoothest (McAulay & Quatieri, 1986, eqs. 30 to 37). Along frequency the
    same is done with the roles changed: the slope of the phase over frequency is the place of an event in time.
    Magnitudes run in decibels. Nothing is taken from the phases inside the selection.
    """

    info = MethodInfo(
        id="interpolate",
        title="Interpolate",
        summary="Bridges the selection from one side to the other: for short noises over held notes, or narrow ones "
        "over hits.",
        params=(
            ParamSpec(
                "direction",
                "choice",
                "time",
                "Bridge",
                "Along time keeps held notes, along frequency keeps hits; both takes each cell from its nearer side.",
                choices=(("time", "Along time"), ("frequency", "Along frequency"), ("both", "Both")),
            ),
        ),
        reference="R. McAulay and T. Quatieri (1986), Speech analysis/synthesis based on a sinusoidal representation.",
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context, reporter
        box = box_of(passage)
        return with_cells(passage, box, _bridged_box(box, str(values["direction"]), passage.sample_rate))


def _bridged_box(box: Box, direction: str, sample_rate: int) -> Spectrum:
    spec, selected = box.spec, box.weights > 0
    frames, bins = np.arange(box.cells.shape[1]), np.arange(spec.bins)
    # Turned so that a partial in the middle of a bin stands still along time, an event in the middle of a frame along
    # frequency.
    overlap = spec.n_fft // spec.hop
    turn = np.exp(-2j * np.pi * np.arange(overlap) / overlap).astype(np.complex64)[(frames[:, None] * bins) % overlap]
    center = np.where(bins % 2, -1, 1).astype(np.float32)
    out, near_time, near_frequency = None, neighbours(box.known.T), neighbours(box.known)
    reachable_in_time, reachable_in_frequency = near_time.any.T, near_frequency.any
    if not (reachable_in_time | reachable_in_frequency)[selected].all():
        raise no_surroundings()
    by_time = reachable_in_time if direction == "time" else ~reachable_in_frequency
    if direction == "both":
        by_time = _distance(near_time).T / spec.n_fft * spec.hop * 4 <= _distance(near_frequency)
    if (selected & by_time).any():
        # Along time each bin stands for itself.
        rows = box.bins_about(0, sample_rate)
        along = (box.cells[:, :, rows] * turn[:, rows]).swapaxes(1, 2)
        known = box.known[:, rows].T
        out = box.cells.copy()
        out[:, :, rows] = bridged(along, known, neighbours(known)).swapaxes(1, 2) * turn[:, rows].conj()
    if (selected & ~by_time).any():
        across = bridged(box.cells * center, box.known, near_frequency) * center
        out = across if out is None else np.where(by_time, out, across)
    return box.cells if out is None else out.astype(np.complex64)


def _distance(near: Neighbours) -> NDArray[np.float64]:
    """Cells to the nearer known neighbour, infinite where there is none."""
    here = np.arange(near.before.shape[1])
    before = np.where(near.has_before, here - near.before, np.inf)
    after = np.where(near.has_after, near.after - here, np.inf)
    return np.minimum(before, after)


def bridged(cells: Spectrum, known: NDArray[np.bool_], near: Neighbours) -> Spectrum:
    """Cells (channels, rows, n) bridged along the last axis from the known ones: magnitude and cubic phase."""
    magnitude = np.sqrt(np.nan_to_num(bridged_level(cells.real**2 + cells.imag**2, known, _REACH)))
    here = np.arange(cells.shape[-1])
    since, until = (here - near.before).astype(np.float32), (near.after - here).astype(np.float32)
    # A slope across the edge of the selection would hear what is selected.
    firm = known[:, 1:] & known[:, :-1]
    both = near.has_before & near.has_after
    out = np.empty_like(cells)
    for channel, row in enumerate(cells):
        phase = np.angle(row)
        step = np.angle(row[:, 1:] * row[:, :-1].conj()) * firm
        start, end = gathered(phase, near.before), gathered(phase, near.after)
        slope = gathered(np.pad(step, ((0, 0), (1, 0))), near.before)
        end_slope = gathered(np.pad(step, ((0, 0), (0, 1))), near.after)
        alone = np.where(near.has_before, start + since * slope, end - until * end_slope)
        angle = np.where(both, _cubic(start, slope, end, end_slope, since, until), alone)
        out[channel].real, out[channel].imag = np.cos(angle), np.sin(angle)
        out[channel] *= magnitude[channel]
    return out


def _cubic(
    phase: NDArray[np.float32],
    slope: NDArray[np.float32],
    end: NDArray[np.float32],
    end_slope: NDArray[np.float32],
    since: NDArray[np.float32],
    until: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Phase between two ends that keeps both phases and slopes and bends least (McAulay & Quatieri, eqs. 34 to 37)."""
    way = np.maximum(since + until, 1)
    turns = np.rint((phase + slope * way - end + (end_slope - slope) * way / 2) / _TURN)
    miss = end + _TURN * turns - phase - slope * way
    bend = 3 * miss / way**2 - (end_slope - slope) / way
    twist = -2 * miss / way**3 + (end_slope - slope) / way**2
    angle: NDArray[np.float32] = phase + since * (slope + since * (bend + since * twist))
    return angle
