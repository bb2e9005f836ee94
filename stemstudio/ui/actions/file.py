"""The File menu."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog

from stemstudio.audio.tags import Tags, read_tags
from stemstudio.core.resources import resource
from stemstudio.exporting.naming import legal_name
from stemstudio.jobs.job import Job, Lane
from stemstudio.project.session import Session
from stemstudio.project.storage import SUFFIX
from stemstudio.ui.actions.spec import SEPARATOR, ActionSpec
from stemstudio.ui.dialogs.export import ExportDialog
from stemstudio.ui.dialogs.export_passage import Passage
from stemstudio.ui.dialogs.preferences import PreferencesDialog
from stemstudio.ui.markers import markers

if TYPE_CHECKING:
    from stemstudio.ui.main_window import MainWindow

_ENDINGS = "wav flac mp3 ogg oga opus aif aiff m4a aac mp4 m4v mov mkv mka webm wma w64 rf64 caf"
AUDIO_PATTERNS = " ".join(f"*.{ending}" for ending in _ENDINGS.split())


def open_song(window: MainWindow) -> None:
    """Ask for songs and open them."""
    start = str(_usual_folder(window, projects=False))
    filters = f"Songs ({AUDIO_PATTERNS});;All files (*)"
    paths, _ = QFileDialog.getOpenFileNames(window, "Open songs", start, filters)
    for path in paths:
        window.studio.import_song(Path(path))


def open_project(window: MainWindow) -> None:
    """Ask for a project folder and open it."""
    title = f"Open a project (a folder that ends in {SUFFIX})"
    path = QFileDialog.getExistingDirectory(window, title, str(_usual_folder(window, projects=True)))
    if path:
        window.open_path(Path(path))


def _usual_folder(window: MainWindow, projects: bool) -> Path:
    """Where the last project, or song, was; else the person's music."""
    for text in window.studio.settings.recent:
        path = Path(text)
        if (path.suffix == SUFFIX) == projects and path.parent.is_dir():
            return path.parent
    music = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation))
    return music if music.is_dir() else Path.home()


def open_demo(window: MainWindow) -> None:
    """Open the song that comes with the program."""
    window.studio.import_song(resource("demo", "mixture.flac"))


def save(window: MainWindow) -> None:
    """Save, asking for a place the first time."""
    if window.studio.needs_a_place:
        save_as(window)
    else:
        window.studio.save()


def save_as(window: MainWindow, then: Callable[[], object] | None = None) -> None:
    """Ask for a place and keep the project there from now on; `then` is called once it is there."""
    name = legal_name(window.studio.title or "Project")
    suggested = str(_usual_folder(window, projects=True) / f"{name}{SUFFIX}")
    path, _ = QFileDialog.getSaveFileName(window, "Save project as", suggested, f"Projects (*{SUFFIX})")
    if path:
        folder = Path(path)
        window.studio.save_as(folder, then)


def export(window: MainWindow) -> None:
    """Ask what to export and where."""
    track = window.studio.track
    if track is None:
        return
    dialog = ExportDialog(track, window.studio.settings, _silent_stems(window), passages(window), window)
    waiting = [dialog]
    path = Path(track.source_path)

    def show_tags(_: Session, tags: Tags) -> None:
        for each in waiting:
            each.set_tags(tags)

    window.studio.run(Job("Reading tags", Lane.IO, lambda _: read_tags(path)), show_tags)
    if dialog.exec():
        choice, folder = dialog.choice(), dialog.folder()
        window.studio.update_settings(dialog.remembered(window.studio.settings))
        window.studio.export(track, folder, choice, window.tell_exported)
    waiting.clear()
    dialog.deleteLater()


def passages(window: MainWindow) -> list[Passage]:
    """Return the loop, the time range of the selection and the named regions, where there are such."""
    track, loop, selection = window.studio.track, window.player.loop, window.editor.selection
    assert track is not None
    rate, frames = track.mixture.sample_rate, track.mixture.frames
    found = [("Loop", *loop)] if loop else []
    if selection is not None:
        found.append(("Selection", max(selection.extent.first, 0), min(selection.extent.last, frames)))
    found += [
        (each.name, each.frame, min(each.frame + each.frames, frames)) for each in markers(window.studio) if each.frames
    ]
    return [Passage(title, first / rate, last / rate) for title, first, last in found if last - first < frames]


def _silent_stems(window: MainWindow) -> frozenset[str]:
    """Names of the stems in which nothing rises above −120 dB, so that the others add up without them."""
    silent = set()
    for lane in window.studio.lanes():
        peaks = lane.envelope() if lane.stem else None
        if peaks is not None:
            low, high = peaks.draw(0, lane.clip.frames, 64)
            if max(high.max(), -low.min()) < 1e-6:
                silent.add(lane.key)
    return frozenset(silent)


def preferences(window: MainWindow) -> None:
    """Show the preferences."""
    dialog = PreferencesDialog(window.studio, window)
    dialog.exec()
    dialog.deleteLater()


def _has_track(window: MainWindow) -> bool:
    return window.studio.track is not None


ACTIONS = (
    ActionSpec("open", "Open song…", open_song, ("Ctrl+O",), "Bring one or more songs into the project."),
    ActionSpec("open_project", "Open project…", open_project, ("Ctrl+Shift+O",), "Open a saved project."),
    ActionSpec("demo", "Open the demo song", open_demo, (), "Thirty seconds made for trying things out."),
    ActionSpec("new", "New project", lambda window: window.new_project(), ("Ctrl+N",), "Begin with nothing."),
    SEPARATOR,
    ActionSpec("save", "Save project", save, ("Ctrl+S",), "Keep the project where you choose.", _has_track),
    ActionSpec("save_as", "Save project as…", save_as, ("Ctrl+Shift+S",), "Keep a copy and go on there.", _has_track),
    ActionSpec("export", "Export…", export, ("Ctrl+E",), "Write stems and mix to audio files.", _has_track),
    SEPARATOR,
    ActionSpec("preferences", "Preferences…", preferences, ("Ctrl+,",), "Theme, colours, playback."),
    ActionSpec("quit", "Quit", lambda window: window.close(), ("Ctrl+Q",), "Close StemStudio."),
)
