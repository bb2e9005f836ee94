"""De-click: short disturbances are found and closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.autoregression import Signal, fitted, interpolated
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import gaps, with_samples

_BLOCK_S = 0.046
_ORDER = 48
_PASSES = 3
_GUARD_SAMPLES = 3
"""Samples on either side of a click that still hear it."""


class Declick:
    """Clicks are what neither the samples before nor those after predict.

    An autoregressive model of each 46 ms predicts every sample from both sides; where both predictions are missed by
    many times the usual surprise there is a click, and its samples are replaced by those that make the surprise least
    (Godsill & Rayner, 1998, chapter 5). Asking both sides keeps the attack of a note, which only the past does not
    foresee. The model is fitted anew without the clicks that were found.
    """

    info = MethodInfo(
        id="declick",
        title="De-click",
        summary="Finds clicks and crackle inside the selection and closes them without touching the rest.",
        params=(
            ParamSpec(
                "threshold",
                "float",
                5.0,
                "Threshold",
                "Lower finds softer clicks and starts to take the edge off sharp sounds.",
                low=2.0,
                high=30.0,
                step=0.5,
            ),
            ParamSpec(
                "longest_ms",
                "float",
                4.0,
                "Longest click",
                "What is longer is left alone.",
                low=0.1,
                high=20.0,
                step=0.1,
                unit="ms",
            ),
        ),
        reference="S. Godsill and P. Rayner (1998), Digital audio restoration, Springer.",
        margin_s=0.1,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context
        wanted = passage.samples.astype(np.float64)
        longest = max(round(float(values["longest_ms"]) / 1000 * passage.sample_rate), 1)
        block = max(round(_BLOCK_S * passage.sample_rate), 4 * _ORDER)
        for first, last in gaps(passage):
            for start in range(first, last, block):
                reporter.update((start - passage.first) / max(passage.last - passage.first, 1))
                for channel in wanted:
                    _close(channel, start, min(start + block, last), block, float(values["threshold"]), longest)
        return with_samples(passage, wanted.astype(np.float32))


def _close(sound: Signal, first: int, last: int, block: int, threshold: float, longest: int) -> None:
    """Mend the clicks of ``sound[first:last]`` in place."""
    margin = max(2 * _ORDER, (block - (last - first)) // 2)
    start, end = max(first - margin, 0), min(last + margin, len(sound))
    heard = sound[start:end].copy()
    order = min(_ORDER, len(heard) // 4)
    mended, done = heard.copy(), np.zeros(0, np.intp)
    for _ in range(_PASSES):
        model = fitted(mended, order)
        clicks = _clicks(heard, model, threshold, longest)
        clicks = clicks[(clicks >= first - start) & (clicks < last - start)]
        if not len(clicks) or np.array_equal(clicks, done):
            break
        mended = heard.copy()
        mended[clicks] = interpolated(heard, clicks, model)
        done = clicks
    sound[first:last] = mended[first - start : last - start]


def _clicks(sound: Signal, model: Signal, threshold: float, longest: int) -> NDArray[np.intp]:
    """Indices of the samples that are clicks, ascending."""
    order = len(model) - 1
    forward = np.abs(np.convolve(sound, model)[: len(sound)])
    backward = np.abs(np.convolve(sound[::-1], model)[: len(sound)][::-1])
    # The first samples are not foreseen for want of a past.
    forward[:order] = backward[:order]
    backward[len(sound) - order :] = forward[len(sound) - order :]
    surprise = np.sqrt(forward * backward)
    usual = np.median(surprise) + 1e-9
    hit = surprise > threshold * usual
    near = np.convolve(hit, np.ones(2 * _GUARD_SAMPLES + 1), "same") > 0
    # Two hits a few samples apart are one click.
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]]))).reshape(-1, 2)
    short = [np.arange(a, b) for a, b in edges if b - a - 2 * _GUARD_SAMPLES <= longest]
    return np.concatenate(short) if short else np.zeros(0, np.intp)
