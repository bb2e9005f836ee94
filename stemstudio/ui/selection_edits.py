"""What is done to a selection that is there: all, none, invert, grow, feather, snap, numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stemstudio.core.source import Source
from stemstudio.repair.selection import Extent, Selection
from stemstudio.ui.selecting import Selecting
from stemstudio.ui.studio import Studio

Change = Callable[[Selection], Selection]
Snap = Callable[[Selection, Source], Selection]


class SelectionEdits:
    """Changes the editor's selection; where nothing is selected, what needs a selection does nothing."""

    def __init__(self, studio: Studio, selecting: Selecting) -> None:
        self._studio, self._selecting, self._editor = studio, selecting, selecting.editor
        self.seconds, self.semitones = 0.02, 1.0
        """By how much `grow`, `shrink` and `feather` go."""

    def select_all(self) -> None:
        """Select the whole song."""
        track = self._studio.track
        if track is not None:
            rate = track.mixture.sample_rate
            self._editor.set_selection(Selection.time_range(rate, 0, track.mixture.frames))

    def select_none(self) -> None:
        """Select nothing."""
        self._editor.set_selection(None)

    def select_in_sight(self) -> None:
        """Select what the picture shows."""
        extent = self._in_sight()
        if extent is not None:
            self._editor.set_selection(self._box(extent))

    def invert(self) -> None:
        """Select all else of the time in sight."""
        selection, seen = self._editor.selection, self._in_sight()
        if selection is not None and seen is not None:
            extent = Extent(seen.first, seen.last, 0.0, selection.sample_rate / 2)
            self._editor.set_selection(selection.inverted(extent))

    def grow(self) -> None:
        """Take in what is next to the selection."""
        self._replace(lambda selection: selection.grown(self.seconds, self.semitones))

    def shrink(self) -> None:
        """Leave out what is at its edge."""
        self._replace(lambda selection: selection.grown(-self.seconds, -self.semitones))

    def feather(self) -> None:
        """Let its edges fade."""
        self._replace(lambda selection: selection.feathered(self.seconds, self.semitones))

    def whole_time(self) -> None:
        """Let it reach over the whole song."""
        track = self._studio.track
        if track is not None:
            frames = track.mixture.frames
            self._replace(lambda selection: selection.resized(replace(selection.extent, first=0, last=frames)))

    def whole_band(self) -> None:
        """Let it reach over all frequencies."""
        self._replace(
            lambda selection: selection.resized(
                replace(selection.extent, low_hz=0.0, high_hz=selection.sample_rate / 2)
            )
        )

    def snap_to_zero_crossings(self) -> None:
        """Move its start and end to where the sound crosses zero."""
        lane = self._studio.lane
        if lane is not None:
            self._snap(_snapped_to_zero, lane.source())

    def snap_to_beats(self) -> None:
        """Move its start and end to beats of the song."""
        lanes = self._studio.lanes()
        if lanes:
            self._snap(_snapped_to_beats, lanes[0].source())

    def set_extent(self, extent: Extent) -> None:
        """Let the selection reach from here to there; a box where there is none."""
        selection, track = self._editor.selection, self._studio.track
        if track is None or extent.is_empty:
            return
        if selection is None:
            self._editor.set_selection(self._box(extent))
        elif extent != selection.extent:
            self._editor.set_selection(selection.resized(extent))

    def _replace(self, change: Change) -> None:
        if self._editor.selection is not None:
            self._editor.set_selection(change(self._editor.selection))

    def _snap(self, snapped: Snap, source: Source) -> None:
        selection = self._editor.selection
        if selection is not None:
            self._selecting.look_for(lambda _: snapped(selection, source))

    def _box(self, extent: Extent) -> Selection:
        track = self._studio.track
        assert track is not None
        return Selection.box(track.mixture.sample_rate, extent.first, extent.last, extent.low_hz, extent.high_hz)

    def _in_sight(self) -> Extent | None:
        view = self._selecting.view
        if view is None or view.pyramid is None:
            return None
        seen, scale = view.viewport, view.projection.scale
        low = 0.0 if seen.bottom <= 0 else scale.hertz(seen.bottom)
        high = seen.sample_rate / 2 if seen.top >= 1 else scale.hertz(seen.top)
        return Extent(round(seen.start), round(min(seen.end, seen.frames)), low, high)


def _snapped_to_zero(selection: Selection, source: Source) -> Selection:
    from stemstudio.repair.finding.snapping import snapped_to_zero_crossings

    return snapped_to_zero_crossings(selection, source)


def _snapped_to_beats(selection: Selection, source: Source) -> Selection:
    from stemstudio.repair.finding.snapping import snapped_to_beats

    return snapped_to_beats(selection, source)
