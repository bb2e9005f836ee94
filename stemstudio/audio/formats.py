"""The formats that can be written; a further one is one entry of `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from stemstudio.audio import encode_ffmpeg, encode_sndfile, write_tags
from stemstudio.audio.encode_wav import WavEncoder
from stemstudio.audio.encoder import Encoder, StreamSpec
from stemstudio.audio.tags import Tags
from stemstudio.core.errors import BadInput

_UP_TO_8 = tuple(range(1, 9))
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_AAC_RATES = (*_MP3_RATES, 64000, 88200, 96000)


@dataclass(frozen=True, slots=True)
class Format:
    """A container that can be written and what it can hold.

    Parameters
    ----------
    suffix : str
        With its dot.
    title : str
        For people.
    open : callable
        Opens an encoder into a file.
    bits : tuple of int
        Widths of samples; none for a lossy format.
    kbps : int
        Usual bit rate of a lossy format for two channels.
    rates : tuple of int
        Sample rates that it knows, ascending; any if there are none.
    channels : tuple of int
        Channel counts that it can hold.
    tag : callable, optional
        Writes tags into the finished file.
    """

    suffix: str
    title: str
    open: Callable[[BinaryIO, StreamSpec], Encoder]
    bits: tuple[int, ...] = ()
    kbps: int = 0
    rates: tuple[int, ...] = ()
    channels: tuple[int, ...] = _UP_TO_8
    tag: Callable[[BinaryIO, Tags], None] | None = None

    @property
    def lossy(self) -> bool:
        """Whether sound is lost."""
        return not self.bits

    def nearest_rate(self, sample_rate: int) -> int:
        """Return `sample_rate` if the format knows it, else the next higher that it knows, else its highest."""
        if not self.rates or sample_rate in self.rates:
            return sample_rate
        return next((rate for rate in self.rates if rate > sample_rate), self.rates[-1])

    def expected_bytes(self, frames: int, sample_rate: int, channels: int, bits: int, kbps: int | None = None) -> int:
        """About how large a file becomes, rather less than more; exact for WAV."""
        if self.lossy:
            return frames * (kbps or self.kbps) * channels * 1000 // (2 * 8 * sample_rate) // 2
        whole = frames * channels * bits // 8
        return whole if self.suffix in (".wav", ".aiff") else whole // 4


FORMATS: dict[str, Format] = {
    "wav": Format(".wav", "WAV", WavEncoder, (16, 24, 32), channels=(*_UP_TO_8, 10, 12)),
    "flac": Format(".flac", "FLAC", encode_sndfile.flac, (16, 24), tag=write_tags.tag_flac),
    "aiff": Format(".aiff", "AIFF", encode_sndfile.aiff, (16, 24, 32), tag=write_tags.tag_aiff),
    "alac": Format(".m4a", "Apple Lossless", encode_ffmpeg.alac, (16, 24), channels=(1, 2), tag=write_tags.tag_mp4),
    "mp3": Format(
        ".mp3", "MP3", encode_sndfile.mp3, kbps=320, rates=_MP3_RATES, channels=(1, 2), tag=write_tags.tag_mp3
    ),
    "m4a": Format(
        ".m4a",
        "AAC",
        encode_ffmpeg.aac,
        kbps=256,
        rates=_AAC_RATES,
        channels=(1, 2, 3, 5, 6, 8),
        tag=write_tags.tag_mp4,
    ),
    "opus": Format(
        ".opus",
        "Opus",
        encode_ffmpeg.opus,
        kbps=160,
        rates=(8000, 12000, 16000, 24000, 48000),
        tag=write_tags.tag_opus,
    ),
    "ogg": Format(".ogg", "Ogg Vorbis", encode_sndfile.vorbis, kbps=256, tag=write_tags.tag_vorbis),
}


def writable(name: str, bits: int) -> Format:
    """Return the format called `name`; `BadInput` if it does not exist or cannot take `bits`."""
    kind = FORMATS.get(name)
    if kind is None:
        raise BadInput(f"Files of the format {name!r} cannot be written.", f"Choose one of: {', '.join(FORMATS)}.")
    if kind.bits and bits not in kind.bits:
        widths = " or ".join("32-bit float" if each == 32 else str(each) for each in kind.bits)
        asked = "32-bit float" if bits == 32 else f"{bits} bits"
        raise BadInput(f"{kind.title} cannot hold {asked}.", f"Choose {widths}, or another format.")
    return kind
