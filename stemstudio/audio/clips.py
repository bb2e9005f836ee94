"""The clip store: immutable samples on disk, one file per clip.

A clip is a WAV (or RF64) file of 32-bit floats with a header of fixed length, so any audio program can read a media
folder. Files are read and written by position, never mapped: a full disk must raise an error where a write to a
mapped page would kill the program. While a clip is written its header speaks of no samples; the true header is written
last, after the samples have reached the disk, so a crash cannot leave a clip that looks whole and is not.
"""

from __future__ import annotations

import os
import re
import struct
import threading
import uuid
from pathlib import Path
from typing import BinaryIO, Literal, Self, overload

import numpy as np

from stemstudio.audio.durable import sync_folder
from stemstudio.audio.peaks import Peaks, build_peaks
from stemstudio.audio.wav_header import wav_header
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, from_os_error

HEADER_BYTES = 4096
"""Where the samples begin: one page, so that reads stay aligned."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FORMAT_AT = 12 + 36
_Header = tuple[int, int, int]  # channels, sample rate, frames


class ClipStore:
    """A folder of clips, made if it is missing. Safe from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._writers: dict[str, ClipWriter] = {}
        self._peaks: dict[str, Peaks] = {}
        self._lock = threading.Lock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, self.folder) from error

    def create(self, channels: int, frames: int | None, sample_rate: int, clip_id: str | None = None) -> ClipWriter:
        """Begin a clip.

        Parameters
        ----------
        channels : int
        frames : int or None
            Length, for which room on the disk is taken at once; None if only the end will tell (decoding).
        sample_rate : int
        clip_id : str, optional
            Letters, digits, ``-`` and ``_``; a new one by default.

        Raises
        ------
        NoRoom
            If the disk cannot hold the clip.
        """
        clip_id = uuid.uuid4().hex if clip_id is None else clip_id
        writer = ClipWriter(self, clip_id, channels, frames, sample_rate)
        with self._lock:
            self._writers[clip_id] = writer
        return writer

    def open(self, clip_id: str) -> ClipSource:
        """Open a clip for reading, also while it is written; `BadInput` if there is none."""
        with self._lock:
            writer = self._writers.get(clip_id)
        if writer is not None:
            return ClipSource(self.path(clip_id), writer.channels, writer.sample_rate, writer=writer)
        header = _read_header(self.path(clip_id))
        if header is None:
            raise BadInput(f"The clip {clip_id} is missing or was not finished.", "Import or separate the song again.")
        channels, sample_rate, frames = header
        return ClipSource(self.path(clip_id), channels, sample_rate, frames)

    @overload
    def peaks(self, clip_id: str, build: Literal[True] = True) -> Peaks: ...
    @overload
    def peaks(self, clip_id: str, build: bool) -> Peaks | None: ...
    def peaks(self, clip_id: str, build: bool = True) -> Peaks | None:
        """Peaks of a clip, growing while it is written.

        Where the sidecar is missing or does not fit they are built and kept, which takes its time for a long song; None
        instead if `build` is false, for callers that must not wait.
        """
        with self._lock:
            writer, known = self._writers.get(clip_id), self._peaks.get(clip_id)
        if writer is not None:
            return writer.peaks
        if known is not None:
            return known
        sidecar = self._sidecar(clip_id)
        source = self.open(clip_id)
        peaks = Peaks.load(sidecar)
        if peaks is None or peaks.frames != source.frames:
            if not build:
                return None
            peaks = build_peaks(source)
            try:
                peaks.save(sidecar)
            except OSError:
                sidecar.unlink(missing_ok=True)  # a convenience: drawing works without it
        with self._lock:
            self._peaks[clip_id] = peaks
        return peaks

    def ids(self) -> frozenset[str]:
        """Ids of the finished clips."""
        names = (path.stem for path in self.folder.glob("*.wav") if _ID.fullmatch(path.stem))
        return frozenset(name for name in names if _read_header(self.path(name)) is not None)

    def remove(self, clip_id: str) -> None:
        """Delete a clip and its peaks; nothing happens if there is none."""
        with self._lock:
            self._peaks.pop(clip_id, None)
        try:
            self.path(clip_id).unlink(missing_ok=True)
            self._sidecar(clip_id).unlink(missing_ok=True)
        except OSError as error:
            raise from_os_error(error, self.path(clip_id)) from error

    def path(self, clip_id: str) -> Path:
        """Where the clip's file is."""
        if not _ID.fullmatch(clip_id):
            raise ValueError(f"{clip_id!r} cannot name a clip")
        return self.folder / f"{clip_id}.wav"

    def _sidecar(self, clip_id: str) -> Path:
        return self.path(clip_id).with_suffix(".peaks")

    def _finished(self, writer: ClipWriter) -> None:
        try:
            writer.peaks.save(self._sidecar(writer.id))
        except OSError:
            self._sidecar(writer.id).unlink(missing_ok=True)
        with self._lock:
            self._peaks[writer.id] = writer.peaks
            self._writers.pop(writer.id, None)

    def _discarded(self, writer: ClipWriter) -> None:
        with self._lock:
            self._writers.pop(writer.id, None)
        self.remove(writer.id)


class ClipWriter:
    """A clip that is being written. Use as a context manager to discard it if anything goes wrong.

    `written` is the watermark up to which the clip has all its samples; what lies beyond is silence.
    """

    def __init__(self, store: ClipStore, clip_id: str, channels: int, frames: int | None, sample_rate: int) -> None:
        self.id, self.channels, self.sample_rate, self.frames = clip_id, channels, sample_rate, frames
        self.written = 0
        self.peaks = Peaks(frames or 0)
        self._store, self._path = store, store.path(clip_id)
        self._ahead: list[tuple[int, int]] = []
        try:
            self._file: BinaryIO | None = self._path.open("xb", buffering=0)
        except FileExistsError as error:
            raise ValueError(f"there is a clip {clip_id} already") from error
        except OSError as error:
            raise from_os_error(error, self._path) from error
        try:
            if frames:
                _reserve(self._file, HEADER_BYTES + frames * channels * 4)
            self._put(0, wav_header(channels, sample_rate, 32, 0, HEADER_BYTES))
        except BaseException:
            self.discard()
            raise

    def write(self, start: int, block: Samples) -> None:
        """Put float32 (channels, n) at frame `start`; `NoRoom` if the disk is full."""
        channels, n = block.shape
        if channels != self.channels or start < 0 or (self.frames is not None and start + n > self.frames):
            raise ValueError(f"{block.shape} at {start} does not fit a clip of {self.channels} x {self.frames}")
        interleaved = np.ascontiguousarray(block.T, dtype="<f4")
        self._put(HEADER_BYTES + start * self.channels * 4, interleaved.data.cast("B"))
        self.peaks.add(start, block)
        self._advance(start, start + n)

    def finish(self) -> str:
        """Make the clip whole and permanent; returns its id. Its length is `frames`, or what was written so far."""
        file = self._file
        assert file is not None, "the clip is closed"
        frames = self.written if self.frames is None else self.frames
        try:
            os.fsync(file.fileno())
            self._put(0, wav_header(self.channels, self.sample_rate, 32, frames, HEADER_BYTES))
            os.fsync(file.fileno())
        except OSError as error:
            raise from_os_error(error, self._path) from error
        file.close()
        sync_folder(self._path.parent)
        self._file, self.frames = None, frames
        self._store._finished(self)  # noqa: SLF001 - one idea in two classes
        return self.id

    def discard(self) -> None:
        """Give the clip up and delete its file; nothing happens once it is finished."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._store._discarded(self)  # noqa: SLF001 - one idea in two classes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def _put(self, position: int, data: bytes | memoryview) -> None:
        assert self._file is not None, "the clip is closed"
        view = memoryview(data)
        try:
            self._file.seek(position)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise from_os_error(error, self._path) from error

    def _advance(self, start: int, end: int) -> None:
        self._ahead.append((start, end))
        self._ahead.sort()
        while self._ahead and self._ahead[0][0] <= self.written:
            self.written = max(self.written, self._ahead.pop(0)[1])


class ClipSource:
    """A clip as a `Source`; `written` tells how far it has its samples.

    The file is opened for each read: a project may have more clips than a process may have open files.
    """

    def __init__(
        self, path: Path, channels: int, sample_rate: int, frames: int = 0, writer: ClipWriter | None = None
    ) -> None:
        self.channels, self.sample_rate = channels, sample_rate
        self._path, self._frames, self._writer = path, frames, writer

    @property
    def frames(self) -> int:
        """Length; of a clip whose length is not known yet, what was written so far."""
        if self._writer is None:
            return self._frames
        return self._writer.written if self._writer.frames is None else self._writer.frames

    @property
    def written(self) -> int:
        """Watermark up to which the clip has all its samples."""
        return self._frames if self._writer is None else self._writer.written

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`; what is not written yet is silence."""
        out = np.zeros((self.channels, frames), np.float32)
        first, last = max(start, 0), min(start + frames, self.frames)
        if first < last:
            part = np.zeros((last - first, self.channels), "<f4")
            self._fetch(HEADER_BYTES + first * self.channels * 4, part.data.cast("B"))
            out[:, first - start : last - start] = part.T
        return out

    def _fetch(self, position: int, view: memoryview) -> None:
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(position)
                while view and (n := file.readinto(view)):
                    view = view[n:]
        except OSError as error:
            raise from_os_error(error, self._path) from error


def _read_header(path: Path) -> _Header | None:
    """Shape of a finished clip, or None."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return None
    if len(head) < HEADER_BYTES or head[:4] not in (b"RIFF", b"RF64"):
        return None
    channels, sample_rate = struct.unpack_from("<HI", head, _FORMAT_AT + 10)
    if head[_FORMAT_AT : _FORMAT_AT + 4] != b"fmt " or channels < 1 or sample_rate < 1:
        return None
    if head[:4] == b"RF64":
        (data_bytes,) = struct.unpack_from("<Q", head, 28)
    else:
        (data_bytes,) = struct.unpack_from("<I", head, HEADER_BYTES - 4)
    frames = data_bytes // (channels * 4)
    # An unfinished clip states no samples; an empty one that was finished has no samples either and is no loss.
    return (channels, sample_rate, frames) if frames and size >= HEADER_BYTES + data_bytes else None


def _reserve(file: BinaryIO, size: int) -> None:
    """Take room on the disk, so that a clip that was begun can be finished."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            raise from_os_error(error, file.name) from error
    else:
        file.truncate(size)
