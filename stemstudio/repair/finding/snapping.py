"""Moving the ends of a selection to where they make no click, or to the beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stemstudio.core.source import Source
from stemstudio.repair.extent import Axis
from stemstudio.repair.finding.beats import beats
from stemstudio.repair.selection import Selection

_REACH_S = 0.02


def snapped_to_zero_crossings(selection: Selection, source: Source) -> Selection:
    """Stretch `selection` so that both ends lie where the sum of the channels crosses zero upwards.

    An end without a crossing within 20 ms stays where it is.
    """
    extent = selection.extent
    if extent.is_empty:
        return selection
    first, last = (_nearest_crossing(source, frame) for frame in (extent.first, extent.last))
    return _between(selection, first, last)


def _nearest_crossing(source: Source, frame: int) -> int:
    reach = round(_REACH_S * source.sample_rate)
    start = max(frame - reach, 1)
    mono = source.read(start - 1, max(frame + reach + 2 - start, 0)).sum(axis=0)
    crossings = start + np.flatnonzero((mono[:-1] < 0) & (mono[1:] >= 0))
    if not len(crossings):
        return frame
    return int(crossings[np.argmin(np.abs(crossings - frame))])


def snapped_to_beats(selection: Selection, source: Source, at: Axis | None = None) -> Selection:
    """Stretch `selection` so that it starts and ends on the nearest of the beats.

    Parameters
    ----------
    selection : Selection
    source : Source
        The mixture, or the stem with the clearest pulse.
    at : float64 (n,), optional
        Ascending frames of the beats where they are known; else they are found around either end.
    """
    extent = selection.extent
    if extent.is_empty:
        return selection
    places = beats(source, (extent.first + extent.last) / 2) if at is None else at
    if at is None and not (len(places) and places[0] <= extent.first and extent.last <= places[-1]):
        places = np.union1d(beats(source, extent.first), beats(source, extent.last))
    if len(places) < 2:
        return selection
    first = int(np.argmin(np.abs(places - extent.first)))
    last = int(np.argmin(np.abs(places - extent.last)))
    if last == first:
        # A selection shorter than a beat becomes the beat that it lies in.
        first = min(first - (places[first] > extent.first and first > 0), len(places) - 2)
        last = first + 1
    return _between(selection, round(places[first]), round(places[last]))


def _between(selection: Selection, first: int, last: int) -> Selection:
    if last <= first:
        return selection
    return selection.resized(replace(selection.extent, first=first, last=last))
