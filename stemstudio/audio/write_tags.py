"""Writing tags into finished files: ID3, Vorbis comments, the atoms of MP4, the chunks of RIFF.

Each function takes a file that is open for reading and writing and changes its tags in place; `OSError` if the disk
cannot take them.
"""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from stemstudio.audio.candid_stream import CandidStream
from stemstudio.audio.tags import NO_TAGS, Tags

_ID3 = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "album_artist": "TPE2",
    "composer": "TCOM",
    "date": "TDRC",
    "genre": "TCON",
    "track": "TRCK",
}
_VORBIS = {"album_artist": "albumartist", "track": "tracknumber"}  # the others bear our names
_MP4 = {
    "title": "©nam",
    "artist": "©ART",
    "album": "©alb",
    "album_artist": "aART",
    "composer": "©wrt",
    "date": "©day",
    "genre": "©gen",
    "comment": "©cmt",
}
_INFO = {
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "date": b"ICRD",
    "genre": b"IGNR",
    "track": b"IPRT",
    "comment": b"ICMT",
}
_FRONT_COVER = 3


def tag_mp3(file: BinaryIO, tags: Tags) -> None:
    """Put an ID3 tag in front of the sound."""
    _in_place(file, lambda stream: _id3(tags).save(stream, v2_version=3))


def tag_aiff(file: BinaryIO, tags: Tags) -> None:
    """Append an ID3 chunk."""
    from mutagen.aiff import AIFF

    def write(stream: CandidStream) -> None:
        sound: Any = AIFF(stream)
        sound.tags = None
        sound.add_tags()
        for frame in _id3(tags).values():
            sound.tags.add(frame)
        stream.seek(0)
        sound.save(stream, v2_version=3)

    _in_place(file, write)


def tag_flac(file: BinaryIO, tags: Tags) -> None:
    """Write Vorbis comments and a picture block."""
    from mutagen.flac import FLAC

    def write(stream: CandidStream) -> None:
        sound = FLAC(stream)
        sound.update(_vorbis(tags))
        if tags.cover:
            sound.add_picture(_picture(tags))
        stream.seek(0)
        sound.save(stream)

    _in_place(file, write)


def tag_vorbis(file: BinaryIO, tags: Tags) -> None:
    """Write the comment header of Ogg Vorbis."""
    from mutagen.oggvorbis import OggVorbis

    _in_place(file, lambda stream: _tag_ogg(OggVorbis(stream), stream, tags))


def tag_opus(file: BinaryIO, tags: Tags) -> None:
    """Write the comment header of Opus."""
    from mutagen.oggopus import OggOpus

    _in_place(file, lambda stream: _tag_ogg(OggOpus(stream), stream, tags))


def tag_mp4(file: BinaryIO, tags: Tags) -> None:
    """Write iTunes' atoms."""
    from mutagen.mp4 import MP4, MP4Cover

    def write(stream: CandidStream) -> None:
        sound = MP4(stream)
        for name, text in tags.texts.items():
            if name == "track":
                sound["trkn"] = [_number(text)]
            else:
                sound[_MP4[name]] = [text]
        if tags.cover:
            kind = MP4Cover.FORMAT_PNG if tags.cover_type == "image/png" else MP4Cover.FORMAT_JPEG
            sound["covr"] = [MP4Cover(tags.cover, kind)]
        stream.seek(0)
        sound.save(stream)

    _in_place(file, write)


def riff_chunks(tags: Tags) -> bytes:
    """Chunks that follow the samples of a WAV file: an INFO list for old readers, ID3 for the cover and the rest."""
    if tags == NO_TAGS:
        return b""
    texts = {_INFO[name]: text for name, text in tags.texts.items() if name in _INFO}
    info = b"INFO" + b"".join(_chunk(name, text.encode() + b"\0") for name, text in texts.items())
    head = io.BytesIO()
    _id3(tags).save(head, v2_version=3, padding=lambda _: 0)
    return (_chunk(b"LIST", info) if texts else b"") + _chunk(b"id3 ", head.getvalue())


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", name, len(data)) + data + bytes(len(data) % 2)


def _in_place(file: BinaryIO, write: Callable[[CandidStream], object]) -> None:
    from mutagen import MutagenError

    stream = CandidStream(file)
    stream.seek(0)
    try:
        write(stream)
    except (MutagenError, ValueError):
        stream.complain()
        raise
    stream.complain()


def _id3(tags: Tags) -> Any:
    from mutagen import id3

    head = id3.ID3()
    for name, text in tags.texts.items():
        if name in _ID3:
            head.add(getattr(id3, _ID3[name])(encoding=id3.Encoding.UTF16, text=[text]))
        else:
            head.add(id3.COMM(encoding=id3.Encoding.UTF16, lang="eng", desc="", text=[text]))
    if tags.cover:
        head.add(id3.APIC(encoding=id3.Encoding.LATIN1, mime=tags.cover_type, type=_FRONT_COVER, data=tags.cover))
    head.update_to_v23()
    return head


def _vorbis(tags: Tags) -> dict[str, str]:
    return {_VORBIS.get(name, name): text for name, text in tags.texts.items()}


def _picture(tags: Tags) -> Any:
    from mutagen.flac import Picture

    picture = Picture()
    picture.type, picture.mime, picture.data = _FRONT_COVER, tags.cover_type, tags.cover
    return picture


def _tag_ogg(sound: Any, stream: CandidStream, tags: Tags) -> None:
    sound.update(_vorbis(tags))
    if tags.cover:
        sound["metadata_block_picture"] = [base64.b64encode(_picture(tags).write()).decode("ascii")]
    stream.seek(0)
    sound.save(stream)


def _number(text: str) -> tuple[int, int]:
    """Return ``3/12`` as (3, 12); (0, 0) for what is no number."""
    number, _, total = text.partition("/")
    return (int(number) if number.strip().isdecimal() else 0, int(total) if total.strip().isdecimal() else 0)
