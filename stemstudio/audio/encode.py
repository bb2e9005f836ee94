"""Writing audio files: a whole file under its own name, or none.

Samples go to a file beside the target, which is synced and renamed at the end. Integers are rounded from the floats
at the very end: nothing is rescaled, what passes full scale is clipped and counted in `AudioWriter.clipped`.
"""

from __future__ import annotations

import os
import shutil
import zlib
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stemstudio.audio.durable import Replacement
from stemstudio.audio.encode_rate import StreamConverter
from stemstudio.audio.encoder import LAYOUTS, StreamSpec
from stemstudio.audio.formats import FORMATS, Format, writable
from stemstudio.audio.tags import NO_TAGS, Tags
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, NoRoom, from_os_error

__all__ = ["FORMATS", "AudioWriter", "Format", "check_room", "to_integers", "writable"]


class AudioWriter:
    """A file being written; use as a context manager: it takes its name when the block ends well, and else vanishes.

    Parameters
    ----------
    path : path-like
        The folder has to exist. An existing file is replaced at the end.
    sample_rate, channels : int
        Of the samples that will be written: 1 to 8, 10 or 12 channels in WAV order. A rate that the format does not
        know is converted to one that it does; `self.sample_rate` says which.
    format : str
        A key of `FORMATS`.
    bits : {16, 24, 32}
        32 is floating point. Lossy formats have no width and take any.
    kbps : int, optional
        Bit rate of a lossy format for two channels; by default `Format.kbps`.
    frames : int, optional
        Expected length, to tell a full disk before the work begins and to place the end of AAC.
    dither : bool
        Add triangular noise of two steps before rounding to 16 bits (Lipshitz, Wannamaker & Vanderkooy, 1992): quiet
        sounds then fade into noise in place of distortion. The noise depends on the file's name alone, so writing
        again gives the same file while the stems of one song do not share their noise.
    tags : Tags
        What the file says of its music.

    Raises
    ------
    UserError
        If the format does not exist or take that width, or the target cannot be written, now or at the end.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        sample_rate: int,
        channels: int,
        *,
        format: str = "wav",  # noqa: A002 - the word of the command line and of the field
        bits: int = 24,
        kbps: int | None = None,
        frames: int | None = None,
        dither: bool = True,
        tags: Tags = NO_TAGS,
    ) -> None:
        self._kind = kind = writable(format, bits)
        if channels not in kind.channels:
            raise BadInput(
                f"{kind.title} cannot hold {channels} channels ({LAYOUTS.get(channels, 'no known layout')}).",
                "Choose WAV, or fewer channels.",
            )
        self.path, self.bits = Path(path), bits if kind.bits else 32
        self.sample_rate = kind.nearest_rate(sample_rate)
        self.frames, self.clipped = 0, 0
        self._channels, self._tags, self._dither = channels, tags, dither and self.bits == 16
        self._noise = np.random.default_rng(zlib.crc32(os.fsencode(self.path.name)))
        self._converter = None
        if self.sample_rate != sample_rate:
            self._converter = StreamConverter(sample_rate, self.sample_rate, channels)
        if frames is not None:
            frames = round(frames * self.sample_rate / sample_rate)
            check_room(self.path.parent, kind.expected_bytes(frames, self.sample_rate, channels, bits, kbps))
        kbps = max((kbps or kind.kbps) * channels // 2, 1)
        spec = StreamSpec(self.sample_rate, channels, self.bits, kbps, frames, tags)
        self._sealed = False
        self._target = Replacement(self.path)
        try:
            self._encoder = kind.open(self._target.file, spec)
        except BaseException as error:
            self._target.discard()
            if isinstance(error, OSError):
                raise from_os_error(error, self.path) from error
            raise

    def write(self, block: Samples) -> None:
        """Append float32 samples of shape (channels, n)."""
        if block.ndim != 2 or block.shape[0] != self._channels:
            raise ValueError(f"a block of shape {block.shape} does not fit {self._channels} channels")
        self._encode(block if self._converter is None else self._converter.convert(block))

    def seal(self) -> None:
        """Complete the file, tags and all, and bring it to the disk; only its name is missing. `finish` does it too."""
        if self._sealed:
            return
        try:
            if self._converter is not None:
                self._encode(self._converter.flush())
            self._encoder.close(self.frames)
            if self._kind.tag is not None and self._tags != NO_TAGS:
                self._kind.tag(self._target.file, self._tags)
            self._target.sync()
        except BaseException as error:
            self.discard()
            if isinstance(error, OSError):
                raise from_os_error(error, self.path) from error
            raise
        self._sealed = True

    def finish(self, path: Path | None = None) -> Path:
        """Give the file its name, or that of `path` in the same folder; returns it."""
        self.seal()
        self._target.commit(path)
        self.path = self._target.path
        return self.path

    def discard(self) -> None:
        """Delete what was written; nothing happens after `finish`."""
        self._encoder.discard()
        self._target.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    def _encode(self, block: Samples) -> None:
        interleaved = np.ascontiguousarray(block.T, dtype=np.float32)
        self.clipped += 0 if self._kind.bits and self.bits == 32 else int(np.count_nonzero(np.abs(interleaved) > 1))
        noise = self._noise if self._dither else None
        try:
            self._encoder.write(interleaved if self.bits == 32 else to_integers(interleaved, self.bits, noise))
        except OSError as error:
            raise from_os_error(error, self.path) from error
        self.frames += block.shape[1]


def to_integers(samples: NDArray[np.float32], bits: int, noise: np.random.Generator | None = None) -> NDArray[np.int32]:
    """Round float32 samples to `bits`, 16 or 24, in the upper bits of int32; `noise` dithers them."""
    full = 1 << (bits - 1)
    # 24 bits and a sign fit the mantissa of float32 exactly, so scaling by a power of two loses nothing.
    scaled = samples * np.float32(full)
    if noise is not None:
        scaled += noise.random(scaled.shape, np.float32)
        scaled -= noise.random(scaled.shape, np.float32)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -full, full - 1, out=scaled)
    return scaled.astype(np.int32) << (32 - bits)


def check_room(folder: Path, size: int) -> None:
    """Raise `NoRoom` if `size` bytes do not fit the disk of `folder`."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise from_os_error(error, folder) from error
    if size > free:
        raise NoRoom(
            f"{size / 1e6:,.0f} MB are needed and the disk of {folder} has {free / 1e6:,.0f} MB left.",
            "Free some space or choose another folder.",
        )
