"""What every test stands on: a home of its own, no screen, real songs, and nothing left behind.

Warnings are errors and so are Qt's messages (both in pyproject.toml).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

# Before anything imports Qt, which aborts the process where it finds no screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

REPOSITORY = Path(__file__).resolve().parents[1]
_GRACE_S = 5.0
"""How long a thread or a process may take to end after its test."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_HOME] = tempfile.mkdtemp(prefix="stemstudio-tests-")
    os.environ["STEMSTUDIO_HOME"] = config.stash[_HOME]  # for fixtures that outlive one test


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_HOME], ignore_errors=True)


_HOME = pytest.StashKey[str]()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's settings and unsaved projects are."""
    folder = tmp_path / "home"
    monkeypatch.setenv("STEMSTUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail a test after which a thread or a child process of its own still runs."""
    threads, children = _threads(), _children()
    yield
    deadline = time.monotonic() + _GRACE_S
    while (left := (_threads() - threads) | (_children() - children)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"still running after the test: {left}"


def _threads() -> set[threading.Thread]:
    # Python never forgets a foreign thread (Qt's) that once ran Python code, even when it has ended.
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


def _children() -> set[psutil.Process]:
    found = set()
    for child in psutil.Process().children():
        try:
            # The standard library keeps one such helper for the life of the process.
            if child.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(child.cmdline()):
                found.add(child)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.fixture(scope="session", autouse=True)
def nothing_left_in_the_repository() -> Iterator[None]:
    """Fail if the tests of a clean checkout leave it unclean; one that is being worked on says nothing."""
    was_clean = _changes() == ""
    yield
    if was_clean:
        assert _changes() == "", "the tests changed the repository"


def _changes() -> str:
    try:
        command = ["git", "status", "--porcelain", "--untracked-files=all"]
        return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown: no git here"


@pytest.fixture(scope="session")
def repository() -> Path:
    """Folder that holds pyproject.toml."""
    return REPOSITORY


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """Where mixture, vocals, drums, bass and other of the demo song are, as FLAC files."""
    return REPOSITORY / "resources" / "demo"


@pytest.fixture(scope="session")
def audio_folder() -> Path:
    """Folder of real songs, `STEMSTUDIO_AUDIO` or ``../shared/audio``; skips where there is none."""
    folder = Path(os.environ.get("STEMSTUDIO_AUDIO") or REPOSITORY.parent / "shared" / "audio")
    if not folder.is_dir():
        pytest.skip("no folder of real songs here (STEMSTUDIO_AUDIO)")
    return folder


@pytest.fixture(scope="session")
def song_excerpt(audio_folder: Path) -> Callable:
    """Read a part of a real mixture: `song_excerpt("Vibe_Ace", start_s=20, seconds=5)` is an AudioBuffer."""
    import soundfile

    from stemstudio.core.buffer import AudioBuffer

    def read(name: str, *, start_s: float = 20.0, seconds: float = 5.0) -> AudioBuffer:
        paths = sorted(path for path in (audio_folder / "mixtures").glob(f"*{name}*") if path.suffix != ".txt")
        with soundfile.SoundFile(paths[0]) as file:
            file.seek(round(start_s * file.samplerate))
            samples = file.read(round(seconds * file.samplerate), "float32", always_2d=True)
            return AudioBuffer(samples.T, file.samplerate)

    return read


@pytest.fixture(params=["a full disk", "a limit"])
def small_disk(request, tmp_path: Path) -> Iterator[Path]:
    """A folder in which no more than a megabyte fits: a disk of that size, or a limit where none may be mounted."""
    if request.param == "a limit":
        resource = pytest.importorskip("resource")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
        yield tmp_path
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small disk may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def virtual_screen() -> Iterator[str]:
    """A screen that nobody sees; its name is for DISPLAY of a process started with QT_QPA_PLATFORM=xcb."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb here")
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[theirs], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    with os.fdopen(ours) as numbers:
        display = numbers.readline().strip()  # the server chooses a free one and says so once it listens
    try:
        assert display, "Xvfb did not start"
        yield f":{display}"
    finally:
        server.terminate()
        server.wait(10)
