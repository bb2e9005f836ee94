"""Run a repair method so that nothing but the selection changes.

A method sees the selection with a margin, and whatever else of the song it asks for; the result holds the frames that
the selection spans and half a window on either side, and no other frame of the song.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.params import ParamSpec, Values, resolve
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.stems import stem_kind
from stemstudio.repair.method import MIXTURE, Context, MethodInfo, Passage
from stemstudio.repair.registry import method
from stemstudio.repair.selection import Selection
from stemstudio.repair.spectral_box import reach_samples

LONGEST_S = 600.0
"""A longer selection would not fit the memory that one edit may take."""


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """What takes the place of the stem's frames from `start` on: float32 (channels, n)."""

    start: int
    samples: Samples


def params_at_hand(info: MethodInfo, context: Context) -> tuple[ParamSpec, ...]:
    """Parameters of a method, those that choose a sound with the mixture and the stems of `context` as choices."""
    stems = [(name, stem_kind(name).title) for name in context.others]
    mixture = [(MIXTURE, "Mixture")] if context.mixture is not None else []
    choices = tuple(mixture + stems)
    if not choices:
        return info.params
    return tuple(
        replace(spec, choices=choices, default=choices[0][0]) if spec.name in info.sources else spec
        for spec in info.params
    )


def repair(
    source: Source, selection: Selection, method_id: str, values: Values, context: Context, reporter: Reporter
) -> Repaired:
    """Mend what `selection` holds of `source` with the method `method_id`.

    Parameters
    ----------
    source : Source
        The stem.
    selection : Selection
        At the rate of `source`.
    values : Mapping
        Any of the method's parameters by name; the others take their defaults.
    context : Context
        Sounds of the rate, channels and frames of `source`.

    Raises
    ------
    BadInput
        If the method, a parameter, the selection or the sound is not usable.
    Cancelled
        If the person asked to stop.
    """
    chosen = method(method_id)
    checked = resolve(params_at_hand(chosen.info, context), values)
    passage = _passage(source, selection, chosen.info.margin_s)
    reporter.update(0.0, chosen.info.title)
    # An infinity in a method shows as a result that is not finite, which is caught below.
    with np.errstate(all="ignore"):
        mended = chosen.repair(passage, checked, context, reporter)
    if mended.shape != passage.samples.shape or mended.dtype != np.float32:
        raise ValueError(f"{method_id} gave {mended.dtype}{mended.shape} for {passage.samples.shape}")
    reach = reach_samples(source.sample_rate)
    first, last = max(passage.first - reach, 0), min(passage.last + reach, mended.shape[1])
    result = np.ascontiguousarray(mended[:, first:last])
    if not np.isfinite(result).all():
        raise ValueError(f"{method_id} gave values that are not numbers")
    reporter.update(1.0)
    return Repaired(passage.start + first, result)


def selected_frames(source: Source, selection: Selection) -> tuple[int, int]:
    """First frame of `source` that `selection` may change, and the one after the last.

    Raises
    ------
    BadInput
        If there is none, or there are more than one edit may change.
    """
    if selection.sample_rate != source.sample_rate:
        raise BadInput("The selection was made at another sample rate.", "Select again.")
    if selection.is_empty:
        raise BadInput("Nothing is selected.", "Select what is to be mended.")
    extent = selection.extent
    first, last = max(extent.first, 0), min(extent.last, source.frames)
    if first >= last or extent.low_hz >= source.sample_rate / 2:
        raise BadInput("The selection lies outside the sound.", "Select a part of the sound.")
    if last - first > LONGEST_S * source.sample_rate:
        raise BadInput(
            f"The selection is longer than {LONGEST_S / 60:.0f} minutes.", "Select less, and mend the rest after it."
        )
    return first, last


def _passage(source: Source, selection: Selection, margin_s: float) -> Passage:
    first, last = selected_frames(source, selection)
    margin = max(round(margin_s * source.sample_rate), reach_samples(source.sample_rate))
    start, end = max(first - margin, 0), min(last + margin, source.frames)
    samples = source.read(start, end - start)
    if not np.isfinite(samples).all():
        raise BadInput("The sound holds values that are not numbers.", "Import the file again to repair it.")
    return Passage(start, samples, source.sample_rate, selection, first - start, last - start)
