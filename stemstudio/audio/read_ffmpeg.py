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
    """An open file and its first audio stream. Raises `ValueError` if there is none that can be decoded."""

    def __init__(self, path: Path) -> None:
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
        self._stream: Any = next(iter(self._container.streams.audio), None)
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
        pending: list[Samples] = []
        gathered = 0
        for part in self._trimmed():
            pending.append(part)
            gathered += part.shape[1]
            if gathered >= block_frames:
                yield np.concatenate(pending, axis=1)
                pending, gathered = [], 0
        if gathered:
            yield np.concatenate(pending, axis=1)

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._handle.close()

    def _trimmed(self) -> Iterator[Samples]:
        """Cut the padding that the last packet, the edit list or iTunes' own note tells of."""
        limit = self._gapless
        done = 0
        held: Samples | None = None
        held_true = 0
        for part, true_frames in self._frames():
            if held is not None:
                yield held
                done += held.shape[1]
            held, held_true = part, true_frames
        if held is None:
            return
        n = min(held.shape[1], held_true)
        if limit is None and self.format == "mp4":
            stated = self._stated_length()
            # An edit is stated in ticks of a slow clock; closer than one tick the packets know better.
            if stated is not None and done + n - stated > self.sample_rate / _EDIT_CLOCK:
                limit = stated
        if limit is not None:
            n = min(n, max(limit - done, 0))
        if n:
            yield held[:, :n]

    def _frames(self) -> Iterator[tuple[Samples, int]]:
        """Every decoded frame and how many of its samples count; damaged packets are passed over."""
        for packet in self._packets():
            try:
                for frame in packet.decode():
                    if frame.layout.nb_channels != self.channels or frame.sample_rate != self.sample_rate:
                        self.damaged += 1
                        return
                    yield _to_float(frame), self._true_frames(frame)
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


def _to_float(frame: Any) -> Samples:
    name = frame.format.name
    kind = np.dtype(_SAMPLES[name.removesuffix("p")])
    channels, frames = frame.layout.nb_channels, frame.samples
    if name.endswith("p"):
        # PyAV finds one plane too many behind the eighth, and reads wild ones behind that: take what is promised.
        raw = np.stack([np.frombuffer(plane, kind, frames) for plane in frame.planes[:channels]])
    else:
        raw = np.frombuffer(frame.planes[0], kind, frames * channels).reshape(frames, channels).T
    samples = np.ascontiguousarray(raw, dtype=np.float32)
    if kind == np.uint8:
        return (samples - np.float32(128)) / np.float32(128)
    if kind.kind == "i":
        samples *= np.float32(2.0 ** (1 - 8 * kind.itemsize))
    return samples
