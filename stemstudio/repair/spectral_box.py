"""The selected passage as cells of a spectrogram, and the way back that changes nothing outside the selection.

A method turns the cells X into cells Y; what is heard is ``x + istft(W (Y - X))`` with the selection's weights W.
Where W is 0 in every frame that covers a sample, the sample keeps its value; where W is 1 in all of them, it is Y's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.repair.method import Passage
from stemstudio.spectral.stft import OverlapAdd, Spectrum, StftSpec, spectrum_of

Cells = NDArray[np.float32]
"""float32 of shape (frames, bins), or (channels, frames, bins)."""

LONGEST_WINDOW = 4096
"""Samples at 44.1 kHz of the longest frame that any method uses to write; see `reach_samples`."""
_SHORTEST_WINDOW = 256
_FADE_S = 0.0015
_ROUNDING = 1e-9


def reach_samples(sample_rate: int) -> int:
    """How far outside the selection a repair may change the sound: half of the longest window, and half a step.

    A selection that is shorter than a step may lie between two frames, that far from the nearer one.
    """
    spec = StftSpec.at_rate(sample_rate, LONGEST_WINDOW)
    return spec.n_fft // 2 + spec.hop // 2


def fade_samples(sample_rate: int) -> int:
    """Odd number of samples that make half of the 3 ms over which a selection of all frequencies fades."""
    return max(round(_FADE_S * sample_rate), 2) | 1


def spec_for(passage: Passage) -> StftSpec:
    """Frames that resolve the selection: 2048 samples at 44.1 kHz, shorter for a short one, longer for a narrow one."""
    extent, rate = passage.selection.extent, passage.sample_rate
    seconds = (passage.last - passage.first) / rate
    band_hz = min(extent.high_hz, rate / 2) - max(extent.low_hz, 0.0)
    longest = 2048 if band_hz > 4 * 44100 / 2048 else LONGEST_WINDOW
    wanted = 2 * seconds * 44100
    n_fft = min(max(2 ** math.ceil(math.log2(max(wanted, 1))), _SHORTEST_WINDOW), longest)
    # A frame must tell the band from its neighbours, even where it lasts longer than the selection.
    needed = 2 ** math.ceil(math.log2(2 * 44100 / max(band_hz, 1.0)))
    return StftSpec.at_rate(rate, max(n_fft, min(needed, longest)))


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A passage on a grid of frames and bins.

    Parameters
    ----------
    spec : StftSpec
    cells : Spectrum
        complex64 (channels, frames, bins); frame t is centred on sample ``t * hop`` of the passage.
    weights : Cells
        (frames, bins), 0..1: how far a cell is selected.
    known : ndarray of bool
        (frames, bins): cells that hear nothing of what is selected; only they may be learned from.
    """

    spec: StftSpec
    cells: Spectrum
    weights: Cells
    known: NDArray[np.bool_]

    def bins_about(self, width_hz: float, sample_rate: int) -> slice:
        """Bins that hear what is selected, and so many hertz of others on either side."""
        bins = np.flatnonzero(~self.known.all(axis=0))
        if not len(bins):
            return slice(0, 0)
        width = math.ceil(width_hz * self.spec.n_fft / sample_rate)
        return slice(max(int(bins[0]) - width, 0), int(bins[-1]) + width + 1)


def box_of(passage: Passage, spec: StftSpec | None = None) -> Box:
    """Put `passage` on the grid of `spec` (`spec_for` if none is given)."""
    spec = spec or spec_for(passage)
    frames = spec.frames(passage.samples.shape[1])
    cells = spectrum_of(AudioBuffer(passage.samples, passage.sample_rate), spec, 0, frames)
    weights = cell_weights(passage, spec)
    return Box(spec, cells, weights, ~_spread(weights > 0))


def with_cells(passage: Passage, box: Box, wanted: Spectrum) -> Samples:
    """Return the passage in which the selected cells are as `wanted` (shape of ``box.cells``) has them.

    A selection of all frequencies is joined sample by sample, so that nothing of it stays in the frames at its edges;
    `wanted` then counts wherever a cell is not ``known``.
    """
    weights = whole_band_weights(passage)
    if weights is None:
        return _added(passage, box.spec, box.weights * (wanted - box.cells))
    mended = _added(passage, box.spec, np.where(box.known, 0, wanted - box.cells).astype(np.complex64))
    return passage.samples + weights * (mended - passage.samples)


def with_samples(passage: Passage, wanted: Samples) -> Samples:
    """Return the passage in which the selection is as `wanted` (float, shape of the passage) has it.

    A selection of all frequencies is joined sample by sample, any other as cells.
    """
    difference = (wanted - passage.samples).astype(np.float32)
    spec = spec_for(passage)
    weights = whole_band_weights(passage)
    if weights is not None:
        return passage.samples + weights * difference
    cells = spectrum_of(AudioBuffer(difference, passage.sample_rate), spec, 0, spec.frames(difference.shape[1]))
    return _added(passage, spec, cells * cell_weights(passage, spec))


def whole_band_weights(passage: Passage) -> NDArray[np.float32] | None:
    """Weight of each sample, float32 (n,), where the selection is the same at all frequencies, or None.

    Hard edges are faded over twice `fade_samples` outside of the selection, so that all of it is replaced.
    """
    weights = _sample_weights(passage)
    return None if weights is None else _faded(weights, fade_samples(passage.sample_rate))


def _sample_weights(passage: Passage) -> NDArray[np.float32] | None:
    extent, nyquist = passage.selection.extent, passage.sample_rate / 2
    if extent.low_hz > 0 or extent.high_hz < nyquist:
        return None
    frames = passage.start + np.arange(passage.samples.shape[1], dtype=np.float64)
    hertz = np.linspace(0, nyquist * 0.999, 9)
    if np.ptp(passage.selection.weights(frames[:: max(1, len(frames) // 500)], hertz), axis=0).max(initial=0) > 0:
        return None
    inside = slice(passage.first, passage.last)
    weights = np.zeros(len(frames), np.float32)
    weights[inside] = passage.selection.weights(frames[inside], hertz[4:5])[0]
    return weights


def _faded(weights: NDArray[np.float32], fade: int) -> NDArray[np.float32]:
    from scipy.ndimage import maximum_filter1d, uniform_filter1d

    wide = maximum_filter1d(weights, 2 * fade + 1, mode="nearest")
    # Two running means make a ramp that is smooth at both ends, in time that does not grow with its length.
    once = uniform_filter1d(wide, fade, mode="nearest", output=np.float64)
    faded = uniform_filter1d(once, fade, mode="nearest")
    return np.clip(np.where(faded < _ROUNDING, 0, faded), 0, 1).astype(np.float32)


def gaps(passage: Passage) -> list[tuple[int, int]]:
    """Runs of samples of the passage in which anything is selected: pairs of the first and the one after the last."""
    weights = _sample_weights(passage)
    if weights is None:
        spec = spec_for(passage)
        frames = np.repeat(cell_weights(passage, spec).any(axis=1), spec.hop)
        # A frame stands for the samples around its middle.
        busy = frames[spec.hop // 2 :][: passage.samples.shape[1]]
    else:
        busy = weights > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], busy.astype(np.int8), [0]])))
    return [(int(first), min(int(last), passage.samples.shape[1])) for first, last in edges.reshape(-1, 2)]


def cell_weights(passage: Passage, spec: StftSpec) -> Cells:
    """Weights of the selection on the grid of `spec`: float32 (frames, bins)."""
    count, step_hz = spec.frames(passage.samples.shape[1]), passage.sample_rate / spec.n_fft
    extent = passage.selection.extent
    # Cells that miss the selection are 0 and need not be asked for.
    low, high = max(passage.first // spec.hop - 1, 0), min(passage.last // spec.hop + 2, count)
    bottom, top = max(int(extent.low_hz / step_hz) - 1, 0), min(int(extent.high_hz / step_hz) + 3, spec.bins)
    weights = np.zeros((count, spec.bins), np.float32)
    frames = passage.start + np.arange(low, high) * float(spec.hop)
    weights[low:high, bottom:top] = passage.selection.weights(frames, np.arange(bottom, top) * step_hz).T
    if not weights.any():
        _touch(passage, spec, weights)
    return weights


def _touch(passage: Passage, spec: StftSpec, weights: Cells) -> None:
    """Give weight to the cells that hold any of a selection that lies between their middles."""
    extent, step_hz = passage.selection.extent, passage.sample_rate / spec.n_fft
    places = np.linspace(passage.first, passage.last - 1, _points((passage.last - passage.first) / spec.hop))
    hertz = np.linspace(extent.low_hz, extent.high_hz, _points((extent.high_hz - extent.low_hz) / step_hz))
    frames = np.minimum(np.rint(places / spec.hop).astype(np.intp), len(weights) - 1)
    bins = np.minimum(np.rint(hertz / step_hz).astype(np.intp), spec.bins - 1)
    np.maximum.at(weights, (frames, bins[:, None]), passage.selection.weights(passage.start + places, hertz))


def _points(cells: float) -> int:
    return 8 * max(math.ceil(cells), 2)


def _added(passage: Passage, spec: StftSpec, change: Spectrum) -> Samples:
    length = passage.samples.shape[1]
    return passage.samples + OverlapAdd(spec, change.shape[0], length).add(change)


def _spread(selected: NDArray[np.bool_], frames: int = 2, bins: int = 2) -> NDArray[np.bool_]:
    """Cells that hear any selected cell: half a window away in time, a main lobe away in frequency."""
    wide = selected.copy()
    for k in range(1, frames + 1):
        wide[k:] |= selected[:-k]
        wide[:-k] |= selected[k:]
    tall = wide.copy()
    for k in range(1, bins + 1):
        tall[:, k:] |= wide[:, :-k]
        tall[:, :-k] |= wide[:, k:]
    return tall
