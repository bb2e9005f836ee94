"""Decoding any audio file into float32 blocks, whatever its name claims."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from stemstudio.audio.read_ffmpeg import FfmpegReader
from stemstudio.audio.read_sndfile import MAGIC, SndfileReader
from stemstudio.audio.truncation import missing_bytes
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, from_os_error

BLOCK_FRAMES = 1 << 16
MAX_CHANNELS = 8
_RATES = range(1_000, 1_536_001)
# Encoders may end a stream a few packets before or after the length they stated.
_SLACK_S = 0.25
# 180 dB above full scale: no sound, but the bits of something else.
_ABSURD = 1e9


class _Reader(Protocol):
    sample_rate: int
    channels: int
    frames: int | None
    format: str
    subtype: str
    lossy: bool
    exact: bool
    damaged: int

    @property
    def title(self) -> str: ...
    def blocks(self, block_frames: int) -> Iterator[Samples]: ...
    def close(self) -> None: ...


class Decoder:
    """The samples of a file, in order: iterate once to get float32 blocks of shape (channels, n).

    The container is told by content, not by name. Samples that are no numbers (NaN, infinity, 180 dB over full
    scale) become silence. `notices` says, one sentence each, what a person should know of the file; it is complete
    after the last block.

    Parameters
    ----------
    path : path-like
    stream : int
        Which of several sounds in the file, the first by default.

    Raises
    ------
    BadInput
        If the file is missing, a folder, empty, truncated, no audio, without samples, of 0 Hz, of more than eight
        channels, or of nothing but samples that are no numbers; on opening, or while iterating if only that tells.
    """

    def __init__(self, path: str | os.PathLike[str], stream: int = 0) -> None:
        self.path = Path(path)
        self.notices: tuple[str, ...] = ()
        _check_file(self.path)
        self._reader = _open(self.path, stream)
        try:
            self._check_shape()
            self._blocks = self._reader.blocks(BLOCK_FRAMES)
            self._first: Samples | None = self._begin()
        except BaseException:
            self._reader.close()
            raise
        self.sample_rate, self.channels = self._reader.sample_rate, self._reader.channels
        self.format, self.subtype, self.lossy = self._reader.format, self._reader.subtype, self._reader.lossy
        self.title = " ".join((self._reader.title.strip() or self.path.stem).split())

    @property
    def frames_estimate(self) -> int | None:
        """Length as the file states it; None where it does not. The blocks decide."""
        return self._reader.frames

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def __iter__(self) -> Iterator[Samples]:
        block, self._first = self._first, None
        frames = bad = 0
        while block is not None:
            frames += block.shape[1]
            bad += _silence_what_is_no_number(block)
            yield block
            block = next(self._blocks, None)
        self._check_end(frames, bad)

    def _check_shape(self) -> None:
        reader, name = self._reader, self.path.name
        if reader.sample_rate not in _RATES:
            raise BadInput(
                f"{name} claims a sample rate of {reader.sample_rate} Hz.",
                "Its header is damaged: get the file again, or convert it with another program.",
            )
        if not 1 <= reader.channels <= MAX_CHANNELS:
            raise BadInput(f"{name} has {reader.channels} channels.", f"Give a file of one to {MAX_CHANNELS} channels.")

    def _begin(self) -> Samples:
        """First block; that there is one is part of being a sound."""
        first = next(self._blocks, None)
        if first is not None:
            return first
        if self._reader.damaged:
            raise BadInput(f"{self.path.name} is damaged and cannot be decoded.", "Get the file again.")
        raise BadInput(f"{self.path.name} holds no sound: its length is zero.", "Choose another file.")

    def _check_end(self, frames: int, bad: int) -> None:
        name, rate = self.path.name, self.sample_rate
        stated = self._reader.frames
        slack = 0 if self._reader.damaged else _SLACK_S * rate
        if stated is not None and self._reader.exact and frames < stated - slack:
            raise BadInput(
                f"{name} is truncated or damaged: it ends after {frames / rate:.1f} of {stated / rate:.1f} seconds.",
                "Get the file again, or save what is there with another program.",
            )
        notices = []
        if bad == frames * self.channels:
            raise BadInput(f"{name} holds no sound: none of its samples is a number.", "Export it again.")
        if bad:
            notices.append(f"{bad} samples were no numbers and became silence.")
        if self._reader.damaged:
            notices.append("Damaged parts of the file were passed over.")
        self.notices = tuple(notices)


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise from_os_error(error, path) from error
    except ValueError as error:
        raise BadInput(f"{str(path)!r} cannot be the name of a file.", "Check the name.") from error
    if stat.S_ISDIR(status.st_mode):
        raise BadInput(f"{path} is a folder.", "Choose an audio file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(f"{path} is not an ordinary file.", "Choose an audio file.")
    if status.st_size == 0:
        raise BadInput(f"{path.name} is empty.", "Get the file again.")


def _open(path: Path, stream: int) -> _Reader:
    try:
        missing = missing_bytes(path)
        with path.open("rb") as file:
            readers = (SndfileReader, FfmpegReader) if file.read(4) in MAGIC else (FfmpegReader,)
    except OSError as error:
        raise from_os_error(error, path) from error
    if missing:
        raise BadInput(
            f"{path.name} is truncated: its end is missing.", "Get the file again: copy or download it anew."
        )
    for reader in readers:
        try:
            if reader is FfmpegReader:
                return FfmpegReader(path, stream)
            return reader(path)
        except OSError as error:
            raise from_os_error(error, path) from error
        except (ValueError, RuntimeError, MemoryError):
            continue  # not this reader's, or too damaged for it
    raise BadInput(
        f"{path.name} is not audio that can be read, or it is damaged.",
        "Give a WAV, FLAC, MP3, Ogg, Opus, AIFF or M4A file, or a video with sound.",
    )


def _silence_what_is_no_number(block: Samples) -> int:
    # Two passes in the common case; a NaN makes either comparison false.
    if block.min() > -_ABSURD and block.max() < _ABSURD:
        return 0
    wrong = ~(np.abs(block) < _ABSURD)
    block[wrong] = 0
    return int(np.count_nonzero(wrong))
