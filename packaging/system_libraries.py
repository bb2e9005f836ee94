"""Finds the shared libraries that Qt needs by loading them, and installs what is missing where it may (apt)."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

_QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libpulse.so.0": "libpulse0",
}
_XCB = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
FOR_WINDOW: dict[str, str] = _QT | _XCB
"""Debian's package of each library, by the name that the loader knows."""
FOR_TESTS = FOR_WINDOW | {"Xvfb": "xvfb", "xdotool": "xdotool", "pulseaudio": "pulseaudio", "parec": "pulseaudio-utils"}
"""The same, the virtual screen and who types on it, and the sound server whose output is recorded."""
_FONTS = "fonts-dejavu-core"


def provide(needed: dict[str, str]) -> None:
    """Install what of `needed` is missing, or print the line that does."""
    if not sys.platform.startswith("linux"):
        return
    missing = _missing(needed)
    if missing and install(missing):
        missing = _missing(needed)
    if missing:
        print(
            f"Qt lacks system libraries here. On Debian or Ubuntu: sudo apt-get install {' '.join(missing)}", flush=True
        )


def install(packages: list[str]) -> bool:
    """Install Debian packages if that is possible without asking for a password."""
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") is None or (rights and not _succeeds([*rights, "true"])):
        return False
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    command = [*apt, "install", "--no-install-recommends", *packages]
    # A machine that was never used has no lists yet.
    return _succeeds(command) or (_succeeds([*apt, "update"]) and _succeeds(command))


def _missing(needed: dict[str, str]) -> list[str]:
    missing = [package for name, package in needed.items() if not _is_there(name)]
    return missing if _has_fonts() else [*missing, _FONTS]


def _is_there(name: str) -> bool:
    if ".so" not in name:
        return shutil.which(name) is not None
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _has_fonts() -> bool:
    """Whether there is any font; without one every letter is a box."""
    folders = [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".local/share/fonts",
        Path.home() / ".fonts",
    ]
    return any(next(folder.rglob("*.[to]t[fc]"), None) for folder in folders if folder.is_dir())


def _succeeds(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
        )
    except OSError:
        return False
