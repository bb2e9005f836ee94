"""Delays that are fed back or that move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled

Real = NDArray[np.float64]
Single = NDArray[np.float32]
Whole = NDArray[np.int64]


@compiled
def echo(
    samples: Single, lines: Real, place: Whole, damped: Real, feedback: float, damping: float, crossed: bool
) -> Single:
    """Echoes of `samples` (channels, n) without the samples themselves.

    `lines` float64 (channels, delay) are rings that all stand at `place` (1,); `damped` (channels,) is the state of the
    low-pass in the loop. With `crossed` each channel feeds the next one. All three go on.
    """
    channels, n = samples.shape
    delay = lines.shape[1]
    out = np.empty((channels, n), np.float32)
    at = place[0]
    for i in range(n):
        for c in range(channels):
            heard = lines[c, at]
            damped[c] = heard + damping * (damped[c] - heard)
            if abs(damped[c]) < 1e-20:
                damped[c] = 0.0
            out[c, i] = heard
        for c in range(channels):
            other = (c + 1) % channels if crossed else c
            lines[c, at] = samples[c, i] + feedback * damped[other]
        at = at + 1 if at + 1 < delay else 0
    place[0] = at
    return out


@compiled
def swaying(joined: Single, reach: int, middle: float, depth: float, phases: Real, step: float) -> Single:
    """Read each row of `joined` (channels, reach + n) late by ``middle + depth sin``, between samples by a cubic.

    `phases` (channels,) are those of the first frame, in radians; `step` is added for each frame.
    """
    channels, n = joined.shape[0], joined.shape[1] - reach
    out = np.empty((channels, n), np.float32)
    for c in range(channels):
        for i in range(n):
            where = reach + i - (middle + depth * np.sin(phases[c] + step * i))
            whole = int(np.floor(where))
            t = where - whole
            a, b, d, e = joined[c, whole - 1], joined[c, whole], joined[c, whole + 1], joined[c, whole + 2]
            slope, bend = 0.5 * (d - a), a - 2.5 * b + 2.0 * d - 0.5 * e
            out[c, i] = b + t * (slope + t * (bend + t * (0.5 * (e - a) + 1.5 * (b - d))))
    return out


@compiled
def diffuse(samples: Real, lines: Real, lengths: Whole, places: Whole, gain: float) -> Real:
    """Send `samples` (n,) through all-passes in a row (Schroeder, 1962).

    `lines` float64 (count, longest) holds a ring of ``lengths[k]`` for each; `places` (count,) is where they stand.
    """
    out = samples.copy()
    for k in range(lengths.shape[0]):
        line, length, at = lines[k], lengths[k], places[k]
        for i in range(out.shape[0]):
            kept = out[i] + gain * line[at]
            if abs(kept) < 1e-20:
                kept = 0.0
            out[i] = line[at] - gain * kept
            line[at] = kept
            at = at + 1 if at + 1 < length else 0
        places[k] = at
    return out


@compiled
def swept_all_passes(
    samples: Single, state: Real, feedback: float, low: float, octaves: float, phases: Real, step: float, offset: int
) -> Single:
    """Send `samples` (channels, n) through all-passes of first order whose frequency sways.

    `state` float64 (channels, stages + 1) goes on; its last entry is what is fed back. The frequency, in turns per
    frame, goes from `low` up by `octaves` and back; `phases` (channels,) and `step` are in radians. It is set anew in
    every 16th frame; `offset` is how far behind one of these the first frame is.
    """
    channels, n = samples.shape
    stages = state.shape[1] - 1
    out = np.empty((channels, n), np.float32)
    a = 0.0
    for c in range(channels):
        for i in range(n):
            behind = (offset + i) % 16
            if i == 0 or behind == 0:
                up = 0.5 - 0.5 * np.cos(phases[c] + step * (i - behind))
                slope = np.tan(np.pi * low * 2.0 ** (octaves * up))
                a = (slope - 1.0) / (slope + 1.0)
            x = samples[c, i] + feedback * state[c, stages]
            for k in range(stages):
                y = a * x + state[c, k]
                kept = x - a * y
                state[c, k] = kept if abs(kept) > 1e-20 else 0.0
                x = y
            state[c, stages] = x if abs(x) > 1e-20 else 0.0
            out[c, i] = x
    return out
