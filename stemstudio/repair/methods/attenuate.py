"""Attenuate: down to the level of the surroundings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import Box, Cells, box_of, with_cells
from stemstudio.repair.surroundings import bridged_level, no_surroundings
from stemstudio.spectral.stft import Spectrum

DIRECTION = ParamSpec(
    "direction",
    "choice",
    "time",
    "Look",
    "Along time suits short noises, along frequency long and narrow ones; both takes the softer of the two.",
    choices=(("time", "Along time"), ("frequency", "Along frequency"), ("both", "Both")),
)
REACH_S = 0.15
"""Seconds of sound before and after the selection whose level counts."""
REACH_HZ = 200.0
FLOOR_HZ = 300.0
"""Width over which `heal` looks for the floor under the tones."""


class Attenuate:
    """Every selected cell that is louder than its surroundings is brought down to their level.

    The level of the surroundings is the mean power of the known cells on either side, carried from one side to the
    other in decibels. Phases stay: this is a gain below 1 per cell (Boll, 1979, eq. 8, with the surroundings' level as
    the target), so that softer sound under the noise is kept.
    """

    info = MethodInfo(
        id="attenuate",
        title="Attenuate",
        summary="Brings what sticks out down to the level around it: for coughs, squeaks and rings that are louder "
        "than the music.",
        params=(
            DIRECTION,
            ParamSpec(
                "strength",
                "float",
                100.0,
                "Strength",
                "Higher comes nearer to the level of the surroundings.",
                low=0.0,
                high=100.0,
                step=1.0,
                unit="%",
            ),
        ),
        reference="S. F. Boll (1979), Suppression of acoustic noise in speech using spectral subtraction.",
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context, reporter
        box = box_of(passage)
        power = power_of(box.cells)
        target = surrounding_power(box, power, passage.sample_rate, str(values["direction"]))
        gain = np.minimum(np.sqrt(target / (power + np.float32(1e-20))), 1)
        return with_cells(passage, box, box.cells * gain ** np.float32(float(values["strength"]) / 100))


def power_of(cells: Spectrum) -> Cells:
    """Squared magnitudes, float32."""
    return cells.real**2 + cells.imag**2


def surrounding_power(box: Box, power: Cells, sample_rate: int, direction: str) -> Cells:
    """Power of the surroundings, of the shape of `power` (channels, frames, bins); `BadInput` if there are none.

    Where one direction finds nothing the other one answers. Far above and below the selection it is 0.
    """
    near = box.bins_about(REACH_HZ + FLOOR_HZ, sample_rate)
    level = np.zeros_like(power)
    level[:, :, near] = _level(box, power[:, :, near], near, sample_rate, direction)
    return level


def _level(box: Box, power: Cells, near: slice, sample_rate: int, direction: str) -> Cells:
    """Power of the surroundings in the bins `near`, those of `power`."""
    known, selected = box.known[:, near], box.weights[:, near] > 0
    frames = max(round(REACH_S * sample_rate / box.spec.hop), 2)
    bins = max(round(REACH_HZ * box.spec.n_fft / sample_rate), 2)

    def along_time() -> NDArray[np.float32]:
        return bridged_level(power.swapaxes(1, 2), known.T, frames).swapaxes(1, 2)

    def along_frequency() -> NDArray[np.float32]:
        return bridged_level(power, known, bins)

    level = along_frequency() if direction == "frequency" else along_time()
    if direction == "both":
        level = np.fmin(level, along_frequency())
    if np.isnan(level[:, selected]).any():
        other = along_time() if direction == "frequency" else along_frequency()
        level = np.where(np.isnan(level), other, level)
        if np.isnan(level[:, selected]).any():
            raise no_surroundings()
    return np.nan_to_num(level)
