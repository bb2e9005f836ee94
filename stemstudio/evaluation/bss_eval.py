"""BSS Eval: distortion of an estimated stem told apart into space, interference and artefacts.

E. Vincent, R. Gribonval, C. Fevotte (2006), Performance measurement in blind audio source separation, IEEE TASLP
14(4); E. Vincent, S. Araki, P. Bofill (2009), The 2008 signal separation evaluation campaign, ICA (the version for
images, that is, stems with several channels); F.-R. Stoeter, A. Liutkus, N. Ito (2018), The 2018 signal separation
evaluation campaign, LVA/ICA (version 4: one set of filters for a whole song, scores of windows of a second, medians).

An estimate is split into ``true + spatial + interference + artefacts``: the projection of the estimate on the true stem
under any filter of `FILTER_SAMPLES` samples per pair of channels is ``true + spatial``, its projection on all true
stems adds the interference, and what is left are artefacts. Samples are float64 of shape (channels, frames) here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks

FILTER_SAMPLES = 512
_BLOCK_FRAMES = 1 << 15
_RIDGE = 1e-11

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BssScores:
    """SDR, ISR, SIR and SAR in dB; nan where a stem or its estimate is silent."""

    sdr: float
    isr: float
    sir: float
    sar: float


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Filters that project one estimate on the true stems.

    Parameters
    ----------
    target : int
        Which of the true stems is estimated.
    on_all : Real
        (stems, channels, channels of the estimate, FILTER_SAMPLES).
    on_target : Real
        (channels, channels of the estimate, FILTER_SAMPLES).
    """

    target: int
    on_all: Real
    on_target: Real


class Correlations:
    """Correlations of the true stems with each other and with their estimates, from which the filters come.

    Parameters
    ----------
    references, estimates : sequence of Source
        ``estimates[j]`` is the estimate of ``references[j]``; one rate, number of channels and length for all.
    """

    def __init__(self, references: Sequence[Source], estimates: Sequence[Source], reporter: Reporter) -> None:
        from scipy.fft import irfft, next_fast_len, rfft

        self._stems, self._channels = len(references), references[0].channels
        rows = self._stems * self._channels
        margin, length = FILTER_SAMPLES - 1, references[0].frames
        size = next_fast_len(_BLOCK_FRAMES + 2 * margin, real=True)
        inner = np.zeros((rows, rows, size // 2 + 1), np.complex128)
        outer = np.zeros((rows, rows, size // 2 + 1), np.complex128)
        for start, _ in blocks(references[0], _BLOCK_FRAMES):
            reporter.update(start / length)
            frames = min(_BLOCK_FRAMES, length - start)
            block = rfft(_stacked(references, start, frames), size)
            around = rfft(_stacked(references, start - margin, frames + 2 * margin), size)
            guess = rfft(_stacked(estimates, start - margin, frames + 2 * margin), size)
            inner += block.conj()[:, None] * around
            outer += block.conj()[:, None] * guess
        # Entry [a, b, m] is the sum over u of x_a[u] y_b[u + m - margin].
        self._inner: Real = irfft(inner, size)[..., : 2 * margin + 1]
        self._outer: Real = irfft(outer, size)[..., margin : 2 * margin + 1]
        self._heard = np.diagonal(self._inner[..., margin]) > 0

    def projections(self) -> list[Projection]:
        """Filters for every estimate."""
        from scipy.linalg import cho_factor, cho_solve

        everything = np.flatnonzero(self._heard)
        factor = cho_factor(self._gram(everything), lower=True, overwrite_a=True) if len(everything) else None
        out = []
        for target in range(self._stems):
            columns = np.arange(target * self._channels, (target + 1) * self._channels)
            own = columns[self._heard[columns]]
            on_all = np.zeros((self._stems * self._channels, self._channels, FILTER_SAMPLES))
            on_target = np.zeros_like(on_all)
            if factor is not None:
                on_all[everything] = self._unstack(cho_solve(factor, self._right(everything, columns)), everything)
            if len(own):
                near = cho_factor(self._gram(own), lower=True, overwrite_a=True)
                on_target[own] = self._unstack(cho_solve(near, self._right(own, columns)), own)
            shape = (self._stems, self._channels, self._channels, FILTER_SAMPLES)
            out.append(Projection(target, on_all.reshape(shape), on_target.reshape(shape)[target]))
        return out

    def _gram(self, rows: NDArray[np.intp]) -> Real:
        """Products of all shifts of the rows, (rows * L, rows * L), with a ridge for rows that depend on each other."""
        lags = FILTER_SAMPLES - 1 + np.arange(FILTER_SAMPLES)[:, None] - np.arange(FILTER_SAMPLES)
        count = len(rows) * FILTER_SAMPLES
        gram = np.empty((len(rows), FILTER_SAMPLES, len(rows), FILTER_SAMPLES))
        for i, a in enumerate(rows):
            for j, b in enumerate(rows):
                gram[i, :, j, :] = self._inner[a, b][lags]
        flat = gram.reshape(count, count)
        flat[np.diag_indices(count)] *= 1 + _RIDGE
        return flat

    def _right(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Real:
        return self._outer[np.ix_(rows, columns)].transpose(0, 2, 1).reshape(-1, len(columns))

    @staticmethod
    def _unstack(solution: Real, rows: NDArray[np.intp]) -> Real:
        return solution.reshape(len(rows), FILTER_SAMPLES, -1).transpose(0, 2, 1)


def _stacked(sources: Sequence[Source], start: int, frames: int) -> Real:
    return np.concatenate([source.read(start, frames).astype(np.float64) for source in sources])


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """An estimate split up, each (channels, frames + FILTER_SAMPLES - 1)."""

    true: Real
    spatial: Real
    interference: Real
    artefacts: Real

    def image_scores(self) -> BssScores:
        """Scores of the version for images: what differs from the true stem in any way is distortion."""
        error = self.spatial + self.interference + self.artefacts
        return BssScores(
            sdr=_ratio_db(self.true, error),
            isr=_ratio_db(self.true, self.spatial),
            sir=_ratio_db(self.true + self.spatial, self.interference),
            sar=_ratio_db(self.true + self.spatial + self.interference, self.artefacts),
        )

    def source_scores(self) -> BssScores:
        """Scores of the first version: a filtered true stem is as good as the true one; `isr` is infinite."""
        target = self.true + self.spatial
        return BssScores(
            sdr=_ratio_db(target, self.interference + self.artefacts),
            isr=math.inf,
            sir=_ratio_db(target, self.interference),
            sar=_ratio_db(target + self.interference, self.artefacts),
        )


def split(references: Sequence[Real], estimate: Real, projection: Projection) -> Parts:
    """Split an estimate, or a window of it, with filters of the whole; what lies outside the window is silence."""
    from scipy.fft import rfft

    size = _transform_size(estimate.shape[1])
    return _split(np.stack(references), rfft(np.stack(references), size), estimate, _Filters(projection, size))


def windowed_scores(
    references: Sequence[Source], estimates: Sequence[Source], reporter: Reporter, window_s: float = 1.0
) -> list[BssScores]:
    """Medians of the image scores over windows of `window_s`, one for each estimate (BSS Eval version 4).

    A window in which any true stem or any estimate is silent does not count; nan if no window counts.
    """
    from scipy.fft import rfft

    projections = Correlations(references, estimates, reporter.part(0.0, 0.4)).projections()
    length = max(1, round(window_s * references[0].sample_rate))
    size, total = _transform_size(length), references[0].frames
    filters = [_Filters(projection, size) for projection in projections]
    found: list[list[BssScores]] = [[] for _ in estimates]
    for start in range(0, max(total - length, 0) + 1, length):
        reporter.update(0.4 + 0.6 * start / total)
        true = np.stack([source.read(start, length) for source in references]).astype(np.float64)
        guesses = np.stack([source.read(start, length) for source in estimates]).astype(np.float64)
        if not (true.any(axis=(1, 2)).all() and guesses.any(axis=(1, 2)).all()):
            continue
        spectra = rfft(true, size)
        for scores, guess, each in zip(found, guesses, filters, strict=True):
            scores.append(_split(true, spectra, guess, each).image_scores())
    return [_medians(scores) for scores in found]


class _Filters:
    """A projection's filters as spectra of one size, so that every window need not transform them again."""

    def __init__(self, projection: Projection, size: int) -> None:
        from scipy.fft import rfft

        self.target, self.size = projection.target, size
        self.on_all, self.on_target = rfft(projection.on_all, size), rfft(projection.on_target, size)


def _transform_size(frames: int) -> int:
    from scipy.fft import next_fast_len

    return int(next_fast_len(frames + FILTER_SAMPLES - 1, real=True))


def _split(references: Real, spectra: NDArray[np.complex128], estimate: Real, filters: _Filters) -> Parts:
    from scipy.fft import irfft

    frames = estimate.shape[1]
    length = frames + FILTER_SAMPLES - 1
    explained = irfft(np.einsum("jcf,jcef->ef", spectra, filters.on_all), filters.size)[:, :length]
    own = irfft(np.einsum("cf,cef->ef", spectra[filters.target], filters.on_target), filters.size)[:, :length]
    true, artefacts = np.zeros_like(own), -explained
    true[:, :frames] = references[filters.target]
    artefacts[:, :frames] += estimate
    return Parts(true, own - true, explained - own, artefacts)


def _medians(scores: Sequence[BssScores]) -> BssScores:
    if not scores:
        return BssScores(math.nan, math.nan, math.nan, math.nan)
    names = ("sdr", "isr", "sir", "sar")
    return BssScores(*(float(np.median([getattr(score, name) for score in scores])) for name in names))


def _ratio_db(wanted: Real, error: Real) -> float:
    above, below = float(np.vdot(wanted, wanted)), float(np.vdot(error, error))
    if below <= 0:
        return math.inf if above > 0 else math.nan
    return 10 * math.log10(above / below) if above > 0 else -math.inf
