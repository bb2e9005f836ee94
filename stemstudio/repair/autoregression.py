"""Sound as an autoregressive process: each sample a weighted sum of those before it, and a small surprise.

Coefficients are ``a[0] = 1, a[1] .. a[p]``; the surprise is ``e[t] = sum_k a[k] x[t - k]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
"""float64 of shape (n,)."""

_RIDGE = 1e-9
_ROUNDING = 1e-14
"""Enough to keep the normal equations definite; more would take the tones out, whose eigenvalues are that small."""
_DITHER = 3e-6
_REFRESH = 16
"""Steps after which the power is summed anew; what rounding adds to the recursion would make the model unstable."""


def burg(pieces: Sequence[Signal], order: int) -> Signal:
    """Coefficients (order + 1,) that predict all `pieces` (each longer than `order`) best, forwards and backwards.

    The model is stable, and sharp for tones even in short pieces (Burg, 1975; the recursion of the denominator:
    Andersen, 1978).
    """
    dithered = [_dithered(piece) for piece in pieces]
    forward = [piece[1:].copy() for piece in dithered]
    backward = [piece[:-1].copy() for piece in dithered]
    spare = [np.empty_like(piece) for piece in forward]
    coefficients = np.zeros(order + 1)
    coefficients[0] = 1
    power, floor = 0.0, 0.0
    for m in range(order):
        if m % _REFRESH == 0:
            power = sum(float(f @ f + b @ b) for f, b in zip(forward, backward, strict=True))
            floor = floor or 1e-20 * power + 1e-300
        if power <= floor:
            break
        reflection = -2 * sum(float(f @ b) for f, b in zip(forward, backward, strict=True)) / power
        head = coefficients[: m + 2]
        head += reflection * head[::-1].copy()
        power *= 1 - reflection**2
        for i in range(len(pieces)):
            old_forward, new_forward = forward[i], backward[i]
            new_backward = spare[i][: len(old_forward)]
            np.multiply(old_forward, reflection, out=new_backward)
            new_backward += new_forward  # still the old backward error
            new_forward *= reflection
            new_forward += old_forward
            power -= float(new_forward[0] ** 2 + new_backward[-1] ** 2)
            forward[i], backward[i], spare[i] = new_forward[1:], new_backward[:-1], old_forward
    return coefficients


def _dithered(piece: Signal) -> Signal:
    """`piece` over a noise 110 dB below it: pure tones alone would leave nothing but rounding to the later steps."""
    noise = np.random.default_rng(len(piece)).standard_normal(len(piece))
    return piece + _DITHER * float(np.sqrt(np.mean(piece**2))) * noise


def fitted(piece: Signal, order: int) -> Signal:
    """Coefficients (order + 1,) by the autocorrelation of the tapered `piece`: quicker and blunter than `burg`."""
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.linalg import solve_toeplitz

    tapered = piece * np.hanning(len(piece) + 2)[1:-1]
    spectrum = rfft(tapered, next_fast_len(len(piece) + order + 1))
    lags = irfft(spectrum.real**2 + spectrum.imag**2)[: order + 1]
    if lags[0] <= 0:
        return np.concatenate([[1.0], np.zeros(order)])
    lags[0] *= 1 + _RIDGE
    return np.concatenate([[1.0], solve_toeplitz(lags[:-1], -lags[1:])])


def ringing(coefficients: Signal, count: int) -> Signal:
    """First `count` samples that follow a single surprise of 1."""
    from scipy.signal import lfilter

    surprise = np.zeros(count)
    surprise[:1] = 1
    response: Signal = lfilter([1.0], coefficients, surprise)
    return response


def extrapolated(past: Signal, coefficients: Signal, response: Signal, count: int) -> Signal:
    """Next `count` samples after `past`, longer than the model, if no surprise comes (Kauppinen & Roth, 2002).

    What the past contributes to the next samples rings on as `response`, the `ringing` of the coefficients, says;
    so a block as long as that is one fast convolution rather than a recursion sample by sample.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    order, block = len(coefficients) - 1, len(response)
    size = next_fast_len(block + order, real=True)
    spectrum = rfft(response, size)
    pieces, done = [past[len(past) - order :]], 0
    while done < count and order:
        heard = -np.convolve(pieces[-1][-order:], coefficients)[order : 2 * order]
        pieces.append(irfft(rfft(heard, size) * spectrum, size)[:block])
        done += block
    return np.concatenate(pieces)[order : order + count] if order else np.zeros(count)


def interpolated(samples: Signal, missing: NDArray[np.intp], coefficients: Signal) -> Signal:
    """Values of the samples at the ascending indices `missing` that make the surprise least.

    ``a * x`` is minimised over the missing samples: normal equations of entries ``r(|i - j|)``, the autocorrelation of
    the coefficients (Janssen, Veldhuis & Vries, 1986, eq. 11). `samples` is taken to be silent outside.
    """
    from scipy.linalg import cho_factor, cho_solve, solveh_banded

    known = samples.copy()
    known[missing] = 0
    order = len(coefficients) - 1
    surprise = np.convolve(known, coefficients)
    lags = np.zeros(max(int(missing[-1] - missing[0]), order) + 2)
    own = np.correlate(coefficients, coefficients, "full")[order:]
    lags[: min(len(lags), len(own))] = own[: len(lags)]
    lags[0] *= 1 + _ROUNDING
    right = -np.correlate(surprise, coefficients, "valid")[missing]
    if len(missing) > 4 * order:
        # Samples farther apart than the model is long know nothing of each other.
        bands = np.zeros((order + 1, len(missing)))
        for k in range(order + 1):
            bands[k, : len(missing) - k] = lags[missing[k:] - missing[: len(missing) - k]]
        solved: Signal = solveh_banded(bands, right, lower=True, check_finite=False)
        return solved
    matrix = lags[np.abs(missing[:, None] - missing)]
    found: Signal = cho_solve(cho_factor(matrix, overwrite_a=True, check_finite=False), right, check_finite=False)
    return found
