"""Several sounds in one file: the Stems of Native Instruments, and Matroska.

The first sound of either is the mix, so that a player that knows nothing of stems plays the song.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from stemstudio.audio.candid_stream import put
from stemstudio.audio.durable import Replacement
from stemstudio.audio.encode import to_integers
from stemstudio.audio.encode_ffmpeg import FfmpegContainer
from stemstudio.audio.encoder import StreamSpec
from stemstudio.audio.formats import FORMATS
from stemstudio.audio.tags import NO_TAGS, Tags
from stemstudio.audio.write_tags import tag_mp4
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.exporting.mp4_atoms import box, read_movie, with_user_data

MATROSKA_MARK = "STEMSTUDIO"
"""Tag by which our Matroska files are told from films with several languages."""
NI_STEMS = 4


@dataclass(frozen=True, slots=True)
class Sound:
    """One of the sounds of a file: its title and its colour as ``#RRGGBB``."""

    title: str
    colour: str


EMPTY = Sound("Empty", "#808080")
"""Fills the places of Native Instruments' four stems that a song does not need."""


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file with several sounds: ending without its dot, muxer, encoder by format, and the last touch."""

    ending: str
    muxer: str
    codecs: dict[str, str]
    complete: Callable[[BinaryIO, Sequence[Sound], Tags], None] | None = None


def _complete_ni_stem(file: BinaryIO, sounds: Sequence[Sound], tags: Tags) -> None:
    """Write the tags, and the stems' names and colours where players look for them."""
    if tags != NO_TAGS:
        tag_mp4(file, tags)
    at, movie = read_movie(file)
    file.seek(at)
    put(file, box(b"moov", with_user_data(movie, b"stem", ni_manifest(sounds).encode())))


def ni_manifest(sounds: Sequence[Sound]) -> str:
    """Return the JSON that names the four stems, with a compressor and limiter that do nothing."""
    # Values of an untouched file of Native Instruments' own Stem Creator.
    compressor = {
        "enabled": False, "ratio": 3, "output_gain": 0.5, "release": 0.3, "attack": 0.003, "input_gain": 0.5,
        "threshold": 0, "hp_cutoff": 300, "dry_wet": 50,
    }  # fmt: skip
    limiter = {"enabled": False, "release": 0.05, "threshold": 0, "ceiling": -0.35}
    return json.dumps(
        {
            "mastering_dsp": {"compressor": compressor, "limiter": limiter},
            "version": 1,
            "stems": [{"color": sound.colour, "name": sound.title} for sound in sounds[1:]],
        }
    )


CONTAINERS = {
    "ni-stem": Container("stem.mp4", "mp4", {"m4a": "aac", "alac": "alac"}, _complete_ni_stem),
    "mka": Container("mka", "matroska", {"flac": "flac"}),
}


def container_for(kind: str, format: str) -> Container:  # noqa: A002 - the word of the command line and of the field
    """Return the container called `kind`; `BadInput` if it cannot hold `format`."""
    container = CONTAINERS[kind]
    if format not in container.codecs:
        raise BadInput(
            f".{container.ending} files cannot hold {FORMATS[format].title}.",
            f"Choose {' or '.join(container.codecs)}.",
        )
    return container


class ContainerWriter:
    """A file with several sounds being written; it takes its name at `finish` and else vanishes.

    Parameters
    ----------
    path : Path
    kind : str
        A key of `CONTAINERS`.
    sounds : sequence of Sound
        The mix first; Native Instruments asks for four more.
    sample_rate, channels, frames : int
        The same for all sounds.
    format : str
        One that the container knows, ``m4a`` or ``alac`` for Native Instruments; sound formats as in `FORMATS`.
    bits : int
        16 or 24, for a lossless format.
    kbps : int
        Of each sound, for a lossy one.
    tags : Tags

    Raises
    ------
    UserError
        If the container cannot hold these sounds or the target cannot be written.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        sounds: Sequence[Sound],
        sample_rate: int,
        channels: int,
        frames: int,
        *,
        format: str,  # noqa: A002 - the word of the command line and of the field
        bits: int = 24,
        kbps: int = 256,
        tags: Tags,
    ) -> None:
        container = container_for(kind, format)
        self.path, self.clipped = path, 0
        self._container, self._sounds, self._tags = container, sounds, tags
        self._lossy = FORMATS[format].lossy
        self._bits = 32 if self._lossy else bits
        self._noise = np.random.default_rng(0) if self._bits == 16 else None
        spec = StreamSpec(sample_rate, channels, self._bits, kbps, frames)
        mark = {MATROSKA_MARK: "mix and stems", **tags.texts} if container.muxer == "matroska" else {}
        self._sealed = False
        self._target = Replacement(path)
        try:
            self._file = FfmpegContainer(
                self._target.file,
                container.muxer,
                container.codecs[format],
                [spec] * len(sounds),
                [sound.title for sound in sounds],
                mark,
            )
        except BaseException as error:
            self._target.discard()
            if isinstance(error, OSError):
                raise from_os_error(error, path) from error
            raise

    def write(self, index: int, block: Samples) -> None:
        """Append float32 samples of shape (channels, n) to one of the sounds; keep them about level."""
        interleaved = np.ascontiguousarray(block.T, dtype=np.float32)
        self.clipped += int(np.count_nonzero(np.abs(interleaved) > 1))
        try:
            self._file.write(index, interleaved if self._lossy else to_integers(interleaved, self._bits, self._noise))
        except OSError as error:
            raise from_os_error(error, self.path) from error

    def seal(self) -> None:
        """Complete the file and bring it to the disk; only its name is missing. `finish` does it too."""
        if self._sealed:
            return
        try:
            self._file.close()
            if self._container.complete is not None:
                self._container.complete(self._target.file, self._sounds, self._tags)
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
        self._file.discard()
        self._target.discard()
