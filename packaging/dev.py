"""The two commands of a checkout, for any Python from 3.11 to 3.13 and nothing else installed.

    python3 packaging/dev.py run [FILE ...] [--out FOLDER]
        Make the environment and open the window with the songs named, or with the demo song. Without a screen: separate
        them into FOLDER (out/demo) and picture the stems.
    python3 packaging/dev.py test [ARGUMENT ...]
        Make the environment and run every test; the ARGUMENTs go to pytest.

The environment is `.venv` beside this folder, or where STEMSTUDIO_VENV says. Everything is quick the second time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUPPORTED = ((3, 11), (3, 12), (3, 13))


def main(arguments: list[str]) -> int:
    """Do what the command line asks; returns the exit status."""
    if sys.version_info[:2] not in SUPPORTED:  # before anything that an older Python could not read
        versions = ", ".join(f"{major}.{minor}" for major, minor in SUPPORTED)
        have = ".".join(str(number) for number in sys.version_info[:2])
        print(f"StemStudio needs Python {versions}; this is {have}: {sys.executable}", file=sys.stderr)
        return 2
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command not in ("run", "test"):
        print(__doc__)
        return 0 if command in ("-h", "--help", "help") else 2
    from environment import Trouble

    try:
        return run(rest) if command == "run" else test(rest)
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nStopped; what is done stays done.", file=sys.stderr)
        return 130


def run(arguments: list[str]) -> int:
    """Open the window, or show on disk what it would have shown."""
    import environment
    import system_libraries

    parser = argparse.ArgumentParser(prog="dev.py run")
    parser.add_argument("files", nargs="*", type=Path, default=[ROOT / "resources" / "demo" / "mixture.flac"])
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "demo")
    options = parser.parse_args(arguments)
    system_libraries.provide(system_libraries.FOR_WINDOW)
    python = environment.make(ROOT, dev=False)
    if has_screen():
        program = "import sys; from stemstudio.app import main; sys.exit(main(sys.argv[1:]))"
        return start([python, "-c", program, *options.files])
    print("There is no screen here, so the stems go to files.", flush=True)
    status = start([python, "-m", "stemstudio", "separate", *options.files, "-o", options.out])
    if status == 0:
        status = start([python, ROOT / "packaging" / "picture_stems.py", options.out])
    return status


def test(arguments: list[str]) -> int:
    """Run the tests."""
    import environment
    import system_libraries

    system_libraries.provide(system_libraries.FOR_TESTS)
    python = environment.make(ROOT, dev=True)
    return start([python, "-m", "pytest", *arguments], folder=ROOT)


def has_screen() -> bool:
    """Whether a window can be shown; only Linux may lack a screen and say so."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def start(command: list[str | Path], folder: Path | None = None) -> int:
    """Run `command` in the foreground and return its status; Ctrl-C reaches it as well and is its to answer."""
    process = subprocess.Popen([str(part) for part in command], cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
