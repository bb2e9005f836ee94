"""Gain: louder or softer."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import box_of, with_cells


class Gain:
    """Every selected cell is multiplied by one factor."""

    info = MethodInfo(
        id="gain",
        title="Gain",
        summary="Makes what is selected louder or softer: for a note that sticks out or drowns.",
        params=(
            ParamSpec(
                "gain_db",
                "float",
                -6.0,
                "Gain",
                "Below 0 makes the selection softer, above 0 louder.",
                low=-60.0,
                high=24.0,
                step=0.5,
                unit="dB",
            ),
        ),
        reference="J. B. Allen and L. R. Rabiner (1977), A unified approach to short-time Fourier analysis.",
        margin_s=0.0,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context, reporter
        box = box_of(passage)
        return with_cells(passage, box, box.cells * np.float32(10 ** (float(values["gain_db"]) / 20)))
