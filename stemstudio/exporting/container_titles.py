"""Which stems a file holds beside its mix, as `exporting.containers` and other programs write them."""

from __future__ import annotations

import json
from pathlib import Path

from stemstudio.exporting.containers import MATROSKA_MARK
from stemstudio.exporting.mp4_atoms import inner, read_movie

_MATROSKA = b"\x1aE\xdf\xa3"
_MOST_STEMS = 64
_LARGEST_MANIFEST = 65_536  # bytes


def stem_titles(path: Path) -> tuple[str, ...]:
    """Titles of the stems that follow the mix as further streams of the file at `path`; none if it is no such file."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if head[4:8] == b"ftyp":
                return _ni_titles(inner(read_movie(file)[1], b"udta", b"stem"))
        return _matroska_titles(path) if head.startswith(_MATROSKA) else ()
    except (OSError, ValueError, RecursionError):  # JSON may nest deeper than Python can go
        return ()


def _ni_titles(manifest: bytes | None) -> tuple[str, ...]:
    if manifest is None or len(manifest) > _LARGEST_MANIFEST:
        return ()
    stated = json.loads(manifest.rstrip(b"\0"))
    stems = stated.get("stems") if isinstance(stated, dict) else None
    if not isinstance(stems, list):
        return ()
    return tuple(str(stem.get("name", "")) for stem in stems if isinstance(stem, dict))[:_MOST_STEMS]


def _matroska_titles(path: Path) -> tuple[str, ...]:
    import av

    av.logging.set_level(av.logging.PANIC)
    try:
        with path.open("rb") as file, av.open(file, options={"protocol_whitelist": "none"}) as container:
            if MATROSKA_MARK not in container.metadata:
                return ()
            return tuple(str(each.metadata.get("title", "")) for each in container.streams.audio[1 : 1 + _MOST_STEMS])
    except av.FFmpegError:
        return ()
