"""Erase: silence in place of the selection."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import box_of, with_cells


class Erase:
    """Every selected cell becomes silence; the window of the transform fades the edges."""

    info = MethodInfo(
        id="erase",
        title="Erase",
        summary="Takes out what is selected and leaves silence: for what does not belong to this stem at all.",
        params=(),
        reference="J. B. Allen and L. R. Rabiner (1977), A unified approach to short-time Fourier analysis.",
        margin_s=0.0,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del values, context, reporter
        box = box_of(passage)
        return with_cells(passage, box, np.zeros_like(box.cells))
