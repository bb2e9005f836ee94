"""What every small network here hears and says: energies in bands, and masks in the same bands.

The mixture is seen as the short-time Fourier transform of its middle and its sides. Bins are gathered into 256 bands:
single bins (10.8 Hz) up to 690 Hz, where kick and bass have to be told apart, pairs up to 2.8 kHz, where the harmonics
of a voice lie, six to a band up to 5.9 kHz and 31 or 32 above. A mask has one real value for each stem, band,
frame and side, and the values of all stems add up to one, so that the stems add up to the mixture.

Networks are trained with transforms of 4096 samples. A longer or shorter one shows them the same sound slower and
lower, or faster and higher; see `heard` and `spread`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

RATE = 44100
N_FFT = 4096
HOP = 2048
BANDS = 256
FEATURES = 4
STEMS = ("vocals", "drums", "bass", "other")
_FLOOR_DB = -70.0


@cache
def band_edges() -> np.ndarray:
    """First bin of each band, and the number of bins at the end: int64 (BANDS + 1,)."""
    widths = np.concatenate([np.full(64, 1), np.full(96, 2), np.full(48, 6)])
    top = np.diff(np.round(np.linspace(0, N_FFT // 2 + 1 - widths.sum(), 49))).astype(np.int64)
    return np.concatenate([[0], np.cumsum(np.concatenate([widths, top]))])


def middle_sides(stereo: Tensor) -> Tensor:
    """Turn left and right (..., 2, n) into middle and sides, or back: the transform is its own inverse."""
    left, right = stereo[..., 0, :], stereo[..., 1, :]
    return torch.stack([left + right, left - right], -2) * 2**-0.5


def features(energy: Tensor, energy_left: Tensor, energy_right: Tensor) -> Tensor:
    """What the network hears: levels of middle, sides, left and right by band, in units of 20 dB about the mean.

    Parameters
    ----------
    energy : Tensor
        Energy of middle and sides, (batch, 2, frames, BANDS).
    energy_left, energy_right : Tensor
        (batch, frames, BANDS).

    Returns
    -------
    Tensor
        (batch, FEATURES, frames, BANDS); the same for a loud and a quiet copy of the sound.
    """
    every = torch.cat([energy, energy_left[:, None], energy_right[:, None]], 1)
    mean = energy.sum(1, keepdim=True).mean((2, 3), keepdim=True)
    level = 10 * torch.log10(every / (mean + 1e-12) + 1e-12)
    shown: Tensor = (level.clamp(min=_FLOOR_DB) + 20) / 20
    return shown


def pool(power: Tensor) -> Tensor:
    """Sum the bins of each band: (..., bins) to (..., BANDS)."""
    pooled: np.ndarray = np.add.reduceat(power.numpy(), band_edges()[:-1], axis=-1)
    return torch.from_numpy(pooled)


def heard(spectrum: Tensor) -> Tensor:
    """`features` of the spectrum of middle and sides, complex (batch, 2, frames, bins).

    Bins that a network does not know are left out; those that a shorter transform lacks are silent.
    """
    missing = N_FFT // 2 + 1 - spectrum.shape[-1]
    spectrum = torch.nn.functional.pad(spectrum, (0, missing))
    left, right = (spectrum[:, 0] + spectrum[:, 1]) * 0.5**0.5, (spectrum[:, 0] - spectrum[:, 1]) * 0.5**0.5
    return features(*(pool(part.abs().square()) for part in (spectrum, left, right)))


def spread(mask: Tensor, bins: int = N_FFT // 2 + 1) -> Tensor:
    """Give each of `bins` its band's value: (..., BANDS) to (..., bins); what lies above goes with the last band."""
    of_bin = np.searchsorted(band_edges()[1:-1], np.arange(bins), side="right")
    return mask[..., torch.from_numpy(of_bin)]


def masks_from_logits(logits: Tensor) -> Tensor:
    """Real masks that sum to one over stems: (batch, stems, 2, frames, BANDS)."""
    return torch.softmax(logits, 1)
