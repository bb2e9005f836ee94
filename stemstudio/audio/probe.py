"""What a file is, without decoding all of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from stemstudio.audio.decode import Decoder


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What the file says of itself; `frames` and `seconds` are None where it does not say.

    Parameters
    ----------
    path : Path
    seconds, frames : float, int or None
        Length as stated. A stream without a table of contents only estimates it; decoding is exact.
    sample_rate : int
        In hertz.
    channels : int
        1 to 8.
    format, subtype : str
        Container and coding in lower case: ``wav`` and ``pcm_24``, ``mp4`` and ``aac``.
    lossy : bool
        Whether the coding threw sound away.
    title : str
        From the tags, else from the file's name.
    notices : tuple of str
        What a person should know of the file; complete once it was decoded to its end.
    """

    path: Path
    seconds: float | None
    frames: int | None
    sample_rate: int
    channels: int
    format: str
    subtype: str
    lossy: bool
    title: str
    notices: tuple[str, ...] = ()


def probe(path: str | os.PathLike[str]) -> FileInfo:
    """Look at a file and decode its beginning; `UserError` if it cannot be read."""
    with Decoder(path) as decoder:
        return describe(decoder)


def describe(decoder: Decoder) -> FileInfo:
    """What an open decoder knows of its file."""
    frames = decoder.frames_estimate
    return FileInfo(
        path=decoder.path,
        seconds=None if frames is None else frames / decoder.sample_rate,
        frames=frames,
        sample_rate=decoder.sample_rate,
        channels=decoder.channels,
        format=decoder.format,
        subtype=decoder.subtype,
        lossy=decoder.lossy,
        title=decoder.title,
        notices=decoder.notices,
    )
