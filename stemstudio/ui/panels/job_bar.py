"""What is being done: what, how far, how long, and Cancel beside it."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from stemstudio.jobs.runner import JobState, JobView
from stemstudio.ui.tasks import Tasks
from stemstudio.ui.widgets.keys import keep_space

_SHOW_AFTER_S = 0.3
_MOST = 2


class JobBar(QWidget):
    """The oldest jobs, a row each; jobs that end at once, and those without a title, are not shown.

    A row belongs to its job, so that Cancel never hits another one.
    """

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._since: dict[str, float] = {}
        self._rows: dict[str, _JobRow] = {}
        self._more = QLabel(self)
        self._more.setProperty("role", "secondary")
        self._more.hide()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addStretch()
        self._layout.addWidget(self._more)
        self._layout.addStretch()
        tasks.ticked.connect(self._on_tick)

    @Slot()
    def _on_tick(self) -> None:
        now = time.monotonic()
        views = [view for view in self._tasks.running() if view.title and view.state is not JobState.FINISHED]
        self._since = {view.id: self._since.get(view.id, now) for view in views}
        views = [view for view in views if now - self._since[view.id] > _SHOW_AFTER_S]
        shown = {view.id: view for view in views[:_MOST]}
        for job_id in self._rows.keys() - shown.keys():
            row = self._rows.pop(job_id)
            row.hide()
            row.deleteLater()
        for job_id, view in shown.items():
            if job_id not in self._rows:
                self._rows[job_id] = _JobRow(self._tasks, job_id, self)
                self._layout.insertWidget(len(self._rows), self._rows[job_id])
            self._rows[job_id].show_job(view)
        self._more.setVisible(len(views) > _MOST)
        self._more.setText(f"and {len(views) - _MOST} more")


class _JobRow(QWidget):
    def __init__(self, tasks: Tasks, job_id: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._tasks, self._job_id = tasks, job_id
        self._title = QLabel(self)
        self._title.setProperty("role", "secondary")
        self._how_far = QLabel(self)
        self._how_far.setProperty("role", "secondary")
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress")
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setProperty("flat", True)
        self._cancel.clicked.connect(self._on_cancel)
        keep_space(self._cancel)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.addWidget(self._title, 0, 0)
        layout.addWidget(self._how_far, 0, 1)
        layout.addWidget(self._bar, 1, 0, 1, 2)
        layout.addWidget(self._cancel, 0, 2, 2, 1)
        layout.setColumnStretch(0, 1)

    def show_job(self, view: JobView) -> None:
        metrics, how_far = self._title.fontMetrics(), how_far_text(view)
        room = self.width() - metrics.horizontalAdvance(how_far) - self._cancel.width() - 24
        self._title.setText(metrics.elidedText(view.title, Qt.TextElideMode.ElideRight, max(room, 80)))
        self._title.setToolTip(view.title)
        self._how_far.setText(how_far)
        self._bar.setValue(round(view.fraction * 1000))
        self._bar.setAccessibleDescription(f"{view.title}, {how_far}")

    @Slot()
    def _on_cancel(self) -> None:
        self._tasks.cancel(self._job_id)


def how_far_text(view: JobView) -> str:
    """Say how far and how long."""
    match view.state:
        case JobState.WAITING:
            return "waiting"
        case JobState.STOPPING:
            return "stopping"
    if view.seconds_left is None:
        return f"{view.fraction * 100:.0f} %"
    minutes, seconds = divmod(round(view.seconds_left), 60)
    return f"{view.fraction * 100:.0f} % · {minutes}:{seconds:02d} left"
