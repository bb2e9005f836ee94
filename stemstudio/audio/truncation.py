"""Whether a file holds as many bytes as its own headers promise.

A decoder given a file that was cut (a download that stopped, a full stick) plays what is there and says nothing. Each
container states its size somewhere; a walk over a few headers tells.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

# Some writers count a header in, or forget the last pad byte; that is no loss of sound.
_SLACK_BYTES = 1024
_OPEN_ENDED = (0, 0xFFFFFFFF)
# What may follow the last box of an MP4 file, a tag of another kind say, must not be taken for one.
_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"moof", b"mfra", b"sidx", b"styp", b"meta"}


def missing_bytes(path: Path) -> int:
    """Return how many bytes the file lacks of what it promises; 0 where it lacks none or promises nothing."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(64)
        promised = 0
        if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
            promised = _wav_end(file, size)
        elif head[:4] == b"FORM":
            length = int.from_bytes(head[4:8], "big")
            promised = 0 if length in _OPEN_ENDED else 8 + length
        elif head[:4] == b"OggS":
            promised = _ogg_end(file, size)
        elif head[4:8] == b"ftyp":
            promised = _mp4_end(file, size)
        elif head[:4] == b"\x1a\x45\xdf\xa3":
            promised = _matroska_end(file)
        elif head[:3] == b"ID3" or head[:1] == b"\xff":
            promised = _mp3_end(file, head)
    missing = promised - size
    return missing if missing > _SLACK_BYTES else 0


def _wav_end(file: BinaryIO, size: int) -> int:
    position, big = 12, 0
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"ds64":
            extra = file.read(16)
            big = struct.unpack("<Q", extra[8:16])[0] if len(extra) == 16 else 0
        if name == b"data":
            if length == 0xFFFFFFFF and big:
                return position + 8 + int(big)
            return 0 if length in _OPEN_ENDED else position + 8 + int(length)
        position += 8 + length + length % 2
    return 0


def _ogg_end(file: BinaryIO, size: int) -> int:
    """End of the last page: a page is at most 65,307 bytes long, so its head lies in the last 64 KB."""
    start = max(0, size - 65_307)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0:
        return 0
    page = tail[at:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return size + _SLACK_BYTES + 1
    length = 27 + page[26] + sum(page[27 : 27 + page[26]])
    # An Ogg stream is cut in a page of its own size, often a small one: no slack here.
    return size + _SLACK_BYTES + 1 if length > len(page) else 0


def _mp4_end(file: BinaryIO, size: int) -> int:
    position = 0
    while position + 8 <= size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            wide = file.read(8)
            length = struct.unpack(">Q", wide)[0] if len(wide) == 8 else 0
        if length < 8 or name not in _BOXES:
            return 0
        position += length
    return position


def _matroska_end(file: BinaryIO) -> int:
    file.seek(4)
    head = _element_size(file)
    if head is None:
        return 0
    file.seek(file.tell() + head)
    if file.read(4) != b"\x18\x53\x80\x67":
        return 0
    segment = _element_size(file)
    return 0 if segment is None else file.tell() + segment


def _element_size(file: BinaryIO) -> int | None:
    """EBML's number of varying width (RFC 8794, 4): leading zeros tell the width; all ones mean unknown."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    width = 9 - first[0].bit_length()
    rest = file.read(width - 1)
    value = int.from_bytes(bytes([first[0] & (0xFF >> width)]) + rest, "big")
    return None if len(rest) < width - 1 or value == (1 << 7 * width) - 1 else value


def _mp3_end(file: BinaryIO, head: bytes) -> int:
    """End by the Xing or Info table in the first frame, where an encoder has left one."""
    start = 0
    if head[:3] == b"ID3" and len(head) >= 10:
        start = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    file.seek(start)
    frame = file.read(256)
    if frame[:1] != b"\xff":
        return 0
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 16:
        return 0
    flags, _, count = struct.unpack(">III", frame[at + 4 : at + 16])
    return start + int(count) if flags & 3 == 3 else 0
