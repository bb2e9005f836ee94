"""Inpaint: the sound before and after goes on into the gap."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.autoregression import Signal, burg, extrapolated, interpolated, ringing
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import gaps, with_samples
from stemstudio.repair.surroundings import no_surroundings

_CONTEXT_SAMPLES = 4096
_ORDER = 512
_LONGEST_RUN_S = 0.4
"""How far one side is continued."""
_JOINT_SAMPLES = 1024
"""Up to this many samples are solved for together, which is better and takes time with their cube."""
_LEAST_CONTEXT = 64


class Inpaint:
    """The gap is forgotten and filled from both sides by prediction.

    A long autoregressive model of both sides together holds every partial beside the gap. Each side is continued into
    the gap and the two are crossfaded (Kauppinen & Roth, 2002; Etter, 1996). Up to a thousand samples are solved for
    by least squares instead (Janssen, Veldhuis & Vries, 1986). Only at an end of the song one side is enough.
    """

    info = MethodInfo(
        id="inpaint",
        title="Inpaint",
        summary="Fills a gap with the sound that goes on from both sides, in phase: for drop-outs and noises of up to "
        "a fifth of a second.",
        params=(
            ParamSpec(
                "detail",
                "int",
                100,
                "Detail",
                "Higher follows more partials at once and takes longer; lower suits a sound that changes fast.",
                low=5,
                high=100,
                step=5,
                unit="%",
                group="Advanced",
            ),
        ),
        reference="I. Kauppinen and K. Roth (2002), Audio signal extrapolation: theory and applications, DAFx.",
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context
        wanted = passage.samples.astype(np.float64)
        share = float(values["detail"]) / 100
        found = gaps(passage)
        for i, (first, last) in enumerate(found):
            for channel in wanted:
                reporter.update(i / len(found))
                channel[first:last] = _filled(channel, first, last, passage.sample_rate, share)
        return with_samples(passage, wanted.astype(np.float32))


def _filled(sound: Signal, first: int, last: int, sample_rate: int, share: float) -> Signal:
    """What goes into ``sound[first:last]``."""
    count = last - first
    context = _CONTEXT_SAMPLES
    before, after = sound[max(first - context, 0) : first], sound[last : last + context][::-1]
    enough = min(max(_LEAST_CONTEXT, count // 8), context // 4)
    if max(len(before), len(after)) < enough:
        raise no_surroundings()
    if count <= _JOINT_SAMPLES and min(len(before), len(after)) >= enough:
        return _joint(sound, first, last, round(_ORDER * share))
    run = min(count, round(_LONGEST_RUN_S * sample_rate))
    filled = np.zeros(count)
    two_sided = min(len(before), len(after)) >= enough
    pasts = [past for past in (before, after) if len(past) >= enough]
    model = burg(pasts, min(round(_ORDER * share), min(map(len, pasts)) // 3))
    response = ringing(model, min(run, _CONTEXT_SAMPLES))
    for side, past in ((1, before), (-1, after)):
        if len(past) < enough:
            continue
        future = extrapolated(past, model, response, run)
        fade_over = run if two_sided or run < count else 0
        if fade_over:
            future *= np.cos(np.linspace(0, np.pi / 2, fade_over)) ** 2
        filled[::side][:run] += future
    return filled


def _joint(sound: Signal, first: int, last: int, order: int) -> Signal:
    """Least squares over both sides of a short gap."""
    context = _CONTEXT_SAMPLES
    before, after = sound[max(first - context, 0) : first], sound[last : last + context]
    order = min(order, min(len(before), len(after)) // 3)
    model = burg([before, after[::-1]], order)
    start = max(first - order, 0)
    piece = sound[start : last + order]
    return interpolated(piece, np.arange(first - start, last - start), model)
