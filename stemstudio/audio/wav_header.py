"""The bytes in front of the samples of a WAV file, and of its big brother RF64.

A RIFF size is 32 bits wide. A file that may outgrow it reserves a ``JUNK`` chunk which becomes the ``ds64`` chunk of
RF64 (EBU Tech 3306, 2009), so both kinds have one layout and only the header changes at the end.
"""

from __future__ import annotations

import struct

RIFF_LIMIT = 2**32 - 1
"""Largest size that a RIFF header can state, in bytes."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
# Speaker positions of 1 to 8 channels in WAV order (bit 0 front left, 1 right, 2 centre, 3 low frequency,
# 4 and 5 back left and right, 8 back centre, 9 and 10 side left and right), then 5.1.4 and 7.1.4 with the four
# in the ceiling (12 and 14 front left and right, 15 and 17 back left and right).
_SPEAKERS = {1: 0x4, 2: 0x3, 3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F, 10: 0x2D03F, 12: 0x2D63F}


def wav_header(
    channels: int, sample_rate: int, bits: int, frames: int, size: int | None = None, tail_bytes: int = 0
) -> bytes:
    """Header of a WAV file whose samples follow at once.

    Parameters
    ----------
    channels : int
        1 to 8, 10 or 12.
    sample_rate : int
    bits : {16, 24, 32}
        Width of a sample; 32 is floating point.
    frames : int
    size : int, optional
        Length in bytes to which a ``JUNK`` chunk fills the header; at least that of the header plus eight.
    tail_bytes : int
        Length of the chunks that follow the samples.

    Returns
    -------
    bytes
        ``RIFF`` where the whole file fits `RIFF_LIMIT`, else ``RF64`` of the same length.
    """
    frame_bytes = channels * bits // 8
    data_bytes = frames * frame_bytes
    body = _format_chunk(channels, sample_rate, bits)
    if bits == 32:
        body += struct.pack("<4sII", b"fact", 4, min(frames, RIFF_LIMIT))
    head_bytes = 12 + 36 + len(body) + 8
    if size is not None:
        fill = size - head_bytes - 8
        body += struct.pack("<4sI", b"JUNK", fill) + bytes(fill)
        head_bytes = size
    # The pad byte behind an odd number of samples belongs to the file, not to the chunk.
    riff_bytes = head_bytes - 8 + data_bytes + data_bytes % 2 + tail_bytes
    if riff_bytes <= RIFF_LIMIT:
        return (
            struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", 28)
            + body
            + struct.pack("<4sI", b"data", data_bytes)
        )
    return (
        struct.pack("<4sI4s4sI", b"RF64", 0xFFFFFFFF, b"WAVE", b"ds64", 28)
        + struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0)
        + body
        + struct.pack("<4sI", b"data", 0xFFFFFFFF)
    )


def _format_chunk(channels: int, sample_rate: int, bits: int) -> bytes:
    tag = _FLOAT if bits == 32 else _PCM
    frame_bytes = channels * bits // 8
    fields = struct.pack("<HIIHH", channels, sample_rate, sample_rate * frame_bytes, frame_bytes, bits)
    if channels <= 2:
        return struct.pack("<4sIH", b"fmt ", 16, tag) + fields
    extension = struct.pack("<HHIH", 22, bits, _SPEAKERS[channels], tag) + _GUID_TAIL
    return struct.pack("<4sIH", b"fmt ", 40, _EXTENSIBLE) + fields + extension
