"""Offers the projects that were never saved: the latest as a message, all of them in a menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu

from stemstudio.core.progress import Reporter
from stemstudio.jobs.job import Job, Lane
from stemstudio.project.recovery import Recoverable, discard, recoverable
from stemstudio.ui.tasks import Tasks
from stemstudio.ui.widgets.notices import Notices


class LostWork:
    """Looks for unsaved projects in the background; `open_path` opens one."""

    def __init__(self, tasks: Tasks, notices: Notices, menu: QMenu, open_path: Callable[[Path], None]) -> None:
        self._tasks, self._notices, self._menu, self._open_path = tasks, notices, menu, open_path
        menu.setEnabled(False)

    def look(self) -> None:
        """Look once, at the start of the program."""
        self._tasks.start(Job("", Lane.IO, lambda _: recoverable()), self._offer)

    def _offer(self, found: tuple[Recoverable, ...]) -> None:
        self._menu.setEnabled(bool(found))
        for lost in found:
            when = datetime.fromtimestamp(lost.when_s).astimezone().strftime("%d %B, %H:%M")
            self._menu.addAction(f"{lost.title} · {when}").triggered.connect(OpenPath(self._open_path, lost.folder))
        if found:
            more = f" {len(found) - 1} more are in the File menu." if len(found) > 1 else ""
            self._notices.show_notice(
                f"“{found[0].title}” was not saved.",
                f"It is still here as you left it.{more}",
                (("Open", partial(self._open_path, found[0].folder)), ("Discard", partial(self._discard, found[0]))),
            )

    def _discard(self, lost: Recoverable) -> None:
        def work(_reporter: Reporter) -> None:
            discard(lost.folder)

        self._tasks.start(Job("", Lane.IO, work), lambda _: None)


class OpenPath:
    """Opens one path of a menu; the argument that Qt passes is dropped."""

    def __init__(self, open_path: Callable[[Path], None], path: Path) -> None:
        self._open_path, self._path = open_path, path

    def __call__(self) -> None:
        """Open it."""
        self._open_path(self._path)
