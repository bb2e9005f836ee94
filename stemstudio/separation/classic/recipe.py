"""Four stems from classic parts: a recipe, not a learned model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import Availability, BackendInfo, Ready, StemSink
from stemstudio.separation.classic.center import similarity
from stemstudio.separation.classic.masking import PerFrame, separate_by_spectrum
from stemstudio.spectral.stft import WORKERS, Spectrum, SpectrumBlock, StftSpec

_STEMS = ("vocals", "drums", "bass", "other")

# How likely each stem is at these frequencies before anything is heard, as log-odds against "other".
_PRIOR_HZ = (40, 100, 250, 630, 1600, 4000, 10000)
_PRIOR = {
    "vocals": (-1.8, -0.8, 1.7, 1.9, 0.7, 0.6, 0.1),
    "drums": (2.1, 4.2, 2.0, 1.6, 1.3, 1.5, 1.9),
    "bass": (2.3, 1.3, 1.8, 1.0, 0.4, -0.3, -0.4),
}
# What one neper of each piece of evidence adds, low, middle and high.
_EVIDENCE_HZ = (160, 1000, 6000)
_PERCUSSIVE_TO_DRUMS = (0.9, 1.6, 0.7)
_NEW_TO_VOCALS = (0.5, 0.4, 0.4)
_WIDE_TO_OTHER = (1.2, 0.0, 0.0)

_TIME_FRAMES, _FREQUENCY_BINS = 17, 61
_DISTANCE_S = 1.0
_USUAL_SIMILARITY = np.float32(0.8)
_TINY = np.float32(1e-6)
_MOST = np.float32(4)
"""Nepers of evidence from one answer, at most."""
_LARGEST = np.float32(60)
"""Exponent that float32 can still add up."""

Real = NDArray[np.float32]


class ClassicFour:
    """Vocals, drums, bass and other by weighing the evidence of three classic methods.

    Of each bin it is asked

    - is it percussive? P / H of median filters over frequency and over time (FitzGerald, 2010);
    - is it new? (V - W) / W of REPET-SIM (Rafii & Pardo, 2012);
    - is it wide? The panning similarity of its channels (Avendano & Jot, 2004);
    - where does it lie? Drums rule the lowest octaves, bass the next, voices the middle.

    The logarithms of the answers are added up with a few weights to log-odds, percussive bins for the drums, new ones
    for the vocals, wide low ones for other; the softmax of the log-odds gives masks that add up to one (naive Bayes).
    The 28 weights were fitted to one minute of each of five electronic songs with known stems, and how many to have was
    settled by leaving each song out in turn. It knows nothing of what a voice or a drum is.
    """

    info = BackendInfo(
        id="classic-4",
        title="Four stems by rule",
        summary="Vocals, drums, bass and other without a model, from beats, repetition, width and pitch range; good "
        "enough to practise to, with much of each stem left in the others.",
        family="classic",
        stems=_STEMS,
        params=(
            ParamSpec(
                "vocals_db",
                "float",
                0.0,
                "Vocals",
                "Higher gives the vocals more of what is in doubt and lets more of the band into them.",
                low=-12.0,
                high=12.0,
                step=0.5,
                unit="dB",
            ),
            ParamSpec(
                "drums_db",
                "float",
                0.0,
                "Drums",
                "Higher gives the drums more of what is in doubt and lets more of the band into them.",
                low=-12.0,
                high=12.0,
                step=0.5,
                unit="dB",
            ),
            ParamSpec(
                "bass_db",
                "float",
                0.0,
                "Bass",
                "Higher gives the bass more of what is in doubt and lets more of the band into it.",
                low=-12.0,
                high=12.0,
                step=0.5,
                unit="dB",
            ),
            ParamSpec(
                "sharpness",
                "float",
                1.0,
                "Mask sharpness",
                "Higher parts the stems more sharply and sounds more watery.",
                low=0.25,
                high=4.0,
                step=0.05,
            ),
            ParamSpec(
                "memory_s",
                "float",
                10.0,
                "Memory",
                "Longer finds repetitions that return later and takes more time and memory.",
                low=2.0,
                high=30.0,
                step=1.0,
                unit="s",
                group="Advanced",
            ),
            ParamSpec(
                "similar",
                "int",
                15,
                "Similar frames",
                "More give a steadier idea of what repeats and need music that repeats more often.",
                low=2,
                high=60,
                step=1,
                group="Advanced",
            ),
        ),
        reference="A recipe of this program from D. FitzGerald (2010), Harmonic/percussive separation using median "
        "filtering, DAFx; Z. Rafii and B. Pardo (2012), Music/voice separation using the similarity matrix, ISMIR; "
        "C. Avendano and J.-M. Jot (2004), A frequency-domain approach to multichannel upmix, JAES 52(7/8).",
    )

    def availability(self) -> Availability:
        """See `Backend.availability`."""
        return Ready()

    def separate(self, mix: Source, values: Values, sink: StemSink, reporter: Reporter) -> None:
        """See `Backend.separate`."""
        spec = StftSpec.at_rate(mix.sample_rate, 4096)
        with ThreadPoolExecutor(WORKERS) as pool:
            weigher = _Weigher(spec, mix.sample_rate, values, pool)

            def stems_of(block: SpectrumBlock) -> dict[str, Spectrum]:
                return {name: block.own * mask for name, mask in weigher.masks(block).items()}

            reach = max(weigher.reach, _TIME_FRAMES)
            separate_by_spectrum(mix, spec, stems_of, sink, reporter, before=reach, after=reach, rest="other")


class _Weigher:
    """Turns the evidence of a block into masks."""

    def __init__(self, spec: StftSpec, sample_rate: int, values: Values, pool: ThreadPoolExecutor) -> None:
        # Importing numba takes a second: only when there is something to separate.
        from stemstudio.separation.classic.similar import outline, repeating_magnitude

        self.reach = round(float(values["memory_s"]) * sample_rate / spec.hop)
        self._repeating = partial(
            repeating_magnitude,
            count=int(values["similar"]),
            distance=round(_DISTANCE_S * sample_rate / spec.hop),
            reach=self.reach,
        )
        self._magnitudes, self._outlines = PerFrame(np.abs), PerFrame(outline)
        self._sharpness = np.float32(values["sharpness"])
        self._pool = pool
        octaves = np.log2(np.maximum(spec.frequencies_hz(sample_rate), 1))

        def over_bins(knots_hz: tuple[int, ...], weights: tuple[float, ...]) -> Real:
            return np.interp(octaves, np.log2(knots_hz), weights).astype(np.float32)

        decibel = np.float32(np.log(10) / 20)
        self._prior = {
            name: over_bins(_PRIOR_HZ, prior) + decibel * np.float32(values[f"{name}_db"])
            for name, prior in _PRIOR.items()
        }
        self._percussive, self._new, self._wide = (
            over_bins(_EVIDENCE_HZ, weights) for weights in (_PERCUSSIVE_TO_DRUMS, _NEW_TO_VOCALS, _WIDE_TO_OTHER)
        )

    def masks(self, block: SpectrumBlock) -> dict[str, Real]:
        """Share of vocals, drums and bass in the block's own frames, each float32 (channels, frames, bins)."""
        own, magnitude = block.own_slice, self._magnitudes.of(block)
        repeating = self._repeating(magnitude, self._outlines.of(block), own)
        wide = _USUAL_SIMILARITY - _similarity_to_the_others(block.own)

        def channel(index: int) -> list[Real]:
            percussive = _percussive(magnitude[index], own)
            new = _log_ratio(magnitude[index, own] - repeating[index], repeating[index])
            return self._shares(percussive, new, wide[index])

        shares = list(self._pool.map(channel, range(len(magnitude))))
        return {name: np.stack(parts) for name, *parts in zip(self._prior, *shares, strict=True)}

    def _shares(self, percussive: Real, new: Real, wide: Real) -> list[Real]:
        against_other = -self._wide * wide
        log_odds = {
            "vocals": self._prior["vocals"] + self._new * new + against_other,
            "drums": self._prior["drums"] + self._percussive * percussive + against_other,
            "bass": self._prior["bass"] + against_other,
        }
        odds = [np.exp(np.minimum(self._sharpness * one, _LARGEST)) for one in log_odds.values()]
        total = 1 + odds[0] + odds[1] + odds[2]
        return [part / total for part in odds]


def _percussive(magnitude: Real, own: slice) -> Real:
    from stemstudio.separation.classic.median import median_over_bins, median_over_frames

    return _log_ratio(
        median_over_bins(magnitude, own.start, own.stop, _FREQUENCY_BINS),
        median_over_frames(magnitude, own.start, own.stop, _TIME_FRAMES),
    )


def _log_ratio(a: Real, b: Real) -> Real:
    ratio: Real = np.clip(np.log((a + _TINY) / (b + _TINY)), -_MOST, _MOST)
    return ratio


def _similarity_to_the_others(spectrum: Spectrum) -> Real:
    """Panning similarity of each channel with the mean of the others; the usual one for a single channel."""
    channels = len(spectrum)
    if channels == 1:
        return np.full(spectrum.shape, _USUAL_SIMILARITY, np.float32)
    total = spectrum.sum(axis=0)
    return np.stack([similarity(one, (total - one) / (channels - 1)) for one in spectrum])
