"""Loose sounds that the lab plays instead of copying: drum hits, notes of an instrument, sung vowels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.training.augment import vary_speed
from stemstudio.training.instruments import RATE
from stemstudio.training.preparing import decode
from stemstudio.training.score import Note, compose
from stemstudio.training.synth import DRUM_KEYS, colour

ROLES = (*DRUM_KEYS, "bass", "other", "vowel")
_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_PITCH = re.compile(r"(.*)_([A-Ga-g])([#b]?)(\d)$")
_HIT_S, _LONG_S = 2.0, 5.0


@dataclass(frozen=True, slots=True)
class Sounds:
    """Files of one kind: a folder, patterns of names in it, what they are (`ROLES`) and under which licence.

    ``vowel`` needs names that end with a pitch (``femalevoice_aa_Db4``); what stands before it is the singer.
    """

    path: Path
    role: str
    files: tuple[str, ...]
    licence: str = ""

    def found(self) -> list[Path]:
        """The files, sorted; `BadInput` if there are none or the role is unknown."""
        if self.role not in ROLES:
            raise BadInput(f"There is no role {self.role!r} for sounds.", f"The roles are: {', '.join(ROLES)}.")
        paths = sorted({path for pattern in self.files for path in self.path.glob(pattern)})
        if not paths:
            raise BadInput(f"{self.path} holds none of {', '.join(self.files)}.", "Check the folder and the names.")
        return paths


def load(path: Path) -> Samples:
    """The sound without the silence around it, its peak at 0.8: float32 (2, frames)."""
    sound = decode(path)
    level = np.abs(sound).max(0, initial=0.0)
    loud = np.flatnonzero(level > 0.02 * level.max(initial=0.0))
    if not loud.size:
        return sound[:, :0]
    return sound[:, loud[0] : loud[-1] + 1] * np.float32(0.8 / level.max())


def hits(collections: Sequence[Sounds]) -> dict[str, list[Samples]]:
    """Drum hits by role (see `synth.sample_kit`)."""
    found: dict[str, list[Samples]] = {}
    for sounds in collections:
        if sounds.role in DRUM_KEYS:
            found.setdefault(sounds.role, []).extend(load(path)[:, : int(_HIT_S * RATE)] for path in sounds.found())
    return found


def singers(collections: Sequence[Sounds]) -> list[dict[int, list[Samples]]]:
    """Sung vowels by MIDI pitch, one mapping for each singer and vowel."""
    found: dict[str, dict[int, list[Samples]]] = {}
    for path in _files(collections, "vowel"):
        match = _PITCH.match(path.stem)
        if match is None:
            raise BadInput(f"The name of {path.name} does not end with a pitch.", "Name it like voice_aa_Db4.")
        name, letter, sign, octave = match.groups()
        pitch = 12 * (int(octave) + 1) + _SEMITONE[letter.upper()] + {"#": 1, "b": -1, "": 0}[sign]
        found.setdefault(name, {}).setdefault(pitch, []).append(load(path))
    return [found[name] for name in sorted(found)]


def instruments(collections: Sequence[Sounds], stem: str) -> list[Path]:
    """Files with the role `stem`, ``bass`` or ``other``."""
    return list(_files(collections, stem))


def _files(collections: Sequence[Sounds], role: str) -> Iterator[Path]:
    for sounds in collections:
        if sounds.role == role:
            yield from sounds.found()


def perform(rng: np.random.Generator, stem: str, sound: Samples, seconds: float = 20.0) -> Samples:
    """Play a part with one recorded note, its pitch taken for the middle of the part; a long sound is repeated."""
    piece = compose(rng, seconds)
    frames = int(piece.seconds * RATE)
    if stem == "other" and sound.shape[1] > _LONG_S * RATE:
        moved = _moved(sound, rng.uniform(-4, 4))
        return colour(rng, stem, np.tile(moved, (1, -(-frames // moved.shape[1])))[:, :frames])
    parts = (piece.melody, piece.arpeggio, piece.chords)
    part = piece.bass if stem == "bass" else parts[int(rng.integers(3))]
    return colour(rng, stem, _played(part, sound, frames))


def _played(part: Sequence[Note], sound: Samples, frames: int) -> Samples:
    out = np.zeros((2, frames), np.float32)
    middle = float(np.median([note.pitch for note in part]))
    for note in part:
        start = int(note.start_s * RATE)
        heard = _moved(sound, float(np.clip(note.pitch - middle, -14, 14)))
        count = min(heard.shape[1], int((note.seconds + 0.15) * RATE), frames - start)
        if count > 0:
            fade = np.clip((count - np.arange(count, dtype=np.float32)) / np.float32(0.08 * RATE), 0, 1)
            out[:, start : start + count] += heard[:, :count] * fade * np.float32(0.5 * note.velocity)
    return out


def _moved(sound: Samples, semitones: float) -> Samples:
    speed = 2 ** (semitones / 12)
    return vary_speed(sound, speed, max(1, int((sound.shape[1] - 2) / speed)))
