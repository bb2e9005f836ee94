"""Windows of the tests are those of the program: its style, its name, its icon."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QApplication, QMessageBox

from stemstudio.app import make_application
from stemstudio.core.progress import Progress
from stemstudio.operations.importing import import_song
from stemstudio.operations.separating import separate_track
from stemstudio.project.document import ClipRef, Stem, Track, with_track
from stemstudio.project.session import Session
from stemstudio.ui.main_window import MainWindow

_RATE = 44100
_FRAMES = 8 * _RATE
_STEMS = ("vocals", "drums", "bass", "guitar", "piano", "residual")


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """Return the application as `stemstudio.app` makes it."""
    return make_application()


def _sounds() -> dict[str, np.ndarray]:
    t = np.arange(_FRAMES) / _RATE
    rng = np.random.default_rng(0)
    made = {}
    for index, name in enumerate(_STEMS):
        tone = 0.1 * np.sin(2 * np.pi * 110 * (index + 1) * t) * (np.modf(t)[0] < 0.6)
        noise = 1e-4 * rng.standard_normal((2, _FRAMES))
        made[name] = (np.stack([tone, -tone if name == "guitar" else 0.8 * tone]) + noise).astype(np.float32)
    return made


@pytest.fixture
def six_stems(tmp_path: Path, _six_stems: Path) -> Path:
    """Return a project of one's own, a copy of `_six_stems`."""
    return Path(shutil.copytree(_six_stems, tmp_path / _six_stems.name))


@pytest.fixture(scope="session")
def _six_stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a project with a song of six stems of 8 s at 44,100 Hz; the guitar's sides are opposed."""
    session = Session.create(tmp_path_factory.mktemp("project") / "mix.stemstudio")

    def written(samples: np.ndarray) -> ClipRef:
        with session.clips.create(2, _FRAMES, _RATE) as writer:
            writer.write(0, samples)
            return ClipRef(writer.finish(), 2, _FRAMES, _RATE)

    made = _sounds()
    stems = tuple(Stem(name, name, written(samples)) for name, samples in made.items())
    mixture = written(np.sum(list(made.values()), axis=0))
    session.edit("Open", lambda project: with_track(project, Track("t", "Song", "", mixture, stems)))
    session.close()
    return session.folder


@pytest.fixture
def open_page(qtbot, monkeypatch) -> Callable[[Path, str], AbstractContextManager[MainWindow]]:
    """Return what shows the window at 1280 x 800 with a project and a page of the inspector, vocals selected."""

    @contextmanager
    def shown(folder: Path, page: str) -> Iterator[MainWindow]:
        monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
        window = MainWindow()
        window.resize(1280, 800)
        window.show()
        window.studio.take_project(Session.open(folder))
        window.studio.select_lane("vocals")
        window.inspector.show_page(page)
        qtbot.waitExposed(window)
        QApplication.processEvents()
        yield window
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents()

    return shown


@pytest.fixture
def tone_and_beats(tmp_path: Path) -> Path:
    """Write three seconds of a steady tone with a burst of noise twice a second, different in both channels."""
    t = np.arange(3 * _RATE) / _RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * t)
    beat = 0.3 * np.random.default_rng(1).standard_normal(len(t)) * (np.modf(t * 2)[0] < 0.05)
    path = tmp_path / "song.wav"
    soundfile.write(path, np.stack([tone + beat, 0.5 * tone + beat], 1), _RATE, subtype="FLOAT")
    return path


@pytest.fixture(scope="session")
def separated_project() -> Callable[[Path, Path], Path]:
    """Return what makes a project of a song in a folder, separated into harmonic, percussive and residual."""

    def made(song: Path, folder: Path) -> Path:
        session = Session.create(folder)
        opened = import_song(song, session.clips)
        read = opened.job.work(Progress())
        session.edit(opened.label, lambda project: opened.apply(project, read))
        separated, _ = separate_track(session.project.tracks[0], session.clips, "hpss", {})
        stems = separated.job.work(Progress())
        session.edit(separated.label, lambda project: separated.apply(project, stems))
        session.close()
        return session.folder

    return made
