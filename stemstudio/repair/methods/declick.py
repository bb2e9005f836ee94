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
_FINE_ORDER = 256
"""Of the model that fills what was found: it holds every partial, where the one that finds must not."""
_PASSES = 3
_EDGE = 3.0
"""Times the usual surprise at which a click ends."""
_APART_SAMPLES = 4
_LOCAL_SAMPLES = 128
_SPIKY = 0.97


class Declick:
    """Clicks are what neither the samples before nor those after predict.

    An autoregressive model of each 46 ms predicts every sample from both sides; where both predictions are missed by
    many times the surprise that is usual there, there is a click, and its samples are replaced by those that make the
    surprise least (Godsill & Rayner, 1998, chapter 5). Asking both sides keeps the attack of a note, which only the
    past does not foresee. The model is fitted anew without the clicks that were found.
    """

    info = MethodInfo(
        id="declick",
        title="De-click",
        summary="Finds clicks and crackle inside the selection and closes them without touching the rest.",
        params=(
            ParamSpec(
                "threshold",
                "float",
                6.0,
                "Threshold",
                "Lower finds softer clicks and starts to take the edge off sharp sounds.",
                low=3.0,
                high=50.0,
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
        runs = [
            (start, min(start + block, last)) for first, last in gaps(passage) for start in range(first, last, block)
        ]
        for channel in wanted:
            found = []
            for i, (first, last) in enumerate(runs):
                reporter.update(i / max(len(runs), 1))
                clicks = _close(channel, first, last, block, float(values["threshold"]), longest)
                if len(clicks):
                    found.append(clicks)
            # The fine models are fitted when no click is left to disturb them.
            for clicks in found:
                _refine(channel, clicks, block)
        return with_samples(passage, wanted.astype(np.float32))


def _close(sound: Signal, first: int, last: int, block: int, threshold: float, longest: int) -> NDArray[np.intp]:
    """Mend the clicks of ``sound[first:last]`` in place and return their samples."""
    margin = max(2 * _ORDER, (block - (last - first)) // 2)
    start, end = max(first - margin, 0), min(last + margin, len(sound))
    heard = sound[start:end].copy()
    order = min(_ORDER, len(heard) // 4)
    mended, done = heard.copy(), np.zeros(0, np.intp)
    for _ in range(_PASSES):
        model = fitted(mended, order)
        clicks = _clicks(heard, model, threshold, longest)
        clicks = clicks[(clicks >= first - start) & (clicks < last - start)]
        if np.array_equal(clicks, done):
            break
        mended, done = heard.copy(), clicks
        if len(clicks):
            mended[clicks] = interpolated(heard, clicks, model)
    sound[start + done] = mended[done]
    return start + done


def _refine(sound: Signal, clicks: NDArray[np.intp], block: int) -> None:
    """Fill `clicks` of `sound` once more from a model that holds every partial, in place."""
    low, high = max(int(clicks[0]) - block, 0), min(int(clicks[-1]) + block, len(sound))
    wide = sound[low:high]
    sound[clicks] = interpolated(wide, clicks - low, fitted(wide, min(_FINE_ORDER, len(wide) // 4)))


def _clicks(sound: Signal, model: Signal, threshold: float, longest: int) -> NDArray[np.intp]:
    """Indices of the samples that are clicks, ascending."""
    from scipy.ndimage import maximum_filter1d

    order = len(model) - 1
    forward = np.abs(np.convolve(sound, model)[: len(sound)])
    backward = np.abs(np.convolve(sound[::-1], model)[: len(sound)][::-1])
    # The first samples are not foreseen for want of a past.
    forward[:order] = backward[:order]
    backward[len(sound) - order :] = forward[len(sound) - order :]
    surprise = np.sqrt(forward * backward)
    # A click starts as a surprise to the past and ends as one to the future, a few samples on.
    sides = [maximum_filter1d(side, 2 * _APART_SAMPLES + 1) for side in (forward, backward)]
    pair = np.sqrt(sides[0] * sides[1])
    clear = pair > threshold * _usual(pair)
    if not clear.any():
        return np.zeros(0, np.intp)
    near = np.convolve(surprise > _EDGE * _usual(surprise), np.ones(7), "same") > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]]))).reshape(-1, 2)
    passed = np.concatenate([[0], np.cumsum(clear)])
    edges = edges[(passed[edges[:, 1]] > passed[edges[:, 0]]) & (edges[:, 1] - edges[:, 0] <= longest)]
    return np.concatenate([np.zeros(0, np.intp), *(np.arange(a, b) for a, b in edges)])


def _usual(surprise: Signal) -> Signal:
    """Surprise to be expected at each sample: high around an attack and in a voice, whose every pulse is a surprise."""
    length = len(surprise)
    middle, spiky = length // 2, int(_SPIKY * (length - 1))
    ordered = np.partition(surprise, [middle, spiky])
    whole = max(float(ordered[middle]), float(ordered[spiky]) / 3, 1e-7)
    count = length // _LOCAL_SAMPLES
    if count < 2:
        return np.full(length, whole)
    half = _LOCAL_SAMPLES // 2
    local = np.partition(surprise[: count * _LOCAL_SAMPLES].reshape(count, -1), half, axis=1)[:, half]
    # A click that has blunted the model fills one of these pieces with surprise, an attack fills several.
    both = np.minimum(local[1:], local[:-1])
    lasting = np.maximum(both[_clipped(count, -1, count - 2)], both[_clipped(count, 0, count - 2)])
    usual = np.maximum(lasting[_clipped(count, -1, count - 1)], lasting[_clipped(count, 1, count - 1)])
    usual = np.maximum(usual, np.maximum(lasting, whole))
    return usual[np.minimum(np.arange(length) // _LOCAL_SAMPLES, count - 1)]


def _clipped(count: int, shift: int, last: int) -> NDArray[np.intp]:
    """Indices ``shift .. count + shift``, those that are outside 0 .. `last` at its ends."""
    return np.minimum(np.maximum(np.arange(shift, count + shift), 0), last)
