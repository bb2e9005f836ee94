"""Keeps pictures of the lanes' sounds through edits, undo and the end of a separation."""

from __future__ import annotations

from collections.abc import Iterable

from stemstudio.project.differences import changed_frames
from stemstudio.ui.lanes import StemLane
from stemstudio.ui.spectrogram.shelf import Changes, PyramidShelf
from stemstudio.ui.studio import Studio

_LEAST_GROWTH_S = 1.0


class LaneSounds:
    """Compares the lanes with what they were, and tells `shelf` which sound became which."""

    def __init__(self, studio: Studio, shelf: PyramidShelf) -> None:
        self._studio, self._shelf = studio, shelf
        self._lanes: dict[str, StemLane] = {}
        self._drawn: dict[str, int] = {}

    def keep_up(self, selected: StemLane | None) -> bool:
        """Follow the document; True if `selected` is the lane it was and an edit changed its sound."""
        lanes = {lane.key: lane for lane in self._studio.lanes()}
        edited = False
        for key, lane in lanes.items():
            before = self._lanes.get(key)
            if before is not None and before.sound_key != lane.sound_key:
                changed = self._changed(before, lane)
                if changed is not None and self._shelf.find(before.sound_key):
                    self._shelf.rename(before.sound_key, lane.sound_key, lane.source(), changed)
                    edited = edited or (selected is not None and key == selected.key)
        self._lanes = lanes
        there = {lane.sound_key for lane in lanes.values()}
        self._drawn = {key: frames for key, frames in self._drawn.items() if key in there}
        self.grow(lane for lane in lanes.values() if lane.live)
        return edited

    def grow(self, lanes: Iterable[StemLane]) -> bool:
        """Say what a running separation has written of `lanes` since; True if there was enough of it."""
        running, grown = self._studio.running, False
        for lane in lanes:
            if running is None or not lane.live:
                continue
            written, drawn = running.live.written_frames, self._drawn.get(lane.sound_key, 0)
            if written - drawn > _LEAST_GROWTH_S * lane.clip.sample_rate:
                for pyramid in self._shelf.find(lane.sound_key):
                    pyramid.invalidate(drawn, written)
                self._drawn[lane.sound_key] = written
                grown = True
        return grown

    def _changed(self, before: StemLane, lane: StemLane) -> Changes | None:
        if before.clip != lane.clip:
            return None
        if before.live and not lane.live:
            return ((self._drawn.get(before.sound_key, 0), lane.clip.frames),)
        if before.stem is None or lane.stem is None:
            return None
        return changed_frames(before.stem, lane.stem)
