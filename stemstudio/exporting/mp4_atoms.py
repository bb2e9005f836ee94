"""The boxes of an MP4 file (ISO/IEC 14496-12): finding one, and adding one to the end of the movie box."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

_HEAD = struct.Struct(">I4s")
_LARGEST_MOVIE = 256_000_000  # bytes; a movie box holds tables, no sound


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk over the boxes side by side in `data`: pairs of name and content; stops where the data make no sense."""
    at = 0
    while at + 8 <= len(data):
        size, name = _HEAD.unpack_from(data, at)
        if size < 8 or at + size > len(data):
            return
        yield name, data[at + 8 : at + size]
        at += size


def box(name: bytes, content: bytes) -> bytes:
    """Return a box."""
    return _HEAD.pack(8 + len(content), name) + content


def inner(data: bytes, *path: bytes) -> bytes | None:
    """Content of the first box at `path`, as in ``inner(movie, b"udta", b"stem")``."""
    for name in path:
        found = next((content for kind, content in boxes(data) if kind == name), None)
        if found is None:
            return None
        data = found
    return data


def read_movie(file: BinaryIO) -> tuple[int, bytes]:
    """Where the movie box of `file` begins, and its content; `ValueError` if there is none."""
    file.seek(0, 2)
    end, at = file.tell(), 0
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, name = _HEAD.unpack_from(head)
        skip = 8
        if size == 1 and len(head) == 16:
            size, skip = struct.unpack_from(">Q", head, 8)[0], 16
        size = size or end - at
        if size < skip or at + size > end:
            break
        if name == b"moov" and size < _LARGEST_MOVIE:
            file.seek(at + skip)
            return at, file.read(size - skip)
        at += size
    raise ValueError("no movie box")


def with_user_data(movie: bytes, name: bytes, content: bytes) -> bytes:
    """Content of a movie box with a box `name` in its user data."""
    user_data = inner(movie, b"udta") or b""
    others = b"".join(box(kind, each) for kind, each in boxes(movie) if kind != b"udta")
    return others + box(b"udta", user_data + box(name, content))
