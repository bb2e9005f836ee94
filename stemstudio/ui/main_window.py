"""The window: puts the panels together and connects them to the studio. It holds no knowledge of its own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from stemstudio.core.errors import InternalError
from stemstudio.effects.hosted.host import close_hosts
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.exporting import Exported
from stemstudio.operations.warming import warm_up
from stemstudio.project.database import DATABASE
from stemstudio.project.storage import SUFFIX
from stemstudio.ui.actions import edit, file, help, markers, mix, playback, repair, selection, view  # noqa: A004 - menus
from stemstudio.ui.actions.spec import ActionSpec, add_actions
from stemstudio.ui.desk import Desk
from stemstudio.ui.editor import Editor
from stemstudio.ui.icons import icon
from stemstudio.ui.lost_work import LostWork, OpenPath
from stemstudio.ui.mending import Mending
from stemstudio.ui.panels.inspector import Inspector
from stemstudio.ui.panels.job_bar import JobBar
from stemstudio.ui.panels.lanes_panel import LanesPanel
from stemstudio.ui.panels.picture import Picture
from stemstudio.ui.panels.separate_page import SeparatePage
from stemstudio.ui.panels.transport import Transport
from stemstudio.ui.panels.workbench import Workbench
from stemstudio.ui.player import Player
from stemstudio.ui.selecting import Selecting
from stemstudio.ui.selection_edits import SelectionEdits
from stemstudio.ui.spectrogram.view import SpectrogramView
from stemstudio.ui.studio import Studio
from stemstudio.ui.tasks import Tasks, sentence
from stemstudio.ui.theme import THEMES, apply_theme
from stemstudio.ui.widgets.elided_label import ElidedLabel
from stemstudio.ui.widgets.notices import Notices
from stemstudio.ui.workplace import Workplace

MENUS = (
    ("&File", file.ACTIONS),
    ("&Edit", edit.ACTIONS),
    ("&Select", selection.ACTIONS),
    ("&Repair", repair.ACTIONS),
    ("&View", view.ACTIONS),
    ("&Mix", mix.ACTIONS),
    ("&Playback", playback.ACTIONS),
    ("&Markers", markers.ACTIONS),
    ("&Help", help.ACTIONS),
)

BOTTOM_HEIGHT = 64
"""Room for two jobs, so that nothing moves when work begins."""


class MainWindow(QMainWindow):
    """Everything that a person sees."""

    studio: Studio
    player: Player
    editor: Editor
    desk: Desk
    workplace: Workplace
    inspector: Inspector
    spectrogram: SpectrogramView

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(1000, 620))
        self._asks = True
        self._told_of_player = ""
        self._place_in_work: tuple[object, ...] = ()
        self.tasks = Tasks(self)
        self.studio = Studio(self.tasks, self)
        self.player = Player(self.studio, self)
        self.editor = Editor(self.studio, self.player, self)
        self.desk = Desk(self.studio, self.player, self)
        self._theme = THEMES[self.studio.settings.theme]
        self.lanes = LanesPanel(self.studio, self.desk, self.player, self._theme)
        self.picture = Picture(self.studio, self.player, self._theme)
        self.spectrogram = self.picture.spectrogram
        selecting = Selecting(self.studio, self.editor, self)
        edits, mending = SelectionEdits(self.studio, selecting), Mending(self.studio, self.editor, self)
        self.workplace = Workplace(self.studio, self.player, self.editor, self.desk, selecting, edits, mending)
        self.workbench = Workbench(self.workplace, self.picture, self._theme)
        self.inspector = Inspector(self.workplace)
        self.transport = Transport(self.player, self._theme)
        self.jobs = JobBar(self.tasks)
        self.notices = Notices(self.picture)
        self.actions_by_id: dict[str, tuple[ActionSpec, QAction]] = {}
        self._make_menus()
        self._make_layout()
        self._connect()
        self._restore_geometry()
        self.spectrogram.setFocus()
        self._on_settings_changed()
        self._on_changed()

    # Putting together

    def _make_menus(self) -> None:
        for title, specs in MENUS:
            menu = self.menuBar().addMenu(title)
            self.actions_by_id |= add_actions(menu, specs, self)
            if specs is view.ACTIONS:
                self.picture.take_menus(menu)
            if specs is file.ACTIONS:
                self._recent, unsaved = menu.addMenu("Open recent"), menu.addMenu("Unsaved projects")
                self._lost_work = LostWork(self.tasks, self.notices, unsaved, self.open_path)
                for submenu in (self._recent, unsaved):
                    menu.insertMenu(self.actions_by_id["new"][1], submenu)

    def _make_layout(self) -> None:
        self._title = ElidedLabel(self)
        self._title.setProperty("role", "title")
        self._state = QLabel(self)
        self._state.setProperty("role", "secondary")
        self._undo = self._tool_button("Undo", "undo")
        self._redo = self._tool_button("Redo", "redo")
        self.open_button = self._tool_button("Open…", "open")
        self.export_button = self._tool_button("Export…", "export")
        top = QHBoxLayout()
        top.setContentsMargins(16, 4, 16, 8)
        top.setSpacing(8)
        for widget in (self._title, self._state):
            top.addWidget(widget)
        top.addSpacing(16)
        top.addWidget(self._undo)
        top.addWidget(self._redo)
        top.addStretch()
        top.addWidget(self.open_button)
        top.addWidget(self.export_button)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setHandleWidth(4)
        splitter.setChildrenCollapsible(False)
        for part, least in ((self.lanes, 272), (self.workbench, 420), (self.inspector, 288)):
            part.setMinimumWidth(least)
            splitter.addWidget(part)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([304, 776, 360])
        bottom = QHBoxLayout()
        bottom.setContentsMargins(16, 0, 16, 0)
        bottom.setSpacing(24)
        bottom.addWidget(self.transport, 1)
        self.jobs.setFixedSize(304, BOTTOM_HEIGHT)
        bottom.addWidget(self.jobs)
        centre = QWidget(self)
        centre.setObjectName("panel")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(splitter, 1)
        layout.addLayout(bottom)
        self.setCentralWidget(centre)

    def _tool_button(self, caption: str, action_id: str) -> QPushButton:
        _, action = self.actions_by_id[action_id]
        button = QPushButton(caption, self)
        button.setToolTip(f"{action.toolTip()} ({action.shortcut().toString()})")
        button.clicked.connect(action.trigger)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # menus and keys do the same; Space belongs to the sound
        return button

    def _connect(self) -> None:
        self.studio.changed.connect(self._on_changed)
        self.studio.lane_selected.connect(self._on_changed)
        self.studio.settings_changed.connect(self._on_settings_changed)
        self.studio.told.connect(self.tell)
        self.tasks.failed.connect(self._on_failed)
        self.player.changed.connect(self._on_changed)
        for signal in (self.workplace.selecting.changed, self.editor.selection_changed, self.editor.preview_changed):
            signal.connect(self._on_changed)
        self.player.changed.connect(self._on_player_message)
        self.player.moved.connect(self._on_moved)
        self.lanes.seek_requested.connect(self.player.seek)
        self.picture.welcome.open.clicked.connect(self.actions_by_id["open"][1].trigger)
        self.picture.welcome.demo.clicked.connect(self.actions_by_id["demo"][1].trigger)

    def _restore_geometry(self) -> None:
        stored = self.studio.settings.window_geometry
        if not stored or not self.restoreGeometry(QByteArray(base64.b64decode(stored))):
            screen = QGuiApplication.primaryScreen().availableGeometry()
            self.resize(min(1440, screen.width()), min(900, screen.height()))

    # What a person does

    def begin(self, paths: list[Path]) -> None:
        """Open `paths`, or offer what was left unsaved; then load in the background what is slow to load."""
        for path in paths:
            self.open_path(path)
        self._lost_work.look()
        self.tasks.start(Job("", Lane.CPU, warm_up), lambda _: None)

    def open_path(self, path: Path) -> None:
        """Open a project, after asking what becomes of unsaved work, or bring a song into the open project."""
        folder = path.parent if path.name == DATABASE else path
        if folder.suffix != SUFFIX or not folder.is_dir():
            self.studio.import_song(path)
            return
        if self.studio.session is not None and folder.absolute() == self.studio.session.folder:
            return
        session = self.studio.load_project(folder)
        if session is None:
            return
        if self._may_leave(partial(self.open_path, path)):
            self.studio.take_project(session)
        else:
            session.close()

    def separate(self) -> None:
        """Show the Separate page and press its button."""
        self.inspector.show_page("Separate")
        page = self.inspector.page("Separate")
        assert isinstance(page, SeparatePage)
        page.separate_or_cancel()

    def end(self) -> None:
        """Close without a question; what was made is offered at the next start."""
        self._asks = False
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
        # Later: the dialog may be the question of a close that is under way, and a close within a close is nothing.
        QTimer.singleShot(0, self, self.close)

    def new_project(self) -> None:
        """Begin with nothing, after asking what becomes of unsaved work."""
        if self._may_leave(self.new_project):
            self.studio.new_project()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.open_path(Path(url.toLocalFile()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work, then end everything in order: timers, jobs, sound, project, window."""
        if not self._may_leave(self.close):
            event.ignore()
            return
        geometry = base64.b64encode(bytes(self.saveGeometry().data())).decode()
        self.studio.update_settings(replace(self.studio.settings, window_geometry=geometry))
        self.tasks.close()
        self.player.close()
        close_hosts()
        self.picture.close_worker()
        self.studio.close()
        event.accept()

    def _may_leave(self, then: Callable[[], object]) -> bool:
        """Ask about unsaved stems; if they are to be saved, `then` is called again once they are."""
        if not (self._asks and self.studio.needs_a_place and self.studio.has_work):
            return True
        answer = QMessageBox.question(
            self,
            "Keep the stems?",
            f"Save the project “{self.studio.title}”? Its stems have not been saved anywhere yet.",
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Save,
        )
        if answer == QMessageBox.StandardButton.Save:
            file.save_as(self, then)
        if answer == QMessageBox.StandardButton.Discard:
            self.studio.discard()
        return answer == QMessageBox.StandardButton.Discard

    # Telling

    @Slot(str, str)
    def tell(self, what: str, todo: str = "") -> None:
        """Show a message that stays until it is dismissed or, once it was read, something else is done."""
        self.notices.show_notice(what, todo)

    def tell_exported(self, exported: Exported) -> None:
        """Say what was written and offer to show it."""
        folder = exported.paths[0].parent
        count = "1 file" if len(exported.paths) == 1 else f"{len(exported.paths)} files"
        if exported.clipped:
            self.tell(
                f"{exported.clipped} samples were louder than the format can hold and were cut.",
                "Export with a true peak under −1 dBTP, or as 32 bit float.",
            )
        for notice in exported.notices:
            self.tell(notice)

        def show() -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

        self.notices.show_notice(f"Exported {count}.", str(folder), (("Show", show),), brief=True)

    def tell_defect(self, report: str) -> None:
        """Tell of a defect of the program without stopping it."""
        self._on_failed(InternalError("Something in StemStudio went wrong.", report))

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        what, todo = sentence(error)
        if not isinstance(error, InternalError):
            self.notices.show_notice(what, todo)
            return

        def copy() -> None:
            QGuiApplication.clipboard().setText(error.report)

        self.notices.show_notice(what, todo, (("Copy details", copy),))

    @Slot()
    def _on_player_message(self) -> None:
        """Show what is wrong with the sound device once."""
        if self.player.message and self.player.message != self._told_of_player:
            self.tell(self.player.message)
        self._told_of_player = self.player.message

    # Keeping up

    @Slot()
    def _on_changed(self) -> None:
        studio, session = self.studio, self.studio.session
        place = (session.folder, session.history.index, self.editor.selection) if session else ()
        if place != self._place_in_work:
            self._place_in_work = place
            self.notices.retire()
        name = studio.title or "StemStudio"
        self._title.setText(name)
        self._state.setText("" if studio.session is None else "not saved yet" if studio.needs_a_place else "saved")
        self.setWindowTitle(f"{name} – StemStudio" if studio.title else "StemStudio")
        for spec, action in self.actions_by_id.values():
            spec.refresh(action, self)
        for button, action_id in ((self._undo, "undo"), (self._redo, "redo")):
            _, action = self.actions_by_id[action_id]
            button.setEnabled(action.isEnabled())
            button.setToolTip(f"{action.toolTip()} ({action.shortcut().toString()})")
        track = studio.track
        self.export_button.setEnabled(track is not None)
        _make_primary(self.open_button, track is None)
        _make_primary(self.export_button, bool(track and track.stems))

    @Slot()
    def _on_moved(self) -> None:
        position = self.player.position
        self.picture.set_playhead(position)
        self.lanes.set_playhead(position)

    @Slot()
    def _on_settings_changed(self) -> None:
        settings = self.studio.settings
        self._recent.clear()
        for path in settings.recent:
            action = self._recent.addAction(Path(path).name)
            action.setToolTip(path)
            action.triggered.connect(OpenPath(self.open_path, Path(path)))
        self._recent.setEnabled(bool(settings.recent))
        if self._theme.name != settings.theme or not self._undo.icon().cacheKey():
            self._take_theme()
        self._on_changed()

    def _take_theme(self) -> None:
        self._theme = THEMES[self.studio.settings.theme]
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, self._theme)
        self._undo.setIcon(icon("undo", self._theme.text))
        self._redo.setIcon(icon("redo", self._theme.text))
        for part in (self.lanes, self.picture, self.workbench, self.transport):
            part.set_theme(self._theme)


def _make_primary(button: QPushButton, primary: bool) -> None:
    if bool(button.property("primary")) != primary:
        button.setProperty("primary", primary)
        button.style().unpolish(button)
        button.style().polish(button)
