"""The page of effects: the chain of the selected stem, or of the mix, and what is set of one effect."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from stemstudio.core.stems import stem_kind
from stemstudio.operations.mix_edits import MIX
from stemstudio.ui.chain_work import ChainWork, title_of
from stemstudio.ui.panels.chain_list import ChainList
from stemstudio.ui.panels.chain_menus import AddMenu, PresetMenu
from stemstudio.ui.panels.effect_form import EffectForm
from stemstudio.ui.panels.hollow_section import HollowSection
from stemstudio.ui.plug_ins import PlugIns
from stemstudio.ui.widgets.keys import keep_space
from stemstudio.ui.workplace import Workplace

_NO_STEMS = "Separate the song, or choose the song at the left: effects go on a stem or on the mix."
_NO_EFFECTS = "No effects yet. Add one, or begin with a preset: “Vocal stem” is made for a separated voice."
_MIX_COLOUR = "#98A1B2"


class EffectsPage(QWidget):
    """Follows the selection of lanes; the song's lane stands for the mix."""

    def __init__(self, place: Workplace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._player, self._desk = place.studio, place.player, place.desk
        self.work = ChainWork(place.studio, place.desk, self)
        self.plug_ins = PlugIns(place.studio, place.desk, self)
        self._selected: dict[str, int] = {}
        self._lengths: dict[str, int] = {}
        self._heading = QLabel(self)
        self._heading.setProperty("role", "heading")
        self.compare = QPushButton("Without effects", self)
        self.compare.setCheckable(True)
        self.compare.setToolTip("Compare: hear it without its effects, as loud as with them (E). Nothing is changed.")
        self.add = QPushButton("Add effect  ▾", self)
        self.add.setToolTip("Append an effect to the chain.")
        self.presets = QPushButton("Presets  ▾", self)
        self.presets.setToolTip("Chains that are ready, and your own; copy and paste.")
        for button in (self.compare, self.add, self.presets):
            keep_space(button)
        self.add_menu = AddMenu(self.add, place.desk, self.plug_ins)
        self.preset_menu = PresetMenu(self.presets, place.desk, self.work)
        self._hint = QLabel(self)
        self._hint.setProperty("role", "secondary")
        self._hint.setWordWrap(True)
        self.list = ChainList(self.plug_ins.info, self)
        self._line = _line(self)
        self.form = EffectForm(place.desk, self.work, self.plug_ins, self)
        self._second_line = _line(self)
        self.hollow = HollowSection(self.work, place.player, self)
        self._lay_out()
        self._connect()
        self._on_changed()

    def showEvent(self, event: QShowEvent) -> None:
        """Let the selected effect be measured while it can be seen."""
        super().showEvent(event)
        self._on_changed()

    def hideEvent(self, event: QHideEvent) -> None:
        """Measure nothing that nobody sees."""
        super().hideEvent(event)
        self._player.meters.watch(None)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.add, 1)
        buttons.addWidget(self.presets, 1)
        pane = QWidget(self)
        pane.setObjectName("pane")
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self._heading)
        column.addLayout(buttons)
        column.addWidget(self._hint)
        column.addWidget(self.list)
        column.addWidget(self.compare)
        for widget in (self._line, self.form, self._second_line, self.hollow):
            column.addWidget(widget)
        column.addStretch()
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def _connect(self) -> None:
        self.compare.clicked.connect(self._on_compare)
        self.list.chosen.connect(self._on_chosen)
        self.list.removed.connect(self._on_removed)
        self.list.switched.connect(self._on_switched)
        self.list.moved.connect(self._on_moved)
        self._player.meters.measured.connect(self._on_measured)
        signals = (self._studio.changed, self._studio.lane_selected, self._desk.compared, self.work.changed)
        self.plug_ins.opened.connect(self._on_changed)
        for signal in signals:
            signal.connect(self._on_changed)

    # What a person does

    @Slot(bool)
    def _on_compare(self, bypass: bool) -> None:
        place = self._desk.place
        if place is not None:
            self._desk.compare(place, bypass)
        self._on_changed()

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        place = self._desk.place
        if place is not None:
            self._selected[place] = index
            self._on_changed()

    @Slot(int)
    def _on_removed(self, index: int) -> None:
        place = self._desk.place
        if place is not None:
            self._selected[place] = max(0, index - (index <= self._selected.get(place, 0)))
            self._desk.remove_effect(place, index, self._title(place, index))

    @Slot(int, bool)
    def _on_switched(self, index: int, on: bool) -> None:
        if self._desk.place is not None:
            self._desk.bypass_effect(self._desk.place, index, not on)

    @Slot(int, int)
    def _on_moved(self, index: int, to: int) -> None:
        place = self._desk.place
        if place is not None:
            self._selected[place] = to
            self._desk.move_effect(place, index, to)

    def _title(self, place: str, index: int) -> str:
        return self.plug_ins.info(self._desk.chain(place)[index].effect).title

    # Keeping up

    @Slot()
    def _on_changed(self) -> None:
        if not self.isVisible():
            return
        place = self._desk.place
        chain = () if place is None else self._desk.chain(place)
        selected = min(self._selected_of(place), len(chain) - 1)
        self._heading.setText("EFFECTS" if place is None else f"EFFECTS OF {title_of(place).upper()}")
        self._hint.setText(_NO_STEMS if place is None else _NO_EFFECTS)
        self._hint.setVisible(not chain)
        self.list.show_chain(chain, selected)
        for button in (self.add, self.presets):
            button.setEnabled(place is not None)
        self.compare.setVisible(bool(chain))
        self.compare.setChecked(self._desk.bypassed == place and place is not None)
        self.compare.setText("Hearing it without effects" if self.compare.isChecked() else "Hear it without effects")
        self._line.setVisible(bool(chain))
        self.form.setVisible(bool(chain))
        self._second_line.setVisible(place is not None)
        self.hollow.setVisible(place is not None)
        self.hollow.show_report()
        if place is not None and chain:
            self._show_form(place, selected)
        self._player.meters.watch(place if chain else None, selected)

    def _selected_of(self, place: str | None) -> int:
        """The effect that is selected; a new one at the end of the chain is selected at once."""
        if place is None:
            return 0
        known = self._lengths.get(place)
        self._lengths[place] = count = len(self._desk.chain(place))
        if known is not None and count == known + 1:
            self._selected[place] = count - 1
        return max(self._selected.get(place, 0), 0)

    def _show_form(self, place: str, selected: int) -> None:
        track = self._studio.track
        assert track is not None
        others = [stem.name for stem in track.stems if stem.name != place] if place != MIX else []
        colour = QColor(_MIX_COLOUR if place == MIX else stem_kind(place).colour)
        self.form.show_slot(
            place, selected, self._desk.chain(place)[selected], others, colour, track.mixture.sample_rate
        )

    @Slot()
    def _on_measured(self) -> None:
        if self.isVisible():
            reading = self._player.meters.reading
            self.list.show_reductions(reading.reductions_db)
            self.form.show_reading(reading)


def _line(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    line.setObjectName("line")
    line.setFixedHeight(1)
    return line
