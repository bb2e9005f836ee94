"""How far the fold-down of the room is from the mix, shown while it plays."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QWidget

from stemstudio.core.progress import Reporter
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.upmix import UpmixSource
from stemstudio.ui.player import Player
from stemstudio.ui.studio import Studio

_EVERY_TICKS = 15
_MEASURED_S = 0.4
_GOOD_DB = -40.0
_LEAST_DB = 120


class FoldDownMeter(QLabel):
    """Measures the passage at the playhead about twice a second, while it can be seen, on another thread.

    `make_room` returns what makes the room, which is called on that thread, and a key that changes with the sound.
    """

    def __init__(
        self,
        studio: Studio,
        player: Player,
        make_room: Callable[[], tuple[object, Callable[[], UpmixSource | None]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio, self._player, self._make_room = studio, player, make_room
        self._room: tuple[object, UpmixSource | None] = ((), None)
        self._measured: tuple[object, int] = ((), -1)
        self._waiting = False
        self._ticks = 0
        self.setWordWrap(True)
        self.setToolTip("Level of the fold-down to stereo (ITU-R BS.775) minus the mix, at the playhead.")
        self.show_null(None)
        studio.tasks.ticked.connect(self._on_tick)

    def show_null(self, null_db: float | None) -> None:
        """Show a level; None while it is not known."""
        if null_db is None:
            text, role = "Fold-down minus mix: –", "secondary"
        else:
            level = f"below −{_LEAST_DB} dB" if null_db < -_LEAST_DB else f"{null_db:.0f} dB".replace("-", "−")
            text, role = f"Fold-down minus mix: {level}", "secondary" if null_db <= _GOOD_DB else "notice"
        self.setText(text)
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)

    @Slot()
    def _on_tick(self) -> None:
        self._ticks += 1
        if self._waiting or self._ticks % _EVERY_TICKS or not self.isVisible():
            return
        key, make = self._make_room()
        asked = (key, self._player.position)
        if asked != self._measured:
            self._measure(asked, make)

    def _measure(self, asked: tuple[object, int], make: Callable[[], UpmixSource | None]) -> None:
        key, position = asked
        known = self._room[1] if self._room[0] == key else None

        def work(_: Reporter) -> tuple[UpmixSource | None, float | None]:
            room = known or make()
            if room is None:
                return None, None
            frames = round(_MEASURED_S * room.sample_rate)
            return room, room.fold_down_null_db(min(position, max(room.frames - frames, 0)), frames)

        def done(found: tuple[UpmixSource | None, float | None]) -> None:
            self._waiting = False
            self._room, self._measured = (key, found[0]), asked
            self.show_null(found[1])

        def ended() -> None:
            self._waiting = False

        self._waiting = True
        self._studio.run(Job("", Lane.CPU, work), lambda _session, found: done(found), ended)
