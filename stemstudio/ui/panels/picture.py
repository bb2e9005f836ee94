"""The centre: the spectrogram of the selected lane, alone or among others, with the overview under it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from stemstudio.operations.graph import clip_source
from stemstudio.spectral.colours import LOUDER, QUIETER
from stemstudio.ui.comparing import Reference, reference_of
from stemstudio.ui.lanes import StemLane
from stemstudio.ui.panels.lane_choices import LaneChoices
from stemstudio.ui.panels.lane_sounds import LaneSounds
from stemstudio.ui.panels.view_bar import ViewBar
from stemstudio.ui.panels.welcome import Welcome
from stemstudio.ui.player import Player
from stemstudio.ui.settings import Settings
from stemstudio.ui.spectrogram.colour_bar import ColourBar, Levels
from stemstudio.ui.spectrogram.overview import Overview
from stemstudio.ui.spectrogram.resolution import Resolution
from stemstudio.ui.spectrogram.stack import SpectrogramStack, StackedSound
from stemstudio.ui.spectrogram.time_marks import TimeRuler
from stemstudio.ui.spectrogram.view import SpectrogramView
from stemstudio.ui.studio import Studio
from stemstudio.ui.theme import Theme


class Picture(QWidget):
    """Shows the sound of the selected lane, as the settings say."""

    def __init__(self, studio: Studio, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ground")
        self._studio, self._player = studio, player
        self._shown: tuple[object, ...] = ()
        self.spectrogram = SpectrogramView(theme, self)
        self._sounds = LaneSounds(studio, self.spectrogram.shelf)
        self.stack = SpectrogramStack(self.spectrogram, self)
        self.overview = Overview(self.spectrogram, self)
        self.colour_bar = ColourBar(self.spectrogram.look, theme, self)
        self.view_bar = ViewBar(self)
        self.welcome = Welcome(self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self._sound_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._pages)
        self.spectrogram.seek_requested.connect(player.seek)
        self.overview.seek_requested.connect(player.seek)
        self.spectrogram.loop_changed.connect(player.set_loop)
        self.stack.chosen.connect(studio.select_lane)
        self.colour_bar.moved.connect(self._on_levels_moved)
        self.colour_bar.chosen.connect(self._on_levels_chosen)
        self.colour_bar.reset_requested.connect(self._on_levels_reset)
        player.changed.connect(self._on_player_changed)
        studio.changed.connect(self._on_changed)
        studio.lane_selected.connect(self._on_changed)
        studio.settings_changed.connect(self._on_settings_changed)
        studio.tasks.ticked.connect(self._on_tick)
        self.set_theme(theme)
        self._on_settings_changed()

    def _sound_page(self) -> QWidget:
        page = QWidget(self)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.stack, 1)
        row.addWidget(self.colour_bar)
        under = QHBoxLayout()
        under.setSpacing(0)
        under.addWidget(self.overview, 1)
        under.addSpacing(self.colour_bar.width())
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.view_bar)
        column.addLayout(row, 1)
        column.addLayout(under)
        return page

    def take_menus(self, menu: QMenu) -> None:
        """Give the submenus of the View menu buttons over the picture."""
        submenus = {action.text(): action.menu() for action in menu.actions()}
        found = {title: submenu for title, submenu in submenus.items() if isinstance(submenu, QMenu)}
        self.view_bar.set_menus({title: submenu for title, submenu in found.items() if title != "Colours"})
        self._lane_choices = LaneChoices(found["Stack"], self._studio)

    def set_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.spectrogram.set_theme(theme)
        self.colour_bar.set_theme(theme)
        self.overview.update()

    def set_playhead(self, frame: int) -> None:
        """Move the playhead."""
        self.spectrogram.set_playhead(frame)

    def close_worker(self) -> None:
        """End the thread that computes the picture."""
        self.spectrogram.shutdown()

    @Slot()
    def _on_changed(self) -> None:
        lane, track = self._studio.lane, self._studio.track
        self._turn_page(1 if lane else 0)
        self.welcome.show_opening(self._studio.opening)
        self.spectrogram.set_ruler(TimeRuler(self._studio.settings.ruler, track.tempo if track else None))
        changed = self._sounds.keep_up(lane)
        lanes = self._stacked(lane)
        reference = None if lane is None else reference_of(self._studio, lane)
        shown = (lane and lane.sound_key, reference and reference.key, tuple(each.sound_key for each in lanes))
        if (shown, self._studio.settings.comparison) == self._shown:
            return
        self._shown = (shown, self._studio.settings.comparison)
        self._show(lane, lanes, reference, edited=changed)

    def _turn_page(self, page: int) -> None:
        """Show the welcome or the sound; the keys of a song that came belong to its picture."""
        came = page > self._pages.currentIndex()
        self._pages.setCurrentIndex(page)
        if came:
            self.spectrogram.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(
        self, lane: StemLane | None, lanes: tuple[StemLane, ...], reference: Reference | None, *, edited: bool
    ) -> None:
        view = self.spectrogram
        if lane is None or not edited:
            view.set_source(lane.source() if lane else None, lane.sound_key if lane else "")
        else:
            view.replace_source(lane.source(), lane.sound_key, ())
        if reference is None:
            view.compare_with(None)
        else:
            view.compare_with(reference.source, reference.key, reference.changed)
        self.colour_bar.set_difference(reference is not None)
        self.stack.arrange([self._stacked_sound(each) for each in lanes], lane.key if lane else "")
        view.set_caption(*_caption(lane, reference, stacked=len(lanes) > 1))
        track = self._studio.track
        mix = clip_source(track.mixture, lane.clips) if track is not None and lane is not None else None
        self.stack.set_mix(mix if lane is not None and lane.strip is not None else None)

    def _stacked_sound(self, lane: StemLane) -> StackedSound:
        reference = reference_of(self._studio, lane)
        compared = None if reference is None else (reference.source, reference.key, reference.changed)
        return StackedSound(lane.key, lane.source(), lane.sound_key, lane.kind.title, lane.kind.colour, compared)

    def _stacked(self, lane: StemLane | None) -> tuple[StemLane, ...]:
        """Lanes to show from the top down; the selected one is always among them."""
        settings = self._studio.settings
        if lane is None or not settings.stacked:
            return () if lane is None else (lane,)
        return tuple(
            each for each in self._studio.lanes() if each.key == lane.key or each.key not in settings.unstacked
        )

    @Slot()
    def _on_player_changed(self) -> None:
        self.spectrogram.set_loop(self._player.loop if self._player.looping else None)

    @Slot()
    def _on_settings_changed(self) -> None:
        settings = self._studio.settings
        look = replace(
            self.spectrogram.look,
            scale=settings.frequency_scale,
            colour_map=settings.colour_map,
            range_db=settings.range_db,
            high_db=settings.high_db,
            gamma=settings.gamma,
        )
        if look != self.spectrogram.look:
            self.spectrogram.set_look(look)
        self.colour_bar.set_look(look)
        frame = 0 if settings.frame == "auto" else int(settings.frame)
        self.spectrogram.set_resolution(Resolution(settings.transform, frame))
        self.spectrogram.set_follow(settings.follow_playhead)
        self._on_changed()

    @Slot(object)
    def _on_levels_moved(self, levels: Levels) -> None:
        range_db = levels.high_db - levels.low_db
        look = replace(self.spectrogram.look, high_db=levels.high_db, range_db=range_db, gamma=levels.gamma)
        self.spectrogram.set_look(look)

    @Slot(object)
    def _on_levels_chosen(self, levels: Levels) -> None:
        range_db = levels.high_db - levels.low_db
        settings = replace(self._studio.settings, high_db=levels.high_db, range_db=range_db, gamma=levels.gamma)
        self._studio.update_settings(settings)

    @Slot()
    def _on_levels_reset(self) -> None:
        standard = Settings()
        settings = replace(
            self._studio.settings, high_db=standard.high_db, range_db=standard.range_db, gamma=standard.gamma
        )
        self._studio.update_settings(settings)

    @Slot()
    def _on_tick(self) -> None:
        """Show what a running separation has written since."""
        lane = self._studio.lane
        if lane is not None and self._sounds.grow(self._stacked(lane)):
            self.spectrogram.request_tiles()


def _caption(lane: StemLane | None, reference: Reference | None, *, stacked: bool) -> tuple[tuple[str, str], ...]:
    if lane is None or not (stacked or reference):
        return ()
    name = (lane.kind.title, lane.kind.colour)
    if reference is None:
        return (name,)
    louder, quieter = (f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue in (LOUDER, QUIETER))
    against = f"against {reference.title}:"
    return name, (against, ""), ("louder", louder), ("quieter", quieter), ("alike", "#C8C8C8")
