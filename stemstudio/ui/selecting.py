"""Which tool is in hand and what it makes: keeps the views, the tools and the editor's selection in step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from stemstudio.core.errors import BadInput
from stemstudio.core.params import ParamValue
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.jobs.job import Job, Lane
from stemstudio.repair.selection import Extent, Selection
from stemstudio.ui.editor import Editor
from stemstudio.ui.spectrogram.selecting.catalogue import TOOLS, ToolSpec, tool
from stemstudio.ui.spectrogram.selecting.mode import Mode, combined
from stemstudio.ui.spectrogram.selecting.picking import Pick
from stemstudio.ui.spectrogram.selecting.settings import ToolSettings
from stemstudio.ui.spectrogram.view import SpectrogramView
from stemstudio.ui.studio import Studio

Find = Callable[[Reporter], Selection]

_FRAME = 4096
"""Samples around the playhead in which the loudest frequency is looked for."""
_NEAR_S = 15.0
"""How far around a click the magic wand looks when it takes what is not joined with it."""


class Selecting(QObject):
    """Gives each view its tool and shows in each what is selected.

    Signals
    -------
    changed
        Another tool, mode or parameter of a tool.
    """

    changed = Signal()

    def __init__(self, studio: Studio, editor: Editor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self.editor = studio, editor
        self.settings = ToolSettings(
            values={each.id: {spec.name: spec.default for spec in each.params} for each in TOOLS}
        )
        self._tool = TOOLS[0]
        self._views: list[SpectrogramView] = []
        self._looking = 0
        editor.selection_changed.connect(self._on_selection_changed)

    @property
    def tool(self) -> ToolSpec:
        """The tool in hand."""
        return self._tool

    @property
    def looking(self) -> bool:
        """Whether something is being looked for."""
        return self._looking > 0

    @property
    def view(self) -> SpectrogramView | None:
        """The view that is worked in."""
        return self._views[0] if self._views else None

    def attach(self, view: SpectrogramView) -> None:
        """Let a person select in `view` too."""
        self._views.append(view)
        view.selection_layer.made.connect(self._on_made)
        view.selection_layer.picked.connect(self._on_picked)
        self._equip(view)
        view.selection_layer.set_selection(self.editor.selection)

    def set_tool(self, tool_id: str) -> None:
        """Take another tool in hand."""
        if tool_id != self._tool.id:
            self._tool = tool(tool_id)
            for view in self._views:
                self._equip(view)
            self.changed.emit()

    def set_mode(self, mode: Mode) -> None:
        """Choose how what is drawn joins what is selected."""
        if mode is not self.settings.mode:
            self.settings.mode = mode
            self.changed.emit()

    def set_values(self, values: dict[str, ParamValue]) -> None:
        """Set parameters of the tool in hand."""
        self.settings.values[self._tool.id] = dict(values)
        for view in self._views:
            view.update()
        self.changed.emit()

    def look_for(self, find: Find, mode: Mode = Mode.NEW) -> None:
        """Select what `find` finds; it works in the background, and a newer search replaces it."""
        track = self._studio.track

        def found(_session: object, drawn: Selection) -> None:
            self._on_ended()
            if drawn.is_empty:
                self._studio.tell(BadInput("Nothing was found there.", "Click where the picture is bright."))
            elif self._studio.track is not None and track is not None and self._studio.track.id == track.id:
                self.editor.set_selection(combined(self.editor.selection, drawn, mode))

        self._looking += 1
        self.changed.emit()
        self._studio.run(Job("", Lane.PREVIEW, find), found, self._on_ended)

    def pick_at_playhead(self) -> None:
        """Let the tool in hand find what is loudest in sight under the playhead, as if it had been clicked."""
        view, lane = self.view, self._studio.lane
        if view is None or lane is None or view.playhead is None or not self._tool.finds:
            return
        frame, mode, seen, source = view.playhead, self.settings.mode, self._in_sight(view), lane.source()

        def find(reporter: Reporter) -> Selection:
            pick = Pick(frame, _loudest(source, frame, seen), mode)
            return self._finder(pick, source)(reporter)

        self.look_for(find, mode)

    def _equip(self, view: SpectrogramView) -> None:
        view.set_tool(self._tool.make(view, self.settings))
        view.selection_layer.shows_handles = self._tool.selects

    def _finder(self, pick: Pick, source: Source) -> Find:
        """What the tool in hand looks for around a click."""
        values = dict(self.settings.values[self._tool.id])
        match self._tool.id:
            case "wand":
                within = None if values["contiguous"] else self._within(pick)
                return lambda _: _wand(source, pick, values, within)
            case "harmonics":
                return lambda _: _harmonics(source, pick, values)
        return lambda _: _transient(source, pick)

    def _within(self, pick: Pick) -> Extent:
        """Where the wand takes what is not joined: in the selection, else in the time in sight, else near the click."""
        view, selection = self.view, self.editor.selection
        if selection is not None and pick.mode is Mode.INTERSECT:
            return selection.extent
        assert view is not None
        seen = view.viewport
        near = round(_NEAR_S * seen.sample_rate)
        first, last = max(int(seen.start), pick.frame - near), min(int(seen.end), pick.frame + near)
        return Extent(first, last, *self._in_sight(view))

    def _in_sight(self, view: SpectrogramView) -> tuple[float, float]:
        """Lowest and highest frequency that `view` shows."""
        scale = view.projection.scale
        return scale.hertz(view.viewport.bottom), scale.hertz(view.viewport.top)

    @Slot(object)
    def _on_made(self, selection: Selection | None) -> None:
        self.editor.set_selection(selection)

    @Slot(object)
    def _on_picked(self, pick: Pick) -> None:
        lane = self._studio.lane
        if lane is not None:
            self.look_for(self._finder(pick, lane.source()), pick.mode)

    @Slot()
    def _on_ended(self) -> None:
        self._looking -= 1
        self.changed.emit()

    @Slot()
    def _on_selection_changed(self) -> None:
        for view in self._views:
            view.selection_layer.set_selection(self.editor.selection)


def _loudest(source: Source, frame: int, band: tuple[float, float]) -> float:
    """Frequency of `band` (hertz) that is loudest around a frame."""
    samples = source.read(frame - _FRAME // 2, _FRAME)
    power = np.square(np.abs(np.fft.rfft(samples * np.hanning(_FRAME)))).sum(axis=0)
    hertz = np.fft.rfftfreq(_FRAME, 1 / source.sample_rate)
    return float(hertz[np.argmax(np.where((hertz >= band[0]) & (hertz <= band[1]), power, -1.0))])


def _wand(source: Source, pick: Pick, values: dict[str, ParamValue], within: Extent | None) -> Selection:
    from stemstudio.repair.finding.wand import magic_wand

    return magic_wand(source, pick.frame, pick.hertz, float(values["tolerance_db"]), bool(values["contiguous"]), within)


def _harmonics(source: Source, pick: Pick, values: dict[str, ParamValue]) -> Selection:
    from stemstudio.repair.finding.harmonics import harmonics

    return harmonics(source, pick.frame, pick.hertz, int(values["partials"]), float(values["width_semitones"]))


def _transient(source: Source, pick: Pick) -> Selection:
    from stemstudio.repair.finding.transient import transient

    return transient(source, pick.frame)
