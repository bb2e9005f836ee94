"""A file for libraries that swallow or misread the errors of the disk."""

from __future__ import annotations

import io
from typing import BinaryIO


class CandidStream:
    """Passes reading and writing on to `file` and remembers the first error, which `complain` raises.

    After an error every `write` returns `after_error`: nothing written (0) for a library that then stops, or, with
    None, as if all had been written, for one that would try again for ever.
    """

    def __init__(self, file: BinaryIO, after_error: int | None = 0) -> None:
        self._file, self._after_error = file, after_error
        self._error: OSError | None = None

    def write(self, data: bytes | memoryview) -> int:
        """Write all of `data`."""
        if self._error is None:
            try:
                put(self._file, data)
            except OSError as error:
                self._error = error
        if self._error is None or self._after_error is None:
            return len(data)
        return self._after_error

    def truncate(self, size: int | None = None) -> int:
        """Cut or lengthen the file."""
        try:
            return self._file.truncate(size)
        except OSError as error:
            self._error = self._error or error
            raise

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        return self._file.read(size)

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        """Go to `position`."""
        return self._file.seek(position, whence)

    def tell(self) -> int:
        """Where reading and writing go on."""
        return self._file.tell()

    def flush(self) -> None:
        """Nothing is held back."""

    def seekable(self) -> bool:
        """Whether `seek` works: yes."""
        return True

    def complain(self) -> None:
        """Raise the error that was met."""
        if self._error is not None:
            raise self._error


def put(file: BinaryIO, data: bytes | memoryview) -> None:
    """Write all of `data` to an unbuffered file, which may take it in pieces."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
