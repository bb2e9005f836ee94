"""A parametric equalizer of eight bands."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.effects import biquads
from stemstudio.effects.biquads import Biquads, Section
from stemstudio.effects.effect import Curve, Effect, EffectInfo, Memory, Processor

_LOW_OFF_HZ, _HIGH_OFF_HZ = 20.0, 20000.0
_PEAKS_HZ = (120.0, 400.0, 1500.0, 5000.0)


def _gain(name: str, group: str) -> ParamSpec:
    return ParamSpec(
        name, "float", 0.0, "Gain", "Higher brings this band forward.", -24.0, 24.0, 0.1, "dB", group=group
    )


def _frequency(name: str, default: float, group: str, label: str = "Frequency") -> ParamSpec:
    hint = "Where in the spectrum this band acts."
    return ParamSpec(name, "float", default, label, hint, _LOW_OFF_HZ, _HIGH_OFF_HZ, 1.0, "Hz", group=group)


def _peak_params(number: int, frequency_hz: float) -> tuple[ParamSpec, ...]:
    group = f"Bell {number}"
    return (
        _frequency(f"peak{number}_hz", frequency_hz, group),
        _gain(f"peak{number}_db", group),
        ParamSpec(
            f"peak{number}_q", "float", 1.0, "Q", "Higher is narrower.", 0.1, 20.0, 0.05, group=group,
        ),
    )  # fmt: skip


class Equalizer(Effect):
    """Cuts, shelves and bells as matched second-order sections; bands without gain are left out."""

    info = EffectInfo(
        "eq",
        "Equalizer",
        "Shapes the tone: cuts at both ends, two shelves and four bells.",
        (
            _frequency("low_cut_hz", _LOW_OFF_HZ, "Low cut", "Low cut (off at 20 Hz)"),
            _frequency("low_shelf_hz", 120.0, "Low shelf"),
            _gain("low_shelf_db", "Low shelf"),
            *(spec for index, hertz in enumerate(_PEAKS_HZ) for spec in _peak_params(index + 1, hertz)),
            _frequency("high_shelf_hz", 8000.0, "High shelf"),
            _gain("high_shelf_db", "High shelf"),
            _frequency("high_cut_hz", _HIGH_OFF_HZ, "High cut", "High cut (off at 20 kHz)"),
        ),
        "Vicanek (2016), Matched Second Order Digital Filters; Bristow-Johnson (2005), Cookbook formulae",
    )

    def prepare(self, values: Values, sample_rate: int, channels: int) -> Processor:  # noqa: ARG002 - any number
        """See `Effect.prepare`."""
        return _EqualizerProcessor(_sections(values, sample_rate))

    def memory(self, values: Values, sample_rate: int) -> Memory:
        """See `Effect.memory`."""
        return Memory(2, 1.2 * biquads.fading_s(_sections(values, sample_rate), sample_rate))

    def curve(self, values: Values, sample_rate: int) -> Curve:
        """Return the gain over frequency, from 20 Hz to the Nyquist frequency or 20 kHz."""
        hertz = np.geomspace(20.0, min(20000.0, sample_rate / 2), 256)
        return Curve("response", hertz, biquads.response_db(_sections(values, sample_rate), hertz, sample_rate))


class _EqualizerProcessor:
    gain_reduction_db = 0.0

    def __init__(self, sections: list[Section]) -> None:
        self._biquads = Biquads(sections) if sections else None

    def process(self, block: Samples, sidechain: Samples | None = None) -> Samples:  # noqa: ARG002 - it has none
        """See `Processor.process`."""
        return block.copy() if self._biquads is None else self._biquads.process(block)

    def reset(self, frame: int = 0) -> None:  # noqa: ARG002 - the same everywhere
        """See `Processor.reset`."""
        if self._biquads is not None:
            self._biquads.reset()


def _sections(values: Values, sample_rate: int) -> list[Section]:
    number = {name: float(value) for name, value in values.items()}
    sections = []
    if number["low_cut_hz"] > _LOW_OFF_HZ:
        sections.append(biquads.high_pass(number["low_cut_hz"], sample_rate))
    if number["low_shelf_db"]:
        sections.append(biquads.low_shelf(number["low_shelf_hz"], number["low_shelf_db"], sample_rate))
    for index in range(1, len(_PEAKS_HZ) + 1):
        if number[f"peak{index}_db"]:
            shape = number[f"peak{index}_hz"], number[f"peak{index}_db"], number[f"peak{index}_q"]
            sections.append(biquads.peak(*shape, sample_rate))
    if number["high_shelf_db"]:
        sections.append(biquads.high_shelf(number["high_shelf_hz"], number["high_shelf_db"], sample_rate))
    if number["high_cut_hz"] < _HIGH_OFF_HZ:
        sections.append(biquads.low_pass(number["high_cut_hz"], sample_rate))
    return sections
