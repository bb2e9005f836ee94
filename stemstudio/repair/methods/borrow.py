"""Borrow: what another stem or the mixture has there."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.repair.method import MIXTURE, Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import with_samples


class Borrow:
    """The selected part of another sound takes the place of this one, or is added to it."""

    info = MethodInfo(
        id="borrow",
        title="Borrow",
        summary="Takes what the mixture or another stem has there: for a note that ended up in the wrong stem.",
        params=(
            ParamSpec(
                "source",
                "choice",
                MIXTURE,
                "From",
                "The sound to take from.",
                choices=((MIXTURE, "Mixture"),),
            ),
            ParamSpec(
                "mode",
                "choice",
                "replace",
                "How",
                "Replace forgets what is here; add keeps it and puts the other on top.",
                choices=(("replace", "Replace"), ("add", "Add")),
            ),
            ParamSpec(
                "gain_db",
                "float",
                0.0,
                "Gain",
                "Level of what is borrowed.",
                low=-60.0,
                high=24.0,
                step=0.5,
                unit="dB",
            ),
        ),
        reference="J. B. Allen and L. R. Rabiner (1977), A unified approach to short-time Fourier analysis.",
        sources=("source",),
        margin_s=0.0,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del reporter
        lender = _lender(str(values["source"]), context)
        channels, frames = passage.samples.shape
        if lender.sample_rate != passage.sample_rate or lender.channels != channels:
            raise BadInput("The other sound has another sample rate or channel count.", "Choose another source.")
        borrowed = lender.read(passage.start, frames) * np.float32(10 ** (float(values["gain_db"]) / 20))
        if not np.isfinite(borrowed).all():
            raise BadInput("The other sound holds values that are not numbers.", "Import its file again to repair it.")
        return with_samples(passage, borrowed + passage.samples if values["mode"] == "add" else borrowed)


def _lender(name: str, context: Context) -> Source:
    found = context.mixture if name == MIXTURE else context.others.get(name)
    if found is None:
        raise BadInput(f"There is no {name} here to borrow from.", "Give another sound of the song as context.")
    return found
