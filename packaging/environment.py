"""Makes the virtual environment: once, with progress; afterwards it only looks at a stamp."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import system_libraries

_CONSTRAINTS = Path(__file__).resolve().parent / "constraints.txt"
_STARTED = time.monotonic()
_STAMP = "stemstudio-environment.json"
_LOG = "stemstudio-install.log"
_NO_NETWORK = re.compile(
    r"name resolution|getaddrinfo|NewConnectionError|Network is unreachable|Max retries|timed out|from versions: none"
)
_NVIDIA_NOTICE = (
    "Note: this is PyTorch's build for NVIDIA graphics cards, about 5 GB once installed. It works without one, too.\n"
    "For the small one, stop (Ctrl-C), set PIP_EXTRA_INDEX_URL to the address that PyTorch's start page gives for Pip\n"
    "and CPU, and start again.\n"
)


class Trouble(Exception):
    """What stops the command, in words that say what to do."""


def make(root: Path, *, dev: bool) -> Path:
    """Return the Python of an environment in which the program (and with `dev` its tests) can run.

    Raises
    ------
    Trouble
        If it cannot be made.
    """
    folder = Path(os.environ.get("STEMSTUDIO_VENV") or root / ".venv").absolute()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = {"key": _key(root), "dev": dev}
    stamp = folder / _STAMP
    if python.exists() and _satisfies(stamp, wanted):
        return python
    started = time.monotonic()
    _say(f"Making the environment in {folder} (once; a few minutes and 2 GB)")
    if not _has_pip(python):
        _create(folder)
    _install(python, root, dev=dev, log=folder / _LOG)
    _compile(python)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    _say(f"The environment is ready after {time.monotonic() - started:.0f} s")
    return python


def _key(root: Path) -> str:
    """Digest of all that decides what is installed, and from which folder."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    decides = [project["build-system"], project["project"], project["tool"]["setuptools"]]
    text = json.dumps([decides, _CONSTRAINTS.read_text(encoding="utf-8"), str(root)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _satisfies(stamp: Path, wanted: dict[str, object]) -> bool:
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return found.get("key") == wanted["key"] and (found.get("dev") or not wanted["dev"])


def _has_pip(python: Path) -> bool:
    """Whether the environment is whole; one whose making was interrupted is not."""
    if not python.exists():
        return False
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _create(folder: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:  # Debian and Ubuntu keep it in a package of its own
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not system_libraries.install([package]):
            raise Trouble(f"Python's own venv is missing. Install it and start again: sudo apt-get install {package}")
    _say("Creating it")
    done = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Trouble(f"The environment could not be created in {folder}:\n{(done.stdout + done.stderr).strip()}")


def _install(python: Path, root: Path, *, dev: bool, log: Path) -> None:
    command = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    command += ["-c", _CONSTRAINTS, "-e", f"{root}[dev]" if dev else root]
    environment = {"PIP_RETRIES": "2"} | os.environ | {"PYTHONUNBUFFERED": "1"}
    with log.open("w", encoding="utf-8") as record:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
        )
        assert process.stdout is not None
        progress = _Progress()
        try:
            for line in process.stdout:
                record.write(line)
                progress.follow(line.strip())
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            progress.end()
    if process.wait():
        raise Trouble(_reason(log))


def _compile(python: Path) -> None:
    """Compile the numerical loops now rather than during the first separation; they stay on disk."""
    _say("Compiling the numerical loops")
    program = (
        "from stemstudio.core.progress import Progress\n"
        "from stemstudio.separation.warm import warm_up\n"
        "warm_up(Progress())"
    )
    # Without it all works as well, later and slower; so a failure shows where it matters.
    subprocess.run([python, "-c", program], capture_output=True, check=False)


class _Progress:
    """Shows where pip is: on a terminal in one line that changes, elsewhere as a few lines that stay."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._step, self._packages = "Asking for the packages", 0
        self._ended, self._last_s = threading.Event(), time.monotonic()
        self._beat = threading.Thread(target=self._tick, daemon=True)
        self._beat.start()

    def follow(self, line: str) -> None:
        """Take a line that pip wrote."""
        if line.startswith("Installing collected packages"):
            self._show(f"Installing {line.count(',') + 1} packages")
        wheel = re.match(r"(?:Processing|Downloading|Using cached)\b.*?([^/ -]+)-([^-]+)-[^/]*\.whl(.*MB\))?", line)
        if wheel:
            self._packages += 1
            name, version, size = wheel.groups()
            if name == "torch" and _needs_notice(version):
                self._write(_NVIDIA_NOTICE)
            self._show(
                f"Fetching package {self._packages}: {name} {version}{size or ''}", quiet=self._packages % 20 > 1
            )

    def end(self) -> None:
        """Stop, and leave the line."""
        self._ended.set()
        self._beat.join()
        if self._live:
            print()

    def _show(self, step: str, *, quiet: bool = False) -> None:
        self._step = step
        if self._live or not quiet:
            self._write(f"[{time.monotonic() - _STARTED:4.0f} s] {step}")

    def _write(self, text: str) -> None:
        self._last_s = time.monotonic()
        print(f"\r\033[K{text}" if self._live else text, end="" if self._live else "\n", flush=True)

    def _tick(self) -> None:
        pause_s = 1 if self._live else 20
        while not self._ended.wait(0.5):
            if time.monotonic() - self._last_s >= pause_s:
                self._show(self._step)


def _needs_notice(torch_version: str) -> bool:
    return sys.platform.startswith("linux") and "+cpu" not in torch_version and not _has_nvidia_card()


def _has_nvidia_card() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()


def _reason(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    if _NO_NETWORK.search(text):
        return (
            "The packages could not be fetched: pip reached no package index. Check the network connection (and the\n"
            f"proxy, if there is one) and start again; what is done stays done. All that pip said is in {log}"
        )
    if "No space left" in text:
        return "The disk is full. The environment takes 2 GB (set STEMSTUDIO_VENV to have it on another disk)."
    tail = "\n".join(text.strip().splitlines()[-15:])
    return f"{tail}\npip failed; all that it said is in {log}"


def _say(step: str) -> None:
    print(f"[{time.monotonic() - _STARTED:4.0f} s] {step}", flush=True)
