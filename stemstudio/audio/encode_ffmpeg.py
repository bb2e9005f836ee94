"""Writing through FFmpeg's libraries (PyAV): AAC and Apple Lossless in MP4, Opus, several sounds in one file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from stemstudio.audio.candid_stream import CandidStream
from stemstudio.audio.encoder import LAYOUTS, Interleaved, StreamSpec
from stemstudio.core.errors import BadInput

_AAC_PACKET = 1024


class FfmpegContainer:
    """A container being written, with one or more streams of sound.

    Parameters
    ----------
    file : BinaryIO
        Open for reading and writing, unbuffered.
    container : str
        Name of FFmpeg's muxer.
    codec : str
        Name of FFmpeg's encoder.
    specs : list of StreamSpec
        One for each stream; equal sample rates.
    titles : list of str, optional
        What each stream is called.
    metadata : dict, optional
        Tags of the whole file.
    """

    def __init__(
        self,
        file: BinaryIO,
        container: str,
        codec: str,
        specs: list[StreamSpec],
        titles: list[str] | None = None,
        metadata: dict[str, str] | None = None,
    ) -> None:
        import av

        av.logging.set_level(av.logging.PANIC)
        self._error: type[Exception] = av.FFmpegError
        self._stream = CandidStream(file, after_error=None)
        # By default lengths are stated in milliseconds.
        options = {"movie_timescale": str(specs[0].sample_rate)} if container in ("ipod", "mp4") else {}
        self._container = av.open(self._stream, "w", format=container, options=options)
        self._container.metadata.update(metadata or {})
        try:
            self._feeds = [_Feed(self._container, codec, spec) for spec in specs]
            for feed, title in zip(self._feeds, titles or [], strict=False):
                feed.stream.metadata["title"] = title
            self._container.start_encoding()
        except (self._error, ValueError) as error:
            self.discard()
            self._stream.complain()
            channels, rate = specs[0].channels, specs[0].sample_rate
            raise BadInput(
                f"{codec.upper()} cannot hold {channels} channels at {rate} Hz.",
                "Choose WAV, or another sample rate.",
            ) from error

    def write(self, stream: int, interleaved: Interleaved) -> None:
        """Append samples to one of the streams; `OSError` if the disk cannot take them."""
        self._container.mux(self._feeds[stream].encode(interleaved))
        self._stream.complain()

    def close(self) -> None:
        """Complete the file."""
        try:
            for feed in self._feeds:
                self._container.mux(feed.flush())
            self._container.close()
        finally:
            self._stream.complain()

    def discard(self) -> None:
        """Let go of the file, unfinished."""
        with suppress(self._error, ValueError):
            self._container.close()


class _Feed:
    """One stream: interleaved samples in, packets out."""

    def __init__(self, container: Any, codec: str, spec: StreamSpec) -> None:
        import av

        self._spec, self._layout = spec, LAYOUTS[spec.channels]
        self.stream = container.add_stream(codec, rate=spec.sample_rate)
        self.stream.layout = self._layout
        self._kind = "flt" if spec.bits == 32 else "s32"
        wanted = {"flt": "fltp"}.get(self._kind, "s16p" if spec.bits == 16 else "s32p")
        known = [each.name for each in self.stream.codec_context.codec.audio_formats]
        if wanted not in known:
            wanted = wanted.removesuffix("p")
        self.stream.codec_context.format = wanted
        # Eight channels that lie apart are beyond PyAV, so they are parted here.
        self._part = av.AudioResampler(format=wanted, layout=self._layout, rate=spec.sample_rate)
        self._at = 0
        self._lead = np.zeros((0, spec.channels), np.float32 if self._kind == "flt" else np.int32)
        if spec.kbps and self._kind == "flt":
            self.stream.bit_rate = spec.kbps * 1000
        if codec == "libopus":
            self.stream.options = {"vbr": "constrained"}  # else dense music takes half as much again
        if codec == "aac":
            self._pad_for_aac()

    def _pad_for_aac(self) -> None:
        """Begin with so much silence that the last packet is full.

        The edit list tells players where the sound begins, and all of them heed it; where it ends within a packet
        FFmpeg does not heed. So the sound is moved to end with a packet, and the edit begins that much later. It
        drops a sound that lies in one such packet, which therefore stays where it is.
        """
        if self._spec.frames is not None and self._spec.frames >= _AAC_PACKET:
            silence = -self._spec.frames % _AAC_PACKET
            self._lead = np.zeros((silence, self._spec.channels), np.float32)
            self._at = -silence

    def encode(self, interleaved: Interleaved) -> list[Any]:
        """Return the packets that are ready after these samples."""
        import av

        if len(self._lead):
            interleaved, self._lead = np.concatenate([self._lead, interleaved]), self._lead[:0]
        row: Any = np.ascontiguousarray(interleaved).reshape(1, -1)  # PyAV states its types too narrowly
        frame = av.AudioFrame.from_ndarray(row, format=self._kind, layout=self._layout)
        frame.sample_rate, frame.pts = self._spec.sample_rate, self._at
        self._at += len(interleaved)
        return [packet for part in self._part.resample(frame) for packet in self.stream.encode(part)]

    def flush(self) -> list[Any]:
        """Return the last packets."""
        return [packet for part in self._part.resample(None) for packet in self.stream.encode(part)] + list(
            self.stream.encode(None)
        )


class FfmpegEncoder:
    """A container with one stream; an `Encoder`."""

    def __init__(self, file: BinaryIO, spec: StreamSpec, container: str, codec: str) -> None:
        self._container = FfmpegContainer(file, container, codec, [spec])

    def write(self, interleaved: Interleaved) -> None:
        """See `Encoder.write`."""
        self._container.write(0, interleaved)

    def close(self, frames: int) -> None:  # noqa: ARG002 - MP4 counts for itself
        """See `Encoder.close`."""
        self._container.close()

    def discard(self) -> None:
        """See `Encoder.discard`."""
        self._container.discard()


def aac(file: BinaryIO, spec: StreamSpec) -> FfmpegEncoder:
    """Open AAC in MP4, as iTunes writes it."""
    return FfmpegEncoder(file, spec, "ipod", "aac")


def opus(file: BinaryIO, spec: StreamSpec) -> FfmpegEncoder:
    """Open Opus, 6 to 256 kbit/s a channel; its delay is noted as pre-skip."""
    kbps = min(max(spec.kbps, 6 * spec.channels), 256 * spec.channels)
    return FfmpegEncoder(file, replace(spec, kbps=kbps), "opus", "libopus")


def alac(file: BinaryIO, spec: StreamSpec) -> FfmpegEncoder:
    """Open Apple Lossless in MP4, 16 or 24 bits."""
    return FfmpegEncoder(file, spec, "ipod", "alac")
