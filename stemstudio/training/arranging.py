"""Voiceless parts for instruments that a separator takes for voices: strings, brass, winds, organs, moving synths."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.instruments import RATE
from stemstudio.training.moving import MovingPatch
from stemstudio.training.score import Note, Piece, compose
from stemstudio.training.soundfont import play
from stemstudio.training.synth import colour

# General MIDI programs from 0, and whether all their notes last into the next.
_FAMILIES = {
    "strings": ((40, 41, 42, 43, 44, 45, 48, 48, 49, 49, 50, 51), True),
    "brass": ((56, 57, 58, 59, 60, 61, 61, 62, 63), False),
    "reeds": ((64, 65, 66, 67, 68, 69, 70, 71), False),
    "pipes": ((72, 73, 74, 75, 77, 78, 79), False),
    "organ": ((16, 17, 18, 19, 20, 21, 22, 23), True),
    "guitar": ((24, 25, 26, 27, 28, 29, 30, 104, 105, 107), False),
    "lead": ((80, 81, 82, 83, 84, 86, 87), False),
    "pads": ((88, 89, 90, 92, 93, 94, 95), True),
}
_MOVING = 4  # of so many more than there are families, one is played by a synthesiser that moves


def arrange(number: int, seed: int, seconds: float = 24.0) -> tuple[str, Samples]:
    """Family and sound of arrangement `number`, one to three parts at 44.1 kHz: float32 (2, frames)."""
    rng = np.random.default_rng((seed, 3, number))
    piece = compose(rng, seconds)
    frames = int(piece.seconds * RATE)
    turn = number % (len(_FAMILIES) + _MOVING)
    family = list(_FAMILIES)[turn] if turn < len(_FAMILIES) else "moving"
    sound = _moving(rng, piece, frames) if family == "moving" else _played(rng, family, piece, frames)
    return family, colour(rng, "other", sound)


def _played(rng: np.random.Generator, family: str, piece: Piece, frames: int) -> Samples:
    programs, legato = _FAMILIES[family]
    parts = [piece.chords, piece.melody, piece.arpeggio][: int(rng.integers(2, 4))]
    sound = np.zeros((2, frames), np.float32)
    for part in parts if rng.random() < 0.75 else [piece.melody]:
        stretch = rng.uniform(0.95, 1.6) if legato or rng.random() < 0.4 else 1.0
        up = int(rng.choice([-12, 0, 0, 12]))
        notes = [Note(note.start_s, note.seconds * stretch, note.pitch + up, note.velocity) for note in part]
        sound += play(notes, int(rng.choice(programs)), frames) * np.float32(rng.uniform(0.4, 1))
    return sound


def _moving(rng: np.random.Generator, piece: Piece, frames: int) -> Samples:
    part = [piece.arpeggio, piece.arpeggio, piece.melody, piece.chords][int(rng.integers(4))]
    return MovingPatch(rng).play(part, frames)
