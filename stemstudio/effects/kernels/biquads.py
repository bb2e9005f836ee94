"""Second-order sections in a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled

Real = NDArray[np.float64]
Single = NDArray[np.float32]


@compiled
def run_sections(samples: Single, sections: Real, state: Real) -> Single:
    """Filter `samples` (channels, n) by `sections` (k, 5: b0 b1 b2 a1 a2), transposed direct form II.

    `state` float64 (channels, k, 2) goes on.
    """
    channels, n = samples.shape
    out = np.empty((channels, n), np.float32)
    line = np.empty(n)
    for c in range(channels):
        for i in range(n):
            line[i] = samples[c, i]
        for k in range(sections.shape[0]):
            b0, b1, b2, a1, a2 = sections[k]
            first, second = state[c, k]
            for i in range(n):
                x = line[i]
                y = b0 * x + first
                first = b1 * x - a1 * y + second
                second = b2 * x - a2 * y
                line[i] = y
            # Denormal numbers would slow the next block down a hundredfold.
            state[c, k, 0] = first if abs(first) > 1e-25 else 0.0
            state[c, k, 1] = second if abs(second) > 1e-25 else 0.0
        for i in range(n):
            out[c, i] = line[i]
    return out
