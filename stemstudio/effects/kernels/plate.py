"""The tank of a plate reverb, sample by sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.compiled import compiled

Real = NDArray[np.float64]
Whole = NDArray[np.int64]


@compiled
def _audible(sample: float) -> float:
    """Silence instead of numbers so small that they take a hundred times as long and never end."""
    return sample if abs(sample) > 1e-20 else 0.0


@compiled
def _all_pass(line: Real, at: int, length: int, sample: float, gain: float) -> float:
    """Put `sample` into a ring that stands at `at` and return what leaves the all-pass."""
    old = line[at % length]
    kept = _audible(sample + gain * old)
    line[at % length] = kept
    return float(old - gain * kept)


@compiled
def _swaying_all_pass(line: Real, at: int, length: int, late: float, sample: float, gain: float) -> float:
    """The same, read `late` frames behind between two samples."""
    whole = int(late)
    t = late - whole
    old = line[(at - whole) % length] * (1.0 - t) + line[(at - whole - 1) % length] * t
    kept = _audible(sample + gain * old)
    line[at % length] = kept
    return float(old - gain * kept)


@compiled
def plate(
    mono: Real, lines: Real, lengths: Whole, taps: Whole, state: Real, at: int, gains: Real, sway: Real, phase: Real
) -> Real:
    """Reverb of `mono` (n,) on two channels; float64 (2, n). Figure 1 of Dattorro (1997).

    Parameters
    ----------
    lines, lengths
        Rings: 0 to 3 the input diffusers; for either half of the tank, from 4 and 8, swaying all-pass, delay,
        all-pass, delay. All stand at `at`.
    taps
        (2, 7): how late either output hears three lines of the other half and three of its own.
    state
        (5,): input low-pass, damping of either half, and what either half passes to the other. Goes on.
    gains
        (7,): bandwidth, input diffusion 1 and 2, decay diffusion 1 and 2, damping, decay.
    sway
        (3,): depth in frames and the two all-passes' delays.
    phase
        (2,): of the sway at the first frame and its step, in radians.
    """
    out = np.empty((2, mono.shape[0]))
    bandwidth, diffusion_1, diffusion_2, decay_1, decay_2, damping, decay = gains
    for i in range(mono.shape[0]):
        now = at + i
        state[0] = _audible(state[0] + bandwidth * (mono[i] - state[0]))
        fed = state[0]
        for k in range(4):
            fed = _all_pass(lines[k], now, lengths[k], fed, diffusion_1 if k < 2 else diffusion_2)
        crossing = state[4], state[3]
        for half in range(2):
            first = 4 + 4 * half
            late = sway[1 + half] + sway[0] * np.sin(phase[0] + phase[1] * i + half * np.pi / 2)
            x = _swaying_all_pass(lines[first], now, lengths[first], late, fed + decay * crossing[half], -decay_1)
            line, length = lines[first + 1], lengths[first + 1]
            delayed = line[now % length]
            line[now % length] = x
            state[1 + half] = _audible(state[1 + half] + (1.0 - damping) * (delayed - state[1 + half]))
            x = _all_pass(lines[first + 2], now, lengths[first + 2], decay * state[1 + half], decay_2)
            line, length = lines[first + 3], lengths[first + 3]
            state[3 + half] = line[now % length]
            line[now % length] = x
        for side in range(2):
            near, far = 4 + 4 * side, 8 - 4 * side
            heard = _at(lines, lengths, far + 1, now, taps[side, 0]) + _at(lines, lengths, far + 1, now, taps[side, 1])
            heard += _at(lines, lengths, far + 3, now, taps[side, 3]) - _at(lines, lengths, far + 2, now, taps[side, 2])
            heard -= _at(lines, lengths, near + 1, now, taps[side, 4]) + _at(
                lines, lengths, near + 2, now, taps[side, 5]
            )
            heard -= _at(lines, lengths, near + 3, now, taps[side, 6])
            out[side, i] = 0.6 * heard
    return out


@compiled
def _at(lines: Real, lengths: Whole, line: int, now: int, late: int) -> float:
    return float(lines[line, (now - late) % lengths[line]])
