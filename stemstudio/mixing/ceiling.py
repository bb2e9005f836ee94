"""Holding many channels under a ceiling by moving between two ways to say the same.

A limiter that turns down single channels would move the image, and would change a fold-down that has to stay. Here a
second rendering of the same sound is known that is safe: silence, or the mix spread over all loudspeakers. Where the
wanted rendering would pass the ceiling, part of the way towards the safe one is gone, all channels together. Whatever
linear sum both renderings share, such as their fold-down, every point on the way shares too.

How far to go is found in segments of about 1.5 ms, ahead of and behind the peak, and changes along a smooth curve of
about 50 ms. It depends on nothing farther away than `margin_frames`, so it does not depend on how the sound is read.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples

_REACH = 16  # segments that the smooth curve extends to either side
_TAPS = 32
_NEAR = 0.65
"""A wave rises above its samples by 3 dB and little more: below this share of the ceiling nobody looks between them."""

_SAFETY = 10 ** (-0.03 / 20)


def segment_frames(sample_rate: int) -> int:
    """Length of a segment: a power of two of about 1.5 ms."""
    return 1 << max(4, round(math.log2(0.00145 * sample_rate)))


def margin_frames(sample_rate: int) -> int:
    """How much `held` has to know before and behind what it gives; a whole number of segments."""
    return (2 * _REACH + 4) * segment_frames(sample_rate)


def held(wanted: Samples, safe: Samples, ceiling: float, sample_rate: int) -> Samples:
    """Return `wanted`, as near to `safe` as is needed to keep every true peak under `ceiling`.

    Parameters
    ----------
    wanted, safe : float32 (channels, frames)
        A whole number of segments, beginning on a multiple of a segment in the song, margins included.
    ceiling : float
        Largest magnitude, linear. It is met if `safe` meets it.
    sample_rate : int

    Returns
    -------
    float32 (channels, frames - 2 * margin)
        `wanted` itself, bit by bit, where nothing is too loud.
    """
    segment, margin = segment_frames(sample_rate), margin_frames(sample_rate)
    inner = slice(margin, wanted.shape[1] - margin)
    share = _largest_share(wanted, safe, ceiling * _SAFETY).reshape(-1, segment).min(axis=1)
    if share.min() == 1.0:
        return np.ascontiguousarray(wanted[:, inner])
    # The smallest share within reach, then a weighted mean over that reach: never above what a segment allows.
    least = sliding_window_view(np.pad(share, _REACH + 1, constant_values=1.0), 2 * _REACH + 3).min(axis=1)
    weights = np.hanning(2 * _REACH + 3)[1:-1]
    smooth = np.convolve(least, weights / weights.sum(), "same")
    centres = (np.arange(len(smooth)) + 0.5) * segment
    course = np.interp(np.arange(inner.start, inner.stop) + 0.5, centres, smooth).astype(np.float32)
    return safe[:, inner] + course * (wanted[:, inner] - safe[:, inner])


def _largest_share(wanted: Samples, safe: Samples, ceiling: float) -> NDArray[np.float64]:
    """How much of the way from `safe` to `wanted` each frame allows: float64 (frames,), 1 where all of it."""
    share = np.ones(wanted.shape[1])
    near = np.abs(wanted) > ceiling * _NEAR
    near[:, :-1] |= near[:, 1:]  # what lies between two frames is looked for at the first of them
    channel, at = np.nonzero(near)
    if not len(at):
        return share
    _limit_to(share, at, wanted[channel, at], safe[channel, at], ceiling)
    padding = ((0, 0), (_TAPS // 2 - 1, _TAPS // 2))
    between = _interpolators()
    rows = [sliding_window_view(np.pad(each, padding), _TAPS, axis=1)[channel, at] @ between for each in (wanted, safe)]
    for phase in range(between.shape[1]):
        for reached in (at, np.minimum(at + 1, len(share) - 1)):  # the peak lies between two frames: both give way
            _limit_to(share, reached, rows[0][:, phase], rows[1][:, phase], ceiling)
    return share


def _limit_to(
    share: NDArray[np.float64], at: NDArray[np.int64], wanted: Samples, safe: Samples, ceiling: float
) -> None:
    """Lower `share` at the frames `at` so far that the way from `safe` to `wanted` ends at `ceiling`; in place."""
    loud = np.abs(wanted) > ceiling
    high, low = wanted[loud].astype(np.float64), safe[loud].astype(np.float64)
    way = high - low
    way[way == 0.0] = 1.0
    np.minimum.at(share, at[loud], np.clip((np.copysign(ceiling, high) - low) / way, 0.0, 1.0))


@cache
def _interpolators() -> NDArray[np.float32]:
    """Return the taps for the three points between two samples, float32 (taps, 3)."""
    distance = np.arange(_TAPS)[:, np.newaxis] - (_TAPS // 2 - 1) - np.array([0.25, 0.5, 0.75])
    taps = np.sinc(distance) * np.i0(6.0 * np.sqrt(1 - (distance / (_TAPS / 2)) ** 2)) / np.i0(6.0)
    return np.asarray(taps / taps.sum(axis=0), np.float32)
