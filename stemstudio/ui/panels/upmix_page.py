"""The page that places stems in a room of loudspeakers, lets it be heard, and writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from stemstudio.audio.clips import ClipStore
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.core.stems import stem_kind
from stemstudio.exporting.naming import legal_name
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.binaural import BinauralSource
from stemstudio.mixing.layouts import LAYOUT_TITLES, layout
from stemstudio.mixing.pan import SILENT_DB
from stemstudio.mixing.placement import Placement, default_placement
from stemstudio.mixing.upmix import FoldDown, UpmixSource
from stemstudio.operations.upmixing import (
    UpmixChoice,
    UpmixReport,
    export_upmix,
    room,
    room_inputs,
    room_stems,
    stem_placement,
)
from stemstudio.project.document import Project, Stem, Track, with_stem, with_track
from stemstudio.ui.panels.fold_down_meter import FoldDownMeter
from stemstudio.ui.theme import THEMES
from stemstudio.ui.widgets.chips import Chip, Chips
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.widgets.room_picture import RoomPicture, RoomStem
from stemstudio.ui.widgets.value_slider import ValueSlider
from stemstudio.ui.workplace import Workplace

_LEAST_LFE_DB = -60.0
_FOLD_DOWNS = (("Keep the mix", "keep"), ("Place freely", "free"))
_LISTEN = (
    ("mix", "Mix", "Hear the stereo mix."),
    ("fold-down", "Fold-down", "Hear the room folded down to stereo."),
    ("binaural", "Binaural", "Hear the room with headphones."),
)
_SLIDERS = (
    # field, noun, low, high, step, unit, tip
    ("azimuth_deg", "Direction", -180.0, 180.0, 1.0, "°", "0 is the front, positive is to the left."),
    ("width_deg", "Width", 0.0, 360.0, 1.0, "°", "Angle between the stem's left and right; 60° is stereo."),
    ("elevation_deg", "Height", 0.0, 90.0, 1.0, "°", "45° is at the upper loudspeakers, 90° overhead."),
    ("ambience", "Ambience", 0.0, 1.0, 0.01, "", "Decorrelated copy around you: more is farther and wider."),
    ("divergence", "Divergence", 0.0, 1.0, 0.01, "", "Hands the centre loudspeaker's part to its neighbours."),
    ("lfe_db", "Low-frequency send", _LEAST_LFE_DB, 12.0, 0.5, "dB", "Level in the LFE channel; −60 dB is off."),
)


class UpmixPage(QWidget):
    """A page of the inspector."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._player = place.studio, place.player
        self._track_id = ""
        self._chosen = ""
        self._listening = "mix"
        self._known: dict[object, Placement] = {}
        self._asked: set[object] = set()
        self.layout_box = QComboBox(self)
        self.layout_box.setAccessibleName("Layout")
        for name, title in LAYOUT_TITLES.items():
            self.layout_box.addItem(title, name)
        self.fold_down_box = QComboBox(self)
        self.fold_down_box.setAccessibleName("Fold-down")
        for title, mode in _FOLD_DOWNS:
            self.fold_down_box.addItem(title, mode)
        self.fold_down_box.setToolTip("Whether the room, folded down to stereo, has to be the mix again.")
        for box in (self.layout_box, self.fold_down_box):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        self.picture = RoomPicture(layout("5.1"), self)
        self.stems = Chips("Stem", "Place {0}.", choice=True, parent=self)
        self.sliders = {
            field: ValueSlider(noun, low, high, 0.0, step, unit, self)
            for field, noun, low, high, step, unit, _ in _SLIDERS
        }
        for field, *_, tip in _SLIDERS:
            self.sliders[field].setToolTip(tip)
        self.reset = QPushButton("Reset", self)
        self.reset.setProperty("flat", True)
        self.reset.setToolTip("Back to where this kind of stem usually stands.")
        self.listen = {name: _toggle(title, tip, self) for name, title, tip in _LISTEN}
        self.meter = FoldDownMeter(self._studio, self._player, self._room_maker, self)
        self._empty = QLabel(
            "What stands in the middle, aside and around is found in the song and placed. Separate it to place stems.",
            self,
        )
        self._empty.setProperty("role", "secondary")
        self._empty.setWordWrap(True)
        self.export = QPushButton("Export…", self)
        self.export.setProperty("primary", True)
        self.export.setMinimumHeight(36)
        self.export.setToolTip("Write one WAV file with a channel for each loudspeaker.")
        for button in (self.reset, self.export):
            keep_space(button)
        self._lay_out()
        self._connect()
        self._on_changed()

    def _lay_out(self) -> None:
        stem_row = QHBoxLayout()
        stem_row.addWidget(_heading("STEM", self))
        stem_row.addStretch()
        stem_row.addWidget(self.reset)
        kinds = QHBoxLayout()
        kinds.setSpacing(8)
        kinds.addWidget(self.layout_box, 1)
        kinds.addWidget(self.fold_down_box, 1)
        listen = QHBoxLayout()
        listen.setSpacing(8)
        listen.addWidget(_heading("LISTEN", self))
        for button in self.listen.values():
            listen.addWidget(button, 1)
        self._pane = QWidget(self)
        self._pane.setObjectName("pane")
        column = QVBoxLayout(self._pane)
        column.setContentsMargins(0, 0, 8, 8)
        column.setSpacing(8)
        column.addLayout(kinds)
        column.addWidget(self.picture)
        column.addLayout(stem_row)
        column.addWidget(self.stems)
        for slider in self.sliders.values():
            column.addWidget(slider)
        column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._pane)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 8, 0, 0)
        outer.setSpacing(8)
        outer.addWidget(self._empty)
        outer.addWidget(scroll, 1)
        outer.addLayout(listen)
        outer.addWidget(self.meter)
        outer.addWidget(self.export)

    def _connect(self) -> None:
        self.layout_box.activated.connect(self._on_layout_chosen)
        self.fold_down_box.activated.connect(self._on_fold_down_chosen)
        self.picture.placed.connect(self._on_placed)
        self.picture.selected.connect(self._on_stem_chosen)
        self.stems.chosen.connect(self._on_stem_chosen)
        for slider in self.sliders.values():
            slider.changed.connect(self._on_slider)
        self.reset.clicked.connect(self._on_reset)
        group = QButtonGroup(self)
        for button in self.listen.values():
            group.addButton(button)
            button.clicked.connect(self._on_listen)
        self.export.clicked.connect(self._on_export)
        self._studio.changed.connect(self._on_changed)
        self._studio.settings_changed.connect(self._on_changed)

    # What is there

    @property
    def choice(self) -> UpmixChoice:
        """What the selected song says of its room."""
        track = self._studio.track
        return _choice(track) if track else UpmixChoice()

    def placement(self, stem: Stem) -> Placement:
        """Place of a stem of the selected song; that of its kind until its own panning has been measured."""
        key = (stem.clip, stem.patches)
        return stem.placement or self._known.get(key) or default_placement(stem.name)

    @Slot()
    def _on_changed(self) -> None:
        track = self._studio.track
        stems = room_stems(track) if track else ()
        if track is None or track.id != self._track_id:
            self._track_id = track.id if track else ""
            self._show_listening("mix")
        there = track is not None and self._studio.running is None
        separated = there and bool(track and track.stems)
        self._empty.setVisible(there and not separated)
        for widget in (self.layout_box, self.fold_down_box, *self.listen.values(), self.export):
            widget.setEnabled(there)
        for widget in (self.picture, self.stems, self.reset):
            widget.setEnabled(separated)
        self.export.setText(f"Export {LAYOUT_TITLES[self.choice.layout].lower()}…")
        if not there and self._listening != "mix":
            self._show_listening("mix")
            self._player.set_monitor(None)
        if track is not None and separated:
            self._measure_panning(track)
        names = [stem.name for stem in stems]
        if self._chosen not in names:
            self._chosen = names[0] if names else ""
        self.layout_box.setCurrentIndex(self.layout_box.findData(self.choice.layout))
        self.fold_down_box.setCurrentIndex(self.fold_down_box.findData(self.choice.fold_down))
        self.stems.show_chips([Chip.of_stem(name) for name in names], self._chosen)
        self._show_places(stems)

    def _show_places(self, stems: tuple[Stem, ...]) -> None:
        theme = THEMES[self._studio.settings.theme]
        shown = [
            RoomStem(stem.name, kind.title, theme.stem(kind.colour), self.placement(stem))
            for stem, kind in ((stem, stem_kind(stem.name)) for stem in stems)
        ]
        here = layout(self.choice.layout)
        self.picture.show_room(here, shown, self._chosen)
        chosen = next((stem.placement for stem in shown if stem.name == self._chosen), None)
        for field, slider in self.sliders.items():
            slider.setEnabled(self.picture.isEnabled() and (field != "elevation_deg" or here.has_height))
            if chosen is not None:
                slider.set_value(getattr(chosen, field))

    def _measure_panning(self, track: Track) -> None:
        """Find where the stems stand in the mix, on another thread, for those that nobody has placed."""
        new = [stem for stem in track.stems if (stem.clip, stem.patches) not in self._asked]
        session = self._studio.session
        if not new or session is None:
            return
        self._asked.update((stem.clip, stem.patches) for stem in new)
        clips = session.clips

        def work(reporter: Reporter) -> dict[object, Placement]:
            found: dict[object, Placement] = {}
            for index, stem in enumerate(new):
                reporter.update(index / len(new))
                found[stem.clip, stem.patches] = stem_placement(replace(stem, placement=None), clips)
            return found

        def done(found: dict[object, Placement]) -> None:
            self._known.update(found)
            self._on_changed()

        self._studio.run(Job("", Lane.CPU, work), lambda _session, found: done(found))

    # What a person does

    @Slot()
    def _on_layout_chosen(self) -> None:
        chosen = str(self.layout_box.currentData())
        self._change_track(f"Layout {LAYOUT_TITLES[chosen]}", lambda track: replace(track, layout=chosen))

    @Slot()
    def _on_fold_down_chosen(self) -> None:
        chosen = str(self.fold_down_box.currentData())
        label = "Keep the fold-down" if chosen == "keep" else "Free the fold-down"
        self._change_track(label, lambda track: replace(track, fold_down=chosen))

    def _change_track(self, label: str, change: Callable[[Track], Track]) -> None:
        track = self._studio.track
        if track is None:
            return
        track_id = track.id

        def edit(project: Project) -> Project:
            return with_track(project, change(project.track(track_id)))

        self._studio.edit(label, edit)
        if self._listening != "mix":
            self._hear(self._listening)  # in the new room

    @Slot(str)
    def _on_stem_chosen(self, name: str) -> None:
        self._chosen = name
        self._on_changed()

    @Slot(str, object, str)
    def _on_placed(self, name: str, placement: Placement | None, gesture: str) -> None:
        track = self._studio.track
        stem = next((each for each in track.stems if each.name == name), None) if track else None
        if track is None or stem is None:
            return
        track_id, stem_id = track.id, stem.id

        def edit(project: Project) -> Project:
            return with_stem(project, track_id, replace(project.track(track_id).stem(stem_id), placement=placement))

        title = stem_kind(name).title.lower()
        self._studio.edit(f"Place of {title}", edit, f"place:{gesture}:{stem_id}" if gesture else "")

    @Slot()
    def _on_slider(self) -> None:
        track = self._studio.track
        stem = next((each for each in track.stems if each.name == self._chosen), None) if track else None
        if stem is None:
            return
        before = self.placement(stem)
        for field, slider in self.sliders.items():
            if slider is self.sender():
                value = SILENT_DB if field == "lfe_db" and slider.value <= _LEAST_LFE_DB else slider.value
                self._on_placed(stem.name, replace(before, **{field: value}), field)

    @Slot()
    def _on_reset(self) -> None:
        self._on_placed(self._chosen, None, "")

    @Slot()
    def _on_listen(self) -> None:
        self._hear(next(name for name, button in self.listen.items() if button.isChecked()))

    def _hear(self, name: str) -> None:
        self._listening = name
        if name == "mix":
            self._player.set_monitor(None)
            return
        choice, shelf = self.choice, self._player.shelf

        def monitor(track: Track, clips: ClipStore) -> Source:
            made = room(room_inputs(track, clips, shelf, self.placement), choice)
            return BinauralSource(made, made.layout) if name == "binaural" else made

        self._player.set_monitor(monitor)

    def _show_listening(self, name: str) -> None:
        self._listening = name
        self.listen[name].setChecked(True)

    def _room_maker(self) -> tuple[object, Callable[[], UpmixSource | None]]:
        """Return what makes the room of the selected song, and a key that tells one room from another."""
        track, session = self._studio.track, self._studio.session
        if track is None or session is None or self._studio.running is not None:
            return (), lambda: None
        places = {stem.id: self.placement(stem) for stem in room_stems(track)}
        clips, choice = session.clips, _choice(track)

        def make() -> UpmixSource:
            return room(room_inputs(track, clips, None, lambda stem: places[stem.id]), choice)

        return (track.mixture, track.stems, tuple(places.values()), choice), make

    @Slot()
    def _on_export(self) -> None:
        track, session = self._studio.track, self._studio.session
        if track is None or session is None:
            return
        choice = _choice(track)
        folder = Path(self._studio.settings.export_folder or Path.home())
        proposed = folder / f"{legal_name(f'{track.title} ({choice.layout})')}.wav"
        path, _ = QFileDialog.getSaveFileName(self, "Export the room", str(proposed), "WAV (*.wav)")
        if path:
            target = Path(path if path.lower().endswith(".wav") else f"{path}.wav")
            job = export_upmix(track, session.clips, choice, target)
            self._studio.run(job, lambda _session, report: self._on_exported(report))

    def _on_exported(self, report: UpmixReport) -> None:
        names = " ".join(report.channels)
        quiet = f" All of it is {-report.gain_db:.1f} dB softer than the mix." if report.gain_db < 0 else ""
        self._studio.told.emit(f"{report.path.name} is written.", f"Channels: {names}.{quiet}")


def _choice(track: Track) -> UpmixChoice:
    mode: FoldDown = "free" if track.fold_down == "free" else "keep"
    return UpmixChoice(track.layout if track.layout in LAYOUT_TITLES else "5.1", mode)


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label


def _toggle(text: str, tip: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setCheckable(True)
    button.setToolTip(tip)
    button.setAccessibleName(f"Listen to {text.lower()}")
    keep_space(button)
    return button
