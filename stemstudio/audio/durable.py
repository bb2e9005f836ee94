"""Files that are whole or not there: a temporary name beside the target, fsync, rename."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from stemstudio.core.errors import from_os_error

_BEGINNING, _ENDING = ".stemstudio-", ".part"
_YOUNG_S = 2.0


class Replacement:
    """A new file that takes `path`'s place when `commit` is called and leaves no trace otherwise.

    `file` is open for reading and writing, unbuffered. `UserError` if the folder cannot take it.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        # The target's own name plus a suffix might be longer than the disk allows.
        self._temporary = self.path.with_name(f"{_BEGINNING}{uuid.uuid4().hex}{_ENDING}")
        try:
            if self.path.is_dir():
                raise IsADirectoryError(21, "Is a directory")
            # A target that is too long is told before the work, not after it.
            self.path.exists()
            self.file: BinaryIO = self._temporary.open("x+b", buffering=0)
        except OSError as error:
            raise from_os_error(error, self.path) from error
        _lock(self.file)

    def sync(self) -> None:
        """Bring what was written to the disk; `OSError` if it does not take it."""
        os.fsync(self.file.fileno())

    def commit(self, path: Path | None = None) -> None:
        """Make the file permanent under its own name, or as `path` in the same folder."""
        if path is not None:
            self.path = path
        try:
            self.sync()
            self.file.close()
            self._temporary.replace(self.path)
        except OSError as error:
            self.discard()
            raise from_os_error(error, self.path) from error
        sync_folder(self.path.parent)

    def discard(self) -> None:
        """Delete what was written; nothing happens after `commit`."""
        self.file.close()
        self._temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what a program that was killed left half-written in `folder`: our own files that nobody has open."""
    try:
        left = list(folder.glob(f"{_BEGINNING}*{_ENDING}"))
    except OSError:
        return
    for path in left:
        # Too young to judge: it may have been opened a moment ago and not be locked yet.
        with suppress(OSError), path.open("r+b") as file:
            if time.time() - path.stat().st_mtime > _YOUNG_S and _lock(file):
                path.unlink()  # Windows refuses while another program has it open


def _lock(file: BinaryIO) -> bool:
    """Mark `file` as in use until it is closed; False if another has done so, or where the system knows no locks."""
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held by another, or a network disk without locks
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a loss of power, where the system knows how."""
    if os.name != "posix":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # a folder that may be written but not read
    try:
        os.fsync(handle)
    except OSError:
        pass  # some network disks do not sync folders
    finally:
        os.close(handle)
