"""Which columns of a unit of work changed from one version of a sound to another."""

from __future__ import annotations

import threading
from collections import deque

_REMEMBERED = 16


class ColumnChanges:
    """Remembers the latest changes of each unit; what it does not know counts as all changed. Safe from any thread."""

    def __init__(self) -> None:
        self._units: dict[int, deque[tuple[int, int, int]]] = {}
        self._lock = threading.Lock()

    def add(self, unit: int, version: int, first: int, last: int) -> None:
        """Note that the columns `first` up to `last` of `unit` became others with `version`."""
        with self._lock:
            self._units.setdefault(unit, deque(maxlen=_REMEMBERED)).append((version, first, last))

    def between(self, unit: int, shown: int, version: int) -> tuple[int, int] | None:
        """First column and the one after the last that differ between two versions; None if that is not known."""
        with self._lock:
            changes = [change for change in self._units.get(unit, ()) if shown < change[0] <= version]
        if not changes or len(changes) != version - shown:
            return None
        return min(first for _, first, _ in changes), max(last for _, _, last in changes)

    def copy(self) -> ColumnChanges:
        """Return another one that knows the same."""
        twin = ColumnChanges()
        with self._lock:
            twin._units = {unit: deque(changes, maxlen=_REMEMBERED) for unit, changes in self._units.items()}
        return twin
