"""What is being done: what, how far, how long, and Cancel beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from stemstudio.jobs.runner import JobView
from stemstudio.ui.tasks import Tasks

_SHOW_AFTER_S = 0.3
_MOST = 2


class JobBar(QWidget):
    """The oldest jobs, one line each; jobs that end at once, and those without a title, are not shown."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._rows = [_JobRow(tasks, self) for _ in range(_MOST)]
        self._more = QLabel(self)
        self._more.setProperty("role", "secondary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addStretch()
        for row in self._rows:
            row.hide()
            layout.addWidget(row)
        layout.addWidget(self._more)
        layout.addStretch()
        self._more.hide()
        tasks.ticked.connect(self._on_tick)

    @Slot()
    def _on_tick(self) -> None:
        views = [view for view in self._tasks.running() if view.title and view.seconds > _SHOW_AFTER_S]
        for index, row in enumerate(self._rows):
            row.setVisible(index < len(views))
            if index < len(views):
                row.show_job(views[index])
        self._more.setVisible(len(views) > _MOST)
        self._more.setText(f"and {len(views) - _MOST} more")


class _JobRow(QWidget):
    def __init__(self, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._job_id = ""
        self._title = QLabel(self)
        self._title.setProperty("role", "secondary")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress")
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setProperty("flat", True)
        self._cancel.clicked.connect(self._on_cancel)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.addWidget(self._title, 0, 0)
        layout.addWidget(self._bar, 1, 0)
        layout.addWidget(self._cancel, 0, 1, 2, 1)
        layout.setColumnStretch(0, 1)

    def show_job(self, view: JobView) -> None:
        self._job_id = view.id
        text = progress_text(view)
        shown = self._title.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(self._title.width(), 120))
        self._title.setText(shown)
        self._title.setToolTip(text)
        self._bar.setValue(round(view.fraction * 1000))
        self._bar.setAccessibleDescription(text)

    @Slot()
    def _on_cancel(self) -> None:
        self._tasks.cancel(self._job_id)


def progress_text(view: JobView) -> str:
    """Say what, how far and how long."""
    parts = [view.title, f"{view.fraction * 100:.0f} %"]
    if view.seconds_left is not None:
        minutes, seconds = divmod(round(view.seconds_left), 60)
        parts.append(f"{minutes}:{seconds:02d} left")
    return " · ".join(parts)
