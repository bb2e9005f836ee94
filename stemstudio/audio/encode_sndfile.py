"""Writing through libsndfile: FLAC, AIFF, MP3, Ogg Vorbis.

Its encoders note their own delay (LAME's tag, granule positions), so that what is read back
begins and ends where the sound does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np

from stemstudio.audio.candid_stream import CandidStream
from stemstudio.audio.encoder import Interleaved, StreamSpec
from stemstudio.audio.read_sndfile import VORBIS_ORDER
from stemstudio.core.errors import BadInput

# libsndfile's Vorbis encoder puts all that it is given at once on the stack.
_MOST_FRAMES = 8192
# Nominal rates in kbit/s of the eleven qualities of Vorbis, for two channels at 44.1 kHz.
_VORBIS_KBPS = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500)


class SndfileEncoder:
    """An encoder of libsndfile; `BadInput` if it cannot hold such a sound."""

    def __init__(self, file: BinaryIO, spec: StreamSpec, container: str, subtype: str, **options: Any) -> None:
        import soundfile

        self._stream = CandidStream(file)
        try:
            self._sound = soundfile.SoundFile(
                self._stream, "w", spec.sample_rate, spec.channels, subtype, format=container, **options
            )
        except soundfile.LibsndfileError as error:
            self._stream.complain()
            raise BadInput(
                f"{container} cannot hold {spec.channels} channels at {spec.sample_rate} Hz.",
                "Choose WAV, or another sample rate.",
            ) from error
        if container == "AIFF" and spec.tags.title:
            self._sound.title = spec.tags.title  # its own chunk, beside ID3
        order = VORBIS_ORDER.get(spec.channels) if container == "OGG" else None
        self._order = None if order is None else np.argsort(order)

    def write(self, interleaved: Interleaved) -> None:
        """See `Encoder.write`."""
        if self._order is not None:
            interleaved = interleaved[:, self._order]
        try:
            for first in range(0, len(interleaved), _MOST_FRAMES):
                self._sound.write(np.ascontiguousarray(interleaved[first : first + _MOST_FRAMES]))
        except (AssertionError, RuntimeError):
            self._stream.complain()
            raise
        self._stream.complain()

    def close(self, frames: int) -> None:  # noqa: ARG002 - these containers count for themselves
        """See `Encoder.close`."""
        try:
            self._sound.close()
        finally:
            self._stream.complain()

    def discard(self) -> None:
        """See `Encoder.discard`."""
        # It writes what it still has as it closes, so its file must be open. What it says of that no longer matters.
        with suppress(RuntimeError):
            self._sound.close()


def flac(file: BinaryIO, spec: StreamSpec) -> SndfileEncoder:
    """Open an encoder of FLAC, 16 or 24 bits."""
    return SndfileEncoder(file, spec, "FLAC", f"PCM_{spec.bits}", compression_level=0.5)


def aiff(file: BinaryIO, spec: StreamSpec) -> SndfileEncoder:
    """Open an encoder of AIFF; floats make it AIFF-C."""
    return SndfileEncoder(file, spec, "AIFF", "FLOAT" if spec.bits == 32 else f"PCM_{spec.bits}")


def mp3(file: BinaryIO, spec: StreamSpec) -> SndfileEncoder:
    """Open LAME at a constant bit rate; sample rates under 32 kHz allow 160 kbit/s, under 16 kHz 64."""
    low, high = (32, 320) if spec.sample_rate >= 32000 else (8, 160 if spec.sample_rate >= 16000 else 64)
    level = 1 - (min(max(spec.kbps, low), high) - low) / (high - low)
    return SndfileEncoder(file, spec, "MP3", "MPEG_LAYER_III", compression_level=level, bitrate_mode="CONSTANT")


def vorbis(file: BinaryIO, spec: StreamSpec) -> SndfileEncoder:
    """Open Vorbis at the quality whose usual bit rate is `spec.kbps`."""
    quality = np.interp(spec.kbps * 2 / spec.channels, _VORBIS_KBPS, np.linspace(0, 1, len(_VORBIS_KBPS)))
    return SndfileEncoder(file, spec, "OGG", "VORBIS", compression_level=float(1 - quality))
