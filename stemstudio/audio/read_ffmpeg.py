"""Reading through FFmpeg's libraries (PyAV): MP3, AAC, ALAC, and the sound of MP4, Matroska and WebM."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.core.buffer import Samples

_LOSSLESS = ("pcm_", "flac", "alac", "wavpack", "tta", "ape", "mlp", "truehd", "dsd")
_NAMES = {"mp3float": "mp3", "mp2float": "mp2"}
_FORMATS = {"matroska": "matroska", "mov": "mp4", "asf": "wma"}
_SAMPLES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
# Slowest clock by which QuickTime files commonly state the length of an edit, in ticks per second.
_EDIT_CLOCK = 600


class FfmpegReader:
    """An open file and one of its audio streams. Raises `ValueError` if there is none that can be decoded."""

    def __init__(self, path: Path, stream: int = 0) -> None:
        import av

        # FFmpeg describes each flaw of a damaged file on standard error, which is not its to write to.
        av.logging.set_level(av.logging.PANIC)
        self._errors: tuple[type[Exception], ...] = (av.FFmpegError, ValueError, MemoryError)
        # The file is opened here: FFmpeg would take "pipe:0" for more than a name, and open what a playlist names.
        self._handle = path.open("rb")
        try:
            options = {"protocol_whitelist": "none"}
            self._container: Any = av.open(self._handle, options=options, metadata_errors="replace")
        except self._errors as error:
            self._handle.close()
            raise ValueError("no container that is known") from error
        self._stream: Any = next(iter(self._container.streams.audio[stream:]), None)
        context = self._stream and self._stream.codec_context
        if context is None:
            self.close()
            raise ValueError("no audio stream that can be decoded")
        self.sample_rate: int = context.sample_rate or 0
        self.channels: int = context.channels or 0
        short = self._container.format.name.split(",")[0]
        self.format = _FORMATS.get(short, short)
        codec: str = context.name or ""
        self.subtype = _NAMES.get(codec, codec)
        self.lossy = not codec.startswith(_LOSSLESS)
        self.damaged = 0
        self.exact = False
        self._gapless = self._itunes_length()
        self.frames = self._gapless or self._stated_length()

    @property
    def title(self) -> str:
        """Title in the file's tags, or nothing."""
        return str(self._container.metadata.get("title", ""))

    def blocks(self, block_frames: int) -> Iterator[Samples]:
        """Yield the samples as float32 (channels, n) without the encoder's delay and padding."""
        out = np.empty((self.channels, block_frames), np.float32)
        done = filled = 0
        last = None
        for last in self._frames():
            n = last.samples
            if filled + n > out.shape[1]:
                yield out[:, :filled]
                done += filled
                out, filled = np.empty((self.channels, max(block_frames, n)), np.float32), 0
            _convert(last, out[:, filled : filled + n])
            filled += n
        if last is not None:
            filled = min(filled - last.samples + self._true_frames(last), filled)
            filled = min(self._end(done + filled) - done, filled)
        if filled > 0:
            yield out[:, :filled]

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._handle.close()

    def _end(self, frames: int) -> int:
        """Length of the music in `frames` that were decoded, by iTunes' own note or the edit list."""
        if self._gapless is not None:
            return self._gapless
        stated = self._stated_length() if self.format == "mp4" else None
        # An edit is stated in ticks of a slow clock; closer than one tick the packets know better.
        if stated is not None and frames - stated > self.sample_rate / _EDIT_CLOCK:
            return stated
        return frames

    def _frames(self) -> Iterator[Any]:
        """Every decoded frame; damaged packets are passed over."""
        for packet in self._packets():
            try:
                for frame in packet.decode():
                    if frame.layout.nb_channels != self.channels or frame.sample_rate != self.sample_rate:
                        self.damaged += 1
                        return
                    yield frame
            except self._errors:
                self.damaged += 1

    def _packets(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self._errors:
                self.damaged += 1
                return
            yield packet

    def _true_frames(self, frame: Any) -> int:
        # Matroska's clock is too coarse to count samples by.
        if self.format != "mp4" or not frame.duration:
            return int(frame.samples)
        seconds: Fraction = frame.duration * frame.time_base
        return round(seconds * self.sample_rate)

    def _stated_length(self) -> int | None:
        stream = self._stream
        if stream.duration is None or stream.duration <= 0:
            return None
        seconds: Fraction = stream.duration * stream.time_base
        return round(seconds * self.sample_rate)

    def _itunes_length(self) -> int | None:
        """Frames of music in Apple's gapless note: delay, padding and length in hexadecimal."""
        fields = self._container.metadata.get("iTunSMPB", "").split()
        try:
            return int(fields[3], 16) or None
        except (IndexError, ValueError):
            return None


def _convert(frame: Any, out: Samples) -> None:
    """Put the samples of `frame` into `out`, float32 (channels, n)."""
    name = frame.format.name
    kind = np.dtype(_SAMPLES[name.removesuffix("p")])
    channels, n = out.shape
    planes = frame.planes
    if name.endswith("p"):
        # PyAV finds one plane too many behind the eighth, and reads wild ones behind that: take what is promised.
        rows = [np.frombuffer(plane, kind, n) for plane in planes[:channels]]
    else:
        rows = list(np.frombuffer(planes[0], kind, n * channels).reshape(n, channels).T)
    for row, samples in zip(out, rows, strict=True):
        if kind == np.uint8:
            np.multiply(samples - 128.0, 1 / 128, out=row, casting="same_kind")
        elif kind.kind == "i":
            np.multiply(samples, 2.0 ** (1 - 8 * kind.itemsize), out=row, casting="same_kind")
        else:
            row[:] = samples
