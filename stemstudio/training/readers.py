"""Where multitrack collections keep their stems: one small function for each layout.

A reader lists recordings and opens nothing. Instruments are mapped to the four stems by `STEM_OF`; a recording that
holds bass and other in one goes by the name ``bass+other``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stemstudio.core.errors import BadInput
from stemstudio.training.material import JOINT

STEM_OF = {
    "vocals": ("vocals", "vocal", "vox", "voice", "voices", "singing", "choir"),
    "drums": ("drums", "drum", "percussion", "kick", "snare", "hats"),
    "bass": ("bass", "bass guitar", "synth bass"),
    "other": (
        *("other", "guitar", "other_keys", "other_plucked", "piano", "bowed_strings", "wind", "keys", "synth", "fx"),
        *("organ", "strings", "brass", "reed", "pipe", "synth lead", "synth pad", "chromatic percussion", "ethnic"),
        *("strings (continued)", "synth effects", "sound effects"),
    ),
    JOINT: (JOINT, "bass_other"),
}
_STEMS = {word: stem for stem, words in STEM_OF.items() for word in words}
_SOUNDS = {".wav", ".flac", ".aif", ".aiff", ".mp3", ".ogg", ".opus", ".m4a"}


@dataclass(frozen=True, slots=True)
class Recording:
    """One stem, or a part of one, of one song: where it is, and which audio stream of the file it is."""

    song: str
    stem: str
    path: Path
    stream: int = 0


def _sounds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _SOUNDS)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def plain(folder: Path) -> Iterator[Recording]:
    """``song/stem.wav`` or ``song/stem__part.wav``; a folder that holds such files itself is one song."""
    for song in [folder, *_folders(folder)]:
        for path in _sounds(song):
            stem = _STEMS.get(path.stem.partition("__")[0].lower())
            if stem is not None:
                yield Recording(song.name, stem, path)


def manifest(folder: Path) -> Iterator[Recording]:
    """``song/name.m4a``, with a ``manifest.csv`` that says in its columns song, stem and category what each file is."""
    path = folder / "manifest.csv"
    if not path.is_file():
        return
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stem = _STEMS.get((row.get("category") or "").lower())
            sound = folder / (row.get("song") or "") / (row.get("stem") or "")
            if stem is not None and sound.is_file():
                yield Recording(row["song"], stem, sound)


def musdb18(folder: Path) -> Iterator[Recording]:
    """MUSDB18: ``train/Artist - Title.stem.mp4`` with the streams mixture, drums, bass, other, vocals."""
    for path in sorted(folder.glob("**/*.stem.mp4")):
        for stream, stem in enumerate(("drums", "bass", "other", "vocals"), 1):
            yield Recording(path.name.removesuffix(".stem.mp4"), stem, path, stream)


def musdb18hq(folder: Path) -> Iterator[Recording]:
    """MUSDB18-HQ: ``train/Artist - Title/vocals.wav`` and so on."""
    for path in sorted(folder.glob("*/*/*.wav")):
        if path.stem in {"vocals", "drums", "bass", "other"}:
            yield Recording(path.parent.name, path.stem, path)


def moisesdb(folder: Path) -> Iterator[Recording]:
    """MoisesDB: ``song-id/stem/part.wav``, the stem one of its eleven."""
    for path in sorted(folder.glob("*/*/*.wav")):
        stem = _STEMS.get(path.parent.name.lower())
        if stem is not None:
            yield Recording(path.parent.parent.name, stem, path)


def slakh2100(folder: Path) -> Iterator[Recording]:
    """Slakh2100: ``train/Track00001/stems/S00.flac``; ``metadata.yaml`` names each stem's instrument class."""
    for metadata in sorted(folder.glob("**/metadata.yaml")):
        for name, kind in _slakh_classes(metadata.read_text("utf-8")).items():
            paths = [metadata.parent / "stems" / f"{name}{suffix}" for suffix in (".flac", ".wav")]
            path = next((path for path in paths if path.is_file()), None)
            stem = _STEMS.get(kind.lower())
            if path is not None and stem is not None:
                yield Recording(metadata.parent.name, stem, path)


def _slakh_classes(text: str) -> dict[str, str]:
    """``S00: {inst_class: Guitar}`` out of the plain block style that Slakh's files are written in."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        if not value.strip() and key.startswith("S") and key[1:].isdigit():
            name = key
        elif key == "inst_class" and name:
            found[name] = value.strip().strip("'\"")
    return found


READERS: dict[str, Callable[[Path], Iterator[Recording]]] = {
    "plain": plain,
    "manifest": manifest,
    "musdb18": musdb18,
    "musdb18hq": musdb18hq,
    "moisesdb": moisesdb,
    "slakh2100": slakh2100,
}


def loose(folder: Path, stem: str, patterns: Sequence[str]) -> list[Path]:
    """List the sounds in `folder` whose names match one of `patterns`, all of them recordings of `stem`.

    Raises
    ------
    BadInput
        If there are none or the stem is unknown.
    """
    if stem not in STEM_OF:
        raise BadInput(f"There is no stem {stem!r}.", f"The stems are: {', '.join(STEM_OF)}.")
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.suffix.lower() in _SOUNDS}
    if not found:
        raise BadInput(f"{folder} holds no sounds named {', '.join(patterns)}.", "Check the folder and the names.")
    return sorted(found)


def read(reader: str, folder: Path) -> list[Recording]:
    """List the recordings of the collection in `folder`.

    Raises
    ------
    BadInput
        If there is no such reader or it finds nothing.
    """
    if reader not in READERS:
        raise BadInput(f"There is no reader {reader!r}.", f"The readers are: {', '.join(READERS)}.")
    found = list(READERS[reader](folder)) if folder.is_dir() else []
    if not found:
        raise BadInput(f"{folder} holds no stems in the layout {reader}.", "Check the folder and the reader.")
    return found
