"""Pattern: the most similar passage elsewhere in the stem."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import fade_samples, with_samples
from stemstudio.repair.surroundings import no_surroundings
from stemstudio.spectral.stft import StftSpec, spectrum_of

_SIDE_S = 0.4
"""Seconds before and after the selection that are compared."""
_BANDS = 24
_CANDIDATES = 8
_MOST_GAIN = 4.0


class Pattern:
    """Music repeats: what was played here is likely to be found elsewhere.

    The surroundings of the selection are compared with every place within reach, first by their level in 24 bands
    (a nearest neighbour search in features of short frames, as in Bartsch & Wakefield, 2001), then the best few by
    cross-correlation to the sample. The winner is level-matched by least squares and takes the selection's place.
    """

    info = MethodInfo(
        id="pattern",
        title="Pattern",
        summary="Puts the most similar passage of the stem in place of the selection: for a damaged beat or a phrase "
        "that is played again.",
        params=(
            ParamSpec(
                "reach_s",
                "float",
                30.0,
                "Search within",
                "How far before and after is searched; farther finds more and takes longer.",
                low=2.0,
                high=120.0,
                step=1.0,
                unit="s",
            ),
            ParamSpec(
                "where",
                "choice",
                "both",
                "Search",
                "Where to look for the passage.",
                choices=(("both", "Before and after"), ("before", "Before"), ("after", "After")),
            ),
        ),
        reference="M. Bartsch and G. Wakefield (2001), To catch a chorus, WASPAA.",
        searching=True,
        margin_s=_SIDE_S,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        stem, rate = context.stem, passage.sample_rate
        reach, length = round(float(values["reach_s"]) * rate), passage.samples.shape[1]
        low = passage.start - (0 if values["where"] == "after" else reach)
        high = passage.start + (0 if values["where"] == "before" else reach) + length
        low, high = max(low, 0), min(high, stem.frames)
        around = np.ones(length, bool)
        fade = 2 * fade_samples(rate)
        around[max(passage.first - fade, 0) : passage.last + fade] = False
        if not around.any() or not passage.samples[:, around].any():
            raise no_surroundings()
        area = stem.read(low, high - low)
        if not np.isfinite(area).all():
            raise BadInput("The sound holds values that are not numbers.", "Import the file again to repair it.")
        reporter.update(0.2)
        starts = _similar(area, passage, passage.start - low, around)
        reporter.update(0.6)
        return with_samples(passage, _best(area, starts, passage, passage.start - low, around))


def _similar(area: Samples, passage: Passage, here: int, around: NDArray[np.bool_]) -> NDArray[np.intp]:
    """First samples in `area` of the passages that look most like the surroundings, best first."""
    spec = StftSpec.at_rate(passage.sample_rate, 2048, 4)
    spec = StftSpec(spec.n_fft, spec.n_fft // 2, spec.window)
    levels = _band_levels(AudioBuffer(area.mean(axis=0, keepdims=True), passage.sample_rate), spec)
    first, count = round(here / spec.hop), len(around) // spec.hop
    middles = np.minimum((np.arange(count) * spec.hop), len(around) - 1)
    heard = np.array([around[max(m - spec.n_fft // 2, 0) : m + spec.n_fft // 2].all() for m in middles], bool)
    count = min(count, len(levels) - first)
    heard = heard[:count]
    places = len(levels) - count + 1
    if not heard.any() or places < 2:
        raise no_surroundings()
    distance = np.zeros(places)
    for frame in np.flatnonzero(heard):
        distance += ((levels[frame : frame + places] - levels[first + frame]) ** 2).sum(axis=1)
    # A passage that overlaps this one would bring back what is to be mended.
    apart = len(heard) - int(np.argmax(~heard))
    apart = max(apart, count - int(np.argmax(~heard[::-1])))
    distance[max(first - apart + 1, 0) : first + apart] = np.inf
    chosen = []
    for _ in range(_CANDIDATES):
        best = int(np.argmin(distance))
        if not np.isfinite(distance[best]):
            break
        chosen.append(best * spec.hop)
        distance[max(best - 2, 0) : best + 3] = np.inf
    if not chosen:
        raise BadInput("There is no other passage within reach.", "Search farther.")
    return np.array(chosen)


def _band_levels(source: AudioBuffer, spec: StftSpec) -> NDArray[np.float32]:
    """Level in dB of each frame in bands of equal width on a log scale: float32 (frames, bands)."""
    bins = np.unique(np.geomspace(3, spec.bins - 1, _BANDS + 1).astype(int))
    levels = []
    block = 512
    for first in range(0, spec.frames(source.frames), block):
        spectrum = spectrum_of(source, spec, first, min(first + block, spec.frames(source.frames)))[0]
        power = np.add.reduceat(spectrum.real**2 + spectrum.imag**2, bins[:-1], axis=1)
        levels.append(10 * np.log10(power + np.float32(1e-6)))
    return np.concatenate(levels)


def _best(area: Samples, starts: NDArray[np.intp], passage: Passage, here: int, around: NDArray[np.bool_]) -> Samples:
    """Align each candidate to the sample and return the one that fits the surroundings best, level-matched."""
    from scipy.signal import correlate

    length = passage.samples.shape[1]
    slack = StftSpec.at_rate(passage.sample_rate, 2048).n_fft
    template = (passage.samples * around).astype(np.float32)
    energy = float(np.vdot(template, template))
    best, found = -np.inf, None
    for start in starts:
        low, high = max(int(start) - slack, 0), min(int(start) + slack + length, area.shape[1])
        if high - low < length:
            continue
        piece = area[:, low:high]
        match = np.sum([correlate(p, t, "valid", "fft") for p, t in zip(piece, template, strict=True)], axis=0)
        theirs = correlate((piece**2).sum(axis=0), around.astype(np.float32), "valid", "fft")
        score = match / np.sqrt(np.maximum(theirs, 1e-9 * energy) * energy)
        offsets = low + np.arange(len(score))
        score[np.abs(offsets - here) < passage.last - passage.first] = -np.inf
        k = int(np.argmax(score))
        if score[k] > best:
            gain = np.clip(match[k] / max(float(theirs[k]), 1e-12), 1 / _MOST_GAIN, _MOST_GAIN)
            best, found = float(score[k]), piece[:, k : k + length] * np.float32(gain)
    if found is None:
        raise BadInput("There is no other passage within reach.", "Search farther.")
    return found
