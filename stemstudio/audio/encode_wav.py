"""Writing WAV, and RF64 where a file outgrows it."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from stemstudio.audio.candid_stream import put
from stemstudio.audio.encoder import Interleaved, StreamSpec
from stemstudio.audio.wav_header import wav_header
from stemstudio.audio.write_tags import riff_chunks


class WavEncoder:
    """Writes the samples as they come and the header at the end."""

    def __init__(self, file: BinaryIO, spec: StreamSpec) -> None:
        self._file, self._spec = file, spec
        self._bytes = 0
        put(file, self._header(0))

    def write(self, interleaved: Interleaved) -> None:
        """See `Encoder.write`."""
        data = packed(interleaved, self._spec.bits)
        self._bytes += len(data)
        put(self._file, data)

    def close(self, frames: int) -> None:
        """See `Encoder.close`."""
        if self._bytes % 2:
            put(self._file, b"\0")
        tail = riff_chunks(self._spec.tags)
        put(self._file, tail)
        self._file.seek(0)
        put(self._file, self._header(frames, len(tail)))

    def discard(self) -> None:
        """See `Encoder.discard`."""

    def _header(self, frames: int, tail_bytes: int = 0) -> bytes:
        spec = self._spec
        return wav_header(spec.channels, spec.sample_rate, spec.bits, frames, tail_bytes=tail_bytes)


def packed(interleaved: Interleaved, bits: int) -> bytes | memoryview:
    """Samples as little-endian words of `bits`; 32 is floating point."""
    match bits:
        case 32:
            return np.ascontiguousarray(interleaved, "<f4").data.cast("B")
        case 24:
            octets = np.ascontiguousarray(interleaved, "<i4").view(np.uint8).reshape(-1, 4)
            return octets[:, 1:].tobytes()
    return np.right_shift(interleaved.astype(np.int32), 16).astype("<i2").tobytes()
