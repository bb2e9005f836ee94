"""Every error of the program, as a tree.

::

    Exception
    ├── Cancelled            the person asked to stop: nobody is told anything
    └── StemStudioError
        ├── InternalError    a defect of the program, with the report that its makers need
        └── UserError        the person can mend it: one sentence what happened, one what to do
            ├── BadInput     the file is not what it should be
            ├── NotReady     something is missing (a model, a library) and can be had
            └── NoRoom       the target cannot take the data (full, read-only, missing)

Anything else that is raised is a defect of the program and becomes an `InternalError`.
"""

from __future__ import annotations

import errno
import platform
import sys
import traceback


class Cancelled(Exception):
    """The person asked to stop."""


class StemStudioError(Exception):
    """Base of every error that the program raises on purpose."""


class UserError(StemStudioError):
    """Something that the person can mend.

    Parameters
    ----------
    what : str
        What happened, one sentence with its full stop.
    todo : str
        What to do about it, one sentence.
    """

    def __init__(self, what: str, todo: str = "") -> None:
        super().__init__(f"{what} {todo}".strip())
        self.what = what
        self.todo = todo


class BadInput(UserError):
    """The file or value given is not what it should be."""


class NotReady(UserError):
    """Something needed is not installed; ``todo`` says how to get it."""


class NoRoom(UserError):
    """The target cannot take the data."""


class InternalError(StemStudioError):
    """A defect of the program.

    Parameters
    ----------
    what : str
        What could not be done, one sentence.
    report : str
        Versions and traceback, many lines.
    """

    todo = "This is a defect of StemStudio: please send its makers the report."

    def __init__(self, what: str, report: str) -> None:
        super().__init__(f"{what} {self.todo}")
        self.what = what
        self.report = report

    @classmethod
    def of(cls, error: BaseException, doing: str) -> InternalError:
        """Describe the unexpected `error` that ended `doing`; keeps its text only, not its frames."""
        from stemstudio import __version__

        system = f"Python {platform.python_version()}, {platform.platform()}, frozen: {hasattr(sys, 'frozen')}"
        trace = "".join(traceback.format_exception(error))
        return cls(f"“{doing}” could not be finished.", f"StemStudio {__version__}, {system}\n{doing}\n\n{trace}")


def from_os_error(error: OSError, path: object) -> UserError:
    """Turn an operating system's error about `path` into a sentence with a remedy."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return NoRoom(f"The disk is full while writing {path}.", "Free some space or choose another folder.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return NoRoom(f"{path} may not be written or read.", "Choose another folder or change its permissions.")
        case errno.ENOENT:
            return BadInput(f"{path} does not exist.", "Check the name and the folder.")
        case errno.EISDIR:
            return BadInput(f"{path} is a folder.", "Choose a file.")
        case errno.EFBIG:
            return NoRoom(f"{path} became larger than this disk allows.", "Choose another disk.")
        case errno.ENOTDIR:
            return NoRoom(f"{path} lies in a file, not in a folder.", "Choose another folder.")
        case errno.ENAMETOOLONG:
            return NoRoom(f"The name {path} is too long for this disk.", "Choose a shorter name.")
    return UserError(f"{path} could not be used: {error.strerror or error}.", "Check the file and the disk.")
