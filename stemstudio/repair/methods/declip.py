"""De-clip: peaks that were cut off are rounded again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.autoregression import Signal, fitted, interpolated
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import gaps, with_samples

_BLOCK_S = 0.023
_ORDER = 32
_PASSES = 3
_MOST_MISSING = 0.5
"""Share of a block that may be cut off; a model of less than the other half is a guess."""
_LONGEST_OVERSHOOT = 4.0


class Declip:
    """Samples at the clipping level are unknown but for lying beyond it.

    In blocks of 23 ms an autoregressive model fills them by least squares, is fitted anew to the result, and fills
    them again (Janssen, Veldhuis & Vries, 1986). What falls short of the clipping level is set to it and counts as
    known while the others are solved once more, so that the result agrees with what was heard.
    """

    info = MethodInfo(
        id="declip",
        title="De-clip",
        summary="Rebuilds peaks that a recording at too high a level cut off; they come out above full scale.",
        params=(
            ParamSpec(
                "level_db",
                "float",
                -0.1,
                "Level",
                "Samples above this share of the loudest one of the selection count as cut off; lower takes in more.",
                low=-6.0,
                high=-0.01,
                step=0.01,
                unit="dB",
            ),
        ),
        reference="A. Janssen, R. Veldhuis and L. Vries (1986), Adaptive interpolation of discrete-time signals.",
        margin_s=0.1,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context
        wanted = passage.samples.astype(np.float64)
        share = 10 ** (float(values["level_db"]) / 20)
        block = max(round(_BLOCK_S * passage.sample_rate), 4 * _ORDER)
        for first, last in gaps(passage):
            level = np.abs(wanted[:, first:last]).max(axis=1) * share
            for start in range(first, last, block):
                reporter.update((start - passage.first) / max(passage.last - passage.first, 1))
                for channel, top in zip(wanted, level, strict=True):
                    _rebuild(channel, start, min(start + block, last), float(top))
        return with_samples(passage, wanted.astype(np.float32))


def _rebuild(sound: Signal, first: int, last: int, level: float) -> None:
    """Restore the peaks of ``sound[first:last]`` that reach `level`, in place."""
    if level <= 0:
        return
    start, end = max(first - 4 * _ORDER, 0), min(last + 4 * _ORDER, len(sound))
    heard = sound[start:end].copy()
    cut = np.flatnonzero(np.abs(heard) >= level)
    cut = cut[(cut >= first - start) & (cut < last - start)]
    if not len(cut) or len(cut) > _MOST_MISSING * (last - first):
        return
    mended = heard.copy()
    for _ in range(_PASSES):
        model = fitted(mended, min(_ORDER, len(heard) // 4))
        mended = _consistent(heard, cut, model)
    sound[first:last] = mended[first - start : last - start]


def _consistent(heard: Signal, cut: NDArray[np.intp], model: Signal) -> Signal:
    """Fill the samples `cut` so that each lies beyond what was heard, on its side."""
    filled, open_ = heard.copy(), cut
    most = _LONGEST_OVERSHOOT * float(np.abs(heard).max())
    for _ in range(_PASSES):
        found = interpolated(filled, open_, model)
        beyond = found * np.sign(heard[open_]) >= np.abs(heard[open_])
        filled[open_] = np.where(beyond, np.clip(found, -most, most), heard[open_])
        if beyond.all() or not beyond.any():
            break
        open_ = open_[beyond]
    return filled
