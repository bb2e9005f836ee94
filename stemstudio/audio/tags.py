"""What a file says of its music: title, artist, album, cover picture.

Read through FFmpeg, which names the fields alike in every container; written by `audio.write_tags`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

_PICTURES = ("mjpeg", "png")
_LARGEST_COVER = 16_000_000  # bytes; what a FLAC picture may hold


@dataclass(frozen=True, slots=True)
class Tags:
    """Text fields, empty where nothing is known, and the cover as the bytes of a JPEG or PNG file."""

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    composer: str = ""
    date: str = ""
    genre: str = ""
    track: str = ""
    comment: str = ""
    cover: bytes = b""

    @property
    def texts(self) -> dict[str, str]:
        """Text fields that say something, by name."""
        return {name: value for name in TEXT_FIELDS if (value := getattr(self, name))}

    @property
    def cover_type(self) -> str:
        """MIME type of the cover."""
        return "image/png" if self.cover.startswith(b"\x89PNG") else "image/jpeg"


NO_TAGS = Tags()
TEXT_FIELDS = tuple(each.name for each in fields(Tags) if each.name != "cover")


def read_tags(path: Path) -> Tags:
    """Tags of the file at `path`; empty ones if it has none, is missing or cannot be read."""
    import av

    av.logging.set_level(av.logging.PANIC)
    try:
        with path.open("rb") as file, av.open(file, options={"protocol_whitelist": "none"}) as container:
            stated: dict[str, str] = {}
            # Ogg keeps its tags in the stream.
            for each in (*container.streams.audio[:1], container):
                stated.update({name.lower(): text.strip() for name, text in each.metadata.items()})
            texts = {name: stated[name] for name in TEXT_FIELDS if stated.get(name)}
            return Tags(**texts, cover=_cover(container))
    except (OSError, av.FFmpegError, ValueError):  # a path with a NUL in it is a ValueError
        return NO_TAGS


def _cover(container: Any) -> bytes:
    """Picture that is attached to the sound; not the first frame of a film."""
    import av

    for stream in container.streams.video:
        if stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context.name in _PICTURES:
            for packet in container.demux(stream):
                if packet.size:
                    return bytes(packet) if packet.size < _LARGEST_COVER else b""
    return b""
