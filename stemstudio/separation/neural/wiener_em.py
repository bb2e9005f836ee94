"""A multichannel Wiener filter, refined by expectation and maximisation.

The simplified scheme of A. Nugraha, A. Liutkus, E. Vincent (2016), "Multichannel music separation with deep neural
networks", EUSIPCO, as Open-Unmix uses it: each stem is a Gaussian with a power per cell and a spatial covariance per
frequency; both are estimated anew from the last estimate. For two channels, where the inverse is a formula.
"""

from __future__ import annotations

import torch
from torch import Tensor

WINDOW_FRAMES = 300
_EPSILON = 1e-10
_LOUDEST = 10.0


def wiener(magnitudes: Tensor, mixture: Tensor, iterations: int) -> Tensor:
    """Spectra of stems from what a network thinks their magnitudes are.

    Parameters
    ----------
    magnitudes : Tensor
        float32 (stems, 2, bins, frames), 0 or more.
    mixture : Tensor
        complex64 (2, bins, frames). Handled in windows of `WINDOW_FRAMES`, so that stems may move.
    iterations : int
        0 gives the magnitudes the phase of the mixture and no more.

    Returns
    -------
    Tensor
        complex64 (stems, 2, bins, frames).
    """
    stems = torch.polar(magnitudes, mixture.angle().expand_as(magnitudes))
    if iterations:
        for first in range(0, mixture.shape[-1], WINDOW_FRAMES):
            part = slice(first, first + WINDOW_FRAMES)
            stems[..., part] = _refined(stems[..., part], mixture[..., part], iterations)
    return stems


def _refined(stems: Tensor, mixture: Tensor, iterations: int) -> Tensor:
    loudness = torch.clamp(mixture.abs().max() / _LOUDEST, min=1.0)
    x, y = mixture / loudness, stems / loudness
    for _ in range(iterations):
        left, right = y[:, 0], y[:, 1]
        left_power, right_power = _power(left), _power(right)
        power = (left_power + right_power) / 2
        # The spatial covariance: real on the diagonal, `cross` above it and its conjugate below.
        total = power.sum(-1) + _EPSILON
        first, second = left_power.sum(-1) / total, right_power.sum(-1) / total
        cross = torch.linalg.vecdot(right, left) / total
        # That of the mixture, its inverse, and that times the mixture.
        ridge = _EPSILON**0.5
        a = torch.einsum("sft,sf->ft", power, first) + ridge
        d = torch.einsum("sft,sf->ft", power, second) + ridge
        b = torch.complex(torch.einsum("sft,sf->ft", power, cross.real), torch.einsum("sft,sf->ft", power, cross.imag))
        scale = 1 / (a * d - _power(b))
        u, w = (d * x[0] - b * x[1]) * scale, (a * x[1] - b.conj() * x[0]) * scale
        first, second, cross = first[..., None], second[..., None], cross[..., None]
        y = torch.stack([(first * u + cross * w) * power, (cross.conj() * u + second * w) * power], 1)
    return y * loudness


def _power(x: Tensor) -> Tensor:
    return x.real.square() + x.imag.square()
