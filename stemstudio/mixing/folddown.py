"""More channels than two, heard on two: Recommendation ITU-R BS.775-4, annex 4, table 2.

The downmix equations of the recommendation: front channels at 1, centre and surround at 0.7071, the low-frequency
channel left out. They are not scaled down, so that dialogue and lead keep their level. The recommendation ends at 3/2
channels; the further surround channels of 6.1 and 7.1 and those above the ears in 7.1.4 are treated as its surround
channels are. Channels are in the order of a WAVE file (front left, front right, centre, low frequency, back, side,
top front, top back).
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples

_H = sqrt(0.5)

_MATRICES: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    1: ((1,), (1,)),
    2: ((1, 0), (0, 1)),
    3: ((1, 0, _H), (0, 1, _H)),
    4: ((1, 0, _H, 0), (0, 1, 0, _H)),
    5: ((1, 0, _H, _H, 0), (0, 1, _H, 0, _H)),
    6: ((1, 0, _H, 0, _H, 0), (0, 1, _H, 0, 0, _H)),
    7: ((1, 0, _H, 0, 0.5, _H, 0), (0, 1, _H, 0, 0.5, 0, _H)),
    8: ((1, 0, _H, 0, _H, 0, _H, 0), (0, 1, _H, 0, 0, _H, 0, _H)),
    12: ((1, 0, _H, 0, _H, 0, _H, 0, _H, 0, _H, 0), (0, 1, _H, 0, 0, _H, 0, _H, 0, _H, 0, _H)),
}


def matrix(channels: int) -> NDArray[np.float32]:
    """Return the float32 (2, channels) matrix from 1 to 8 or 12 channels to two; `ValueError` for other counts.

    Mono goes to both loudspeakers at its own level; stereo stays as it is.
    """
    if channels not in _MATRICES:
        raise ValueError(f"1 to 8 or 12 channels can be folded down, not {channels}")
    return np.array(_MATRICES[channels], np.float32)


def fold_down(samples: Samples) -> Samples:
    """Return float32 (2, frames) of float32 (channels, frames); stereo is returned as it came."""
    if samples.shape[0] == 2:
        return samples
    if samples.shape[0] == 1:
        return np.repeat(samples, 2, axis=0)
    folded: Samples = matrix(samples.shape[0]) @ samples
    return folded


def null_db(made: Samples, original: Samples) -> float:
    """Level of the fold-down of `made` minus the stereo `original`, in dB relative to it; -inf where they are equal.

    Both are float32 (channels, frames) of the same passage. Where the original is silent the level is that of what
    is there instead, relative to full scale.
    """
    wanted = original.astype(np.float64)
    folded = matrix(made.shape[0]).astype(np.float64) @ made
    error, energy = float(np.sum((folded - wanted) ** 2)), float(np.sum(wanted**2))
    if error == 0.0:
        return float("-inf")
    return 10.0 * float(np.log10(error / (energy or wanted.size)))
