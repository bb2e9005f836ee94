"""The one crossing from worker threads to the main thread.

`wake` may be called from any thread; `woken` arrives on the main thread because this object lives there and its
receiver is a method of a QObject. No other object of the program has a signal that another thread emits.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Bridge(QObject):
    """Calls `deliver` on the main thread soon after `wake` was called on any."""

    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._deliver: Callable[[], None] | None = None
        self._woken.connect(self._on_woken, Qt.ConnectionType.QueuedConnection)

    def connect_to(self, deliver: Callable[[], None]) -> None:
        """Set what is called on the main thread."""
        self._deliver = deliver

    def wake(self) -> None:
        """Ask for a delivery; safe from any thread, also while the program ends."""
        try:
            self._woken.emit()
        except RuntimeError:  # the window is gone: nobody waits for this delivery any more
            return

    @Slot()
    def _on_woken(self) -> None:
        if self._deliver is not None:
            self._deliver()
