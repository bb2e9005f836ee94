"""Moving a selection without pushing any of it out of the song or off the spectrum."""

from __future__ import annotations

import math

from stemstudio.repair.selection import Selection


def moved(selection: Selection, frames: float, octaves: float, song_frames: int) -> Selection:
    """`selection` moved as far as asked or as the ends of the song and of the spectrum allow."""
    extent, half = selection.extent, selection.sample_rate / 2
    frames = min(max(round(frames), -max(extent.first, 0)), max(song_frames - extent.last, 0))
    # Where it reaches an end of the spectrum, octaves have no meaning.
    open_ended = extent.low_hz <= 0 or extent.high_hz >= half
    octaves = 0.0 if open_ended else min(octaves, math.log2(half / extent.high_hz))
    return selection.moved(int(frames), octaves)
