"""Reading through libsndfile: WAV, AIFF, FLAC, Ogg Vorbis, Opus and their kin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples

MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd")
"""First four bytes of the containers that are read here.

libsndfile guesses further formats from two bytes or from a file's name; those guesses turn text into noise. MPEG is
left to FFmpeg: libsndfile estimates the length of a stream of varying bit rate and stops there.
"""

_LOSSY = {"VORBIS", "OPUS", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32", "G723_24", "G723_40"}
_LOSSY |= {"NMS_ADPCM_16", "NMS_ADPCM_24", "NMS_ADPCM_32", "VOX_ADPCM"}
_UNKNOWN_LENGTH = 2**48

# Where the channels of WAV order are found in Vorbis order (Vorbis I specification, 4.3.9), which Opus shares.
VORBIS_ORDER = {3: (0, 2, 1), 5: (0, 2, 1, 3, 4), 6: (0, 2, 1, 5, 3, 4), 7: (0, 2, 1, 6, 5, 3, 4)}
VORBIS_ORDER[8] = (0, 2, 1, 7, 5, 6, 3, 4)


class SndfileReader:
    """An open file. Raises ``soundfile.LibsndfileError`` or `ValueError` if it is not one of libsndfile's."""

    def __init__(self, path: Path) -> None:
        import soundfile

        # soundfile would refuse a name whose bytes are no text; as bytes any name does.
        self._file = soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else str(path))
        self._error: type[Exception] = soundfile.LibsndfileError
        if not 0 < self._file.frames < _UNKNOWN_LENGTH:
            self._file.close()
            raise ValueError("a header without a length: libsndfile stumbles at the end, or does not begin")
        self.sample_rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int | None = self._file.frames
        self.format = {"WAVEX": "wav", "RF64": "wav"}.get(self._file.format, self._file.format.lower())
        self.subtype: str = self._file.subtype.lower()
        self.lossy = self._file.subtype in _LOSSY
        self.damaged = 0
        self.exact = True
        self._order = VORBIS_ORDER.get(self.channels) if self._file.format == "OGG" else None

    @property
    def title(self) -> str:
        """Title in the file's tags, or nothing."""
        return str(self._file.title or "")

    def blocks(self, block_frames: int) -> Iterator[Samples]:
        """Yield the samples as float32 (channels, n); a stream that breaks off ends early."""
        left = self._file.frames
        while left > 0:
            # No frame more than there is: what lies behind the last one, a tag say, would spoil the whole block.
            interleaved = np.empty((min(block_frames, left), self.channels), np.float32)
            try:
                part = self._file.read(out=interleaved)
            except self._error:
                self.damaged += 1
                return
            if len(part) == 0:
                return
            left -= len(part)
            block = np.ascontiguousarray(part.T)
            yield block if self._order is None else block[list(self._order)]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
