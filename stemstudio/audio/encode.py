"""Writing audio files: a whole file under its own name, or none.

Samples go to a file beside the target, which is synced and renamed at the end. Integers are rounded from the floats
at the very end: nothing is rescaled, what passes full scale is clipped and counted in `AudioWriter.clipped`.
"""

from __future__ import annotations

import io
import os
import shutil
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from stemstudio.audio.durable import Replacement
from stemstudio.audio.wav_header import wav_header
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, NoRoom, from_os_error

Integers = NDArray[np.int32]


class _Encoder(Protocol):
    """Turns interleaved float32 or int32 (full scale 2**31) samples of shape (n, channels) into a file."""

    def write(self, interleaved: NDArray[np.float32] | Integers) -> None: ...
    def close(self, frames: int) -> None: ...
    def discard(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """A container that can be written: the file's suffix, the widths it takes, and what opens its encoder."""

    suffix: str
    bits: tuple[int, ...]
    open: Callable[[BinaryIO, int, int, int], _Encoder]
    title: str


class AudioWriter:
    """A file being written; use as a context manager: it takes its name when the block ends well, and else vanishes.

    Parameters
    ----------
    path : path-like
        The folder has to exist. An existing file is replaced at the end.
    sample_rate, channels : int
        Channels 1 to 8, in WAV order.
    format : str
        A key of `FORMATS`.
    bits : {16, 24, 32}
        32 is floating point.
    frames : int, optional
        Expected length, to tell a full disk before the work begins.
    dither : bool
        Add triangular noise of two steps before rounding to 16 bits (Lipshitz, Wannamaker & Vanderkooy, 1992): quiet
        sounds then fade into noise in place of distortion. The noise depends on the file's name alone, so writing
        again gives the same file while the stems of one song do not share their noise.

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
        frames: int | None = None,
        dither: bool = True,
    ) -> None:
        kind = writable(format, bits)
        self.path, self.bits = Path(path), bits
        self.frames, self.clipped = 0, 0
        self._channels, self._dither = channels, dither and bits == 16
        self._noise = np.random.default_rng(zlib.crc32(os.fsencode(self.path.name)))
        if frames is not None and format == "wav":
            check_room(self.path.parent, frames * channels * bits // 8)
        self._target = Replacement(self.path)
        try:
            self._encoder = kind.open(self._target.file, sample_rate, channels, bits)
        except BaseException as error:
            self._target.discard()
            if isinstance(error, OSError):
                raise from_os_error(error, self.path) from error
            raise

    def write(self, block: Samples) -> None:
        """Append float32 samples of shape (channels, n)."""
        if block.ndim != 2 or block.shape[0] != self._channels:
            raise ValueError(f"a block of shape {block.shape} does not fit {self._channels} channels")
        interleaved = np.ascontiguousarray(block.T, dtype=np.float32)
        try:
            self._encoder.write(interleaved if self.bits == 32 else self._integers(interleaved))
        except OSError as error:
            raise from_os_error(error, self.path) from error
        self.frames += block.shape[1]

    def finish(self, path: Path | None = None) -> Path:
        """Give the file its name, or that of `path` in the same folder; returns it."""
        try:
            self._encoder.close(self.frames)
        except OSError as error:
            self.discard()
            raise from_os_error(error, self.path) from error
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

    def _integers(self, interleaved: NDArray[np.float32]) -> Integers:
        """Round to `bits` and count what clips; in the upper bits of int32."""
        self.clipped += int(np.count_nonzero(np.abs(interleaved) > 1))
        full = 1 << (self.bits - 1)
        # 24 bits and a sign fit the mantissa of float32 exactly, so scaling by a power of two loses nothing.
        scaled = interleaved * np.float32(full)
        if self._dither:
            scaled += self._noise.random(scaled.shape, np.float32)
            scaled -= self._noise.random(scaled.shape, np.float32)
        np.rint(scaled, out=scaled)
        np.clip(scaled, -full, full - 1, out=scaled)
        return scaled.astype(np.int32) << (32 - self.bits)


class _WavEncoder:
    def __init__(self, file: BinaryIO, sample_rate: int, channels: int, bits: int) -> None:
        self._file, self._shape = file, (channels, sample_rate, bits)
        self._bytes = 0
        _put(file, wav_header(*self._shape, frames=0))

    def write(self, interleaved: NDArray[np.float32] | Integers) -> None:
        data = _packed(interleaved, self._shape[2])
        self._bytes += len(data)
        _put(self._file, data)

    def close(self, frames: int) -> None:
        if self._bytes % 2:
            _put(self._file, b"\0")
        self._file.seek(0)
        _put(self._file, wav_header(*self._shape, frames=frames))

    def discard(self) -> None:
        pass


class _FlacEncoder:
    def __init__(self, file: BinaryIO, sample_rate: int, channels: int, bits: int) -> None:
        import soundfile

        self._stream = _CandidStream(file)
        try:
            self._sound = soundfile.SoundFile(
                self._stream, "w", sample_rate, channels, f"PCM_{bits}", format="FLAC", compression_level=0.5
            )
        except soundfile.LibsndfileError as error:
            self._stream.complain()
            raise BadInput(
                f"FLAC cannot hold {channels} channels at {sample_rate} Hz.", "Choose WAV, or another sample rate."
            ) from error

    def write(self, interleaved: NDArray[np.float32] | Integers) -> None:
        try:
            self._sound.write(interleaved)
        except (AssertionError, RuntimeError):
            self._stream.complain()
            raise

    def close(self, frames: int) -> None:  # noqa: ARG002 - FLAC counts for itself
        try:
            self._sound.close()
        finally:
            self._stream.complain()

    def discard(self) -> None:
        # It writes what it still has as it closes, so its file must be open. What it says of that no longer matters.
        with suppress(RuntimeError):
            self._sound.close()


class _CandidStream:
    """A file for libsndfile that remembers the error which libsndfile would swallow."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self._error is None:
            try:
                _put(self._file, data)
            except OSError as error:
                self._error = error
        return 0 if self._error else len(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(position, whence)

    def tell(self) -> int:
        return self._file.tell()

    def complain(self) -> None:
        if self._error is not None:
            raise self._error


FORMATS: dict[str, Format] = {
    "wav": Format(".wav", (16, 24, 32), _WavEncoder, "WAV"),
    "flac": Format(".flac", (16, 24), _FlacEncoder, "FLAC"),
}
"""What can be written; a further container is one entry."""


def writable(name: str, bits: int) -> Format:
    """Return the format called `name`; `BadInput` if it does not exist or cannot take `bits`."""
    kind = FORMATS.get(name)
    if kind is None:
        raise BadInput(f"Files of the format {name!r} cannot be written yet.", f"Choose one of: {', '.join(FORMATS)}.")
    if bits not in kind.bits:
        widths = " or ".join("32-bit float" if each == 32 else str(each) for each in kind.bits)
        asked = "32-bit float" if bits == 32 else f"{bits} bits"
        raise BadInput(f"{kind.title} cannot hold {asked}.", f"Choose {widths}, or another format.")
    return kind


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


def _packed(interleaved: NDArray[np.float32] | Integers, bits: int) -> bytes | memoryview:
    match bits:
        case 32:
            return np.ascontiguousarray(interleaved, "<f4").data.cast("B")
        case 24:
            octets = np.ascontiguousarray(interleaved, "<i4").view(np.uint8).reshape(-1, 4)
            return octets[:, 1:].tobytes()
    return np.right_shift(interleaved.astype(np.int32), 16).astype("<i2").tobytes()


def _put(file: BinaryIO, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
