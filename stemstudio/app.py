"""The desktop program: builds everything and passes it on.

Order at the start: Qt, theme, window, first paint; then, in the background, what is slow to import. Nothing heavy
is imported before the first paint.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from stemstudio import __version__
from stemstudio.core.resources import resource


def main(paths: list[Path] | None = None) -> int:
    """Open the window with the songs or the project in `paths`; returns the exit status."""
    app = make_application()
    from stemstudio.ui.main_window import MainWindow

    window = MainWindow()
    install_hook(window.tell_defect)
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: window.end())
    window.show()
    QTimer.singleShot(0, window, _AfterFirstPaint(window, [Path(path) for path in paths or []]))
    status = app.exec()
    sys.excepthook = sys.__excepthook__
    return status


def make_application() -> QApplication:
    """Return the application, made if there is none yet."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    # Loading its library holds the interpreter's lock. Now that delays the first paint a little; later, on the thread
    # that draws tiles, it would freeze the window.
    import scipy.fft  # noqa: F401

    app.setApplicationName("StemStudio")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("stemstudio")
    app.setWindowIcon(QIcon(str(resource("icons", "logo.svg"))))
    return app


class _AfterFirstPaint:
    """What is done once the window is there: open what was asked for, offer lost work, warm up."""

    def __init__(self, window: object, paths: list[Path]) -> None:
        self._window, self._paths = window, paths

    def __call__(self) -> None:
        from stemstudio.ui.main_window import MainWindow

        assert isinstance(self._window, MainWindow)
        self._window.begin(self._paths)


def install_hook(tell: Callable[[str], None]) -> None:
    """Let defects become a report for a person instead of a dead window."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        if threading.current_thread() is threading.main_thread():
            tell("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = hook
