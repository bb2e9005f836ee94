"""Filters of finite length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled

Single = NDArray[np.float32]


@compiled
def correlate(joined: Single, taps: Single) -> Single:
    """Sum of every stretch of `joined` times `taps`.

    Parameters
    ----------
    joined : float32 (channels, n + count - 1)
    taps : float32 (filters, count)
        The count is a multiple of four: four taps share one walk over the samples.

    Returns
    -------
    float32 (channels, filters, n)
    """
    channels, (filters, count) = joined.shape[0], taps.shape
    n = joined.shape[1] - count + 1
    out = np.zeros((channels, filters, n), np.float32)
    for c in range(channels):
        for f in range(filters):
            line = out[c, f]
            for k in range(0, count, 4):
                t0, t1, t2, t3 = taps[f, k], taps[f, k + 1], taps[f, k + 2], taps[f, k + 3]
                x0, x1, x2, x3 = joined[c, k:], joined[c, k + 1 :], joined[c, k + 2 :], joined[c, k + 3 :]
                for i in range(n):
                    line[i] += (t0 * x0[i] + t1 * x1[i]) + (t2 * x2[i] + t3 * x3[i])
    return out
