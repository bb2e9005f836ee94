"""The menus of the Effects page: what can be added, and what can be done with the chain as a whole."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QInputDialog, QMenu, QPushButton

from stemstudio.effects.chain import Chain
from stemstudio.effects.hosted.plugin import installed_plugins
from stemstudio.effects.presets import Preset
from stemstudio.effects.registry import infos
from stemstudio.ui.chain_work import ChainWork, shipped_presets
from stemstudio.ui.desk import Desk
from stemstudio.ui.own_presets import own_presets
from stemstudio.ui.plug_ins import PlugIns, plug_in_title


class AddMenu(QObject):
    """Every effect with what it is for; choosing one appends it."""

    def __init__(self, button: QPushButton, desk: Desk, plug_ins: PlugIns) -> None:
        super().__init__(button)
        self._desk, self._plug_ins = desk, plug_ins
        self.menu = QMenu(button)
        button.setMenu(self.menu)
        self.menu.aboutToShow.connect(self._fill)

    @Slot()
    def _fill(self) -> None:
        if not self.menu.isEmpty():
            return
        for info in infos():
            action = self.menu.addAction(f"{info.title}\t{info.summary}")
            action.triggered.connect(partial(self._add, info.id, info.title))
        hosted = self.menu.addMenu("Plug-ins")
        for effect_id in installed_plugins():
            hosted.addAction(plug_in_title(effect_id)).triggered.connect(partial(self._add_plug_in, effect_id))
        if hosted.isEmpty():
            hosted.addAction("None in this system's folders").setEnabled(False)

    def _add_plug_in(self, effect_id: str) -> None:
        if self._desk.place is not None:
            self._plug_ins.add(self._desk.place, effect_id)

    def _add(self, effect_id: str, title: str) -> None:
        if self._desk.place is not None:
            self._desk.add_effect(self._desk.place, effect_id, title)


class PresetMenu(QObject):
    """Presets of the program and one's own, and copying."""

    def __init__(self, button: QPushButton, desk: Desk, work: ChainWork) -> None:
        super().__init__(button)
        self._button, self._desk, self._work = button, desk, work
        self.menu = QMenu(button)
        button.setMenu(self.menu)
        self.menu.aboutToShow.connect(self._fill)

    @Slot()
    def _fill(self) -> None:
        self.menu.clear()
        own = own_presets()
        self._list(shipped_presets())
        if own:
            self.menu.addSeparator()
            self._list(own)
        self.menu.addSeparator()
        chain: Chain = self._desk.chain(self._desk.place) if self._desk.place is not None else ()
        for title, act, possible in (
            ("Save as preset…", self._save, bool(chain)),
            ("Copy effects", self._work.copy, bool(chain)),
            ("Paste effects", self._work.paste, True),
            ("Remove all effects", self._clear, bool(chain)),
        ):
            action = self.menu.addAction(title)
            action.setEnabled(possible)
            action.triggered.connect(act)
        if own:
            away = self.menu.addMenu("Delete preset")
            for preset in own:
                away.addAction(preset.title).triggered.connect(partial(self._forget, preset))

    def _list(self, presets: tuple[Preset, ...]) -> None:
        for preset in presets:
            action = self.menu.addAction(f"{preset.title}\t{preset.summary}" if preset.summary else preset.title)
            action.triggered.connect(partial(self._apply, preset))

    def _apply(self, preset: Preset) -> None:
        self._work.apply(preset)

    def _forget(self, preset: Preset) -> None:
        self._work.forget(preset)

    @Slot()
    def _save(self) -> None:
        title, kept = QInputDialog.getText(self._button, "Save as preset", "Name of the preset")
        if kept:
            self._work.keep(title)

    @Slot()
    def _clear(self) -> None:
        if self._desk.place is not None:
            self._desk.set_chain(self._desk.place, (), "Remove all effects")
