"""A composer of small pieces: notes for drums, bass, chords and melody that belong together.

Nothing here sounds; `synth` and `instruments` turn the notes into stems. The pieces are drawn from grooves, chord
progressions and figures common to popular music, so that kick and bass, chords and melody overlap in time
and in pitch the way they do in songs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
_PROGRESSIONS = (
    (0, 4, 5, 3),
    (0, 5, 3, 4),
    (5, 3, 0, 4),
    (0, 0, 3, 4),
    (0, 3, 0, 4),
    (0, 6, 5, 6),
    (0, 2, 3, 4),
    (0, 0, 5, 5),
)
# Sixteenth-note grids of one bar: x strong, o soft, . nothing.
_GROOVES = (
    {"kick": "x...x...x...x...", "snare": "....x.......x...", "hat": "..x...x...x...x."},
    {"kick": "x...x...x...x...", "snare": "....x.......x..o", "hat": "x.o.x.o.x.o.x.oo"},
    {"kick": "x.....x...x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
    {"kick": "x.x.......xx....", "snare": "....x..o.o..x..o", "hat": "x.x.x.x.x.x.x.x."},
    {"kick": "x.........x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.xx"},
    {"kick": "x..x..x...x..x..", "snare": "....x.......x...", "hat": "xoxoxoxoxoxoxoxo"},
    {"kick": "x.......x.x.....", "snare": "........x.......", "hat": "x.oox.oox.ooxoxo"},
    {"kick": "x..x..x.x..x..x.", "snare": "....x..x....x.x.", "hat": "....x...x...x..."},
    {"kick": "x.....x.x.....x.", "snare": "....x.......x...", "hat": "x...x...x...x..."},
    {"kick": "x...............", "snare": "............x...", "hat": "o.o.o.o.o.o.o.o."},
)
_BASS = (
    "x.x.x.x.x.x.x.x.",
    "..x...x...x...x.",
    "x..x..x.x..x..x.",
    "x.......x.......",
    "x.....x...x.x...",
    "xxxxxxxxxxxxxxxx",
    "x...............",
    "x..xx.....x..x..",
)
_CHORDS = ("x...............", "x.......x.......", "..x...x...x...x.", "x..x..x.....x...", "x...x...x...x...")


@dataclass(frozen=True, slots=True)
class Note:
    """One note: start and length in seconds, MIDI pitch, velocity from 0 to 1."""

    start_s: float
    seconds: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Piece:
    """The notes of one piece; in ``drums`` the pitch is the General MIDI percussion key."""

    seconds: float
    tempo_bpm: float
    drums: tuple[Note, ...]
    bass: tuple[Note, ...]
    chords: tuple[Note, ...]
    arpeggio: tuple[Note, ...]
    melody: tuple[Note, ...]


class _Grid:
    """Time of every sixteenth, with swing and a human hand."""

    def __init__(self, rng: np.random.Generator, tempo_bpm: float) -> None:
        self.rng, self.step_s = rng, 15.0 / tempo_bpm
        self.swing = rng.choice([0.0, 0.0, 0.15, 0.3]) * self.step_s
        self.loose_s = rng.choice([0.0, 0.004, 0.01])

    def time(self, step: int) -> float:
        late = self.swing if step % 2 else 0.0
        return max(
            0.0,
            step * self.step_s + late + self.rng.normal(0, self.loose_s) if self.loose_s else step * self.step_s + late,
        )


def _degree(scale: tuple[int, ...], degree: int) -> int:
    return 12 * (degree // 7) + scale[degree % 7]


def _drums(rng: np.random.Generator, grid: _Grid, bars: int) -> list[Note]:
    groove = _GROOVES[rng.integers(len(_GROOVES))]
    keys = {
        "kick": int(rng.choice([35, 36])),
        "snare": int(rng.choice([38, 39, 40])),
        "hat": int(rng.choice([42, 42, 44, 51, 70])),
    }
    notes = []
    for bar in range(bars):
        for part, pattern in groove.items():
            for step, mark in enumerate(pattern):
                if mark == "." or rng.random() < 0.04:
                    continue
                velocity = (0.9 if mark == "x" else 0.45) * rng.uniform(0.8, 1.1)
                open_hat = part == "hat" and rng.random() < 0.06
                notes.append(Note(grid.time(16 * bar + step), 0.2, 46 if open_hat else keys[part], min(velocity, 1.0)))
        if bar % 4 == 3 and rng.random() < 0.6:
            toms = [int(rng.choice([38, 41, 43, 45, 47, 48, 50])) for _ in range(4)]
            notes += [Note(grid.time(16 * bar + 12 + i), 0.2, tom, rng.uniform(0.6, 1.0)) for i, tom in enumerate(toms)]
        if bar % 4 == 0 and rng.random() < 0.5:
            notes.append(Note(grid.time(16 * bar), 1.0, int(rng.choice([49, 55, 57])), rng.uniform(0.5, 1.0)))
    return notes


def _figure(rng: np.random.Generator, grid: _Grid, bar: int, pattern: str, legato: float) -> list[tuple[float, float]]:
    """Starts and lengths in seconds of the marked steps of one bar; a note lasts `legato` of the way to the next."""
    steps = [i for i, mark in enumerate(pattern) if mark != "."] + [16]
    spans = []
    for step, following in pairwise(steps):
        spans.append(
            (grid.time(16 * bar + step), max(0.06, (following - step) * grid.step_s * legato * rng.uniform(0.9, 1.0)))
        )
    return spans


def compose(rng: np.random.Generator, seconds: float = 24.0) -> Piece:
    """Draw a piece of about `seconds`: key, mode, tempo, groove, progression and figures all vary."""
    tempo = float(
        rng.choice([rng.uniform(70, 100), rng.uniform(100, 130), rng.uniform(118, 145), rng.uniform(150, 176)])
    )
    grid = _Grid(rng, tempo)
    bars = max(2, round(seconds / (16 * grid.step_s)))
    scale, root = _SCALES[rng.choice(list(_SCALES))], int(rng.integers(0, 12))
    progression = _PROGRESSIONS[rng.integers(len(_PROGRESSIONS))]
    bass_pattern, chord_pattern = _BASS[rng.integers(len(_BASS))], _CHORDS[rng.integers(len(_CHORDS))]
    bass_legato, chord_legato = rng.uniform(0.4, 1.0), rng.uniform(0.3, 1.05)
    bass_low, octave_jumps, arp_up = 28 + (root + 8) % 12, rng.random() < 0.3, int(rng.choice([1, 2]))
    bass, chords, arpeggio, melody = [], [], [], []
    walk = int(rng.integers(7, 14))
    for bar in range(bars):
        degree = progression[bar % 4]
        for i, (at, span) in enumerate(_figure(rng, grid, bar, bass_pattern, bass_legato)):
            step = degree if rng.random() < 0.75 else degree + int(rng.choice([2, 4]))
            low = bass_low + _degree(scale, step) - (12 if _degree(scale, step) > 7 else 0)
            bass.append(Note(at, span, low + (12 if octave_jumps and i % 2 else 0), rng.uniform(0.7, 1.0)))
        voicing = [
            60 + root - 12 * (root > 6) + _degree(scale, degree + up)
            for up in (0, 2, 4, 6)[: int(rng.choice([3, 3, 4]))]
        ]
        for at, span in _figure(rng, grid, bar, chord_pattern, chord_legato):
            velocity = rng.uniform(0.5, 0.9)
            chords += [Note(at, span, pitch, velocity) for pitch in voicing]
        arpeggio += [
            Note(
                grid.time(16 * bar + step),
                grid.step_s * arp_up * 0.8,
                voicing[(step // arp_up) % len(voicing)] + 12 * (step // 8 % 2),
                rng.uniform(0.5, 1.0),
            )
            for step in range(0, 16, arp_up)
        ]
        step = 0
        while step < 16:
            length = int(rng.choice([1, 2, 2, 3, 4, 6, 8]))
            walk = int(np.clip(walk + rng.integers(-3, 4), 3, 18))
            if rng.random() < 0.75:
                melody.append(
                    Note(
                        grid.time(16 * bar + step),
                        length * grid.step_s * 0.95,
                        60 + root - 6 + _degree(scale, walk) - 6,
                        rng.uniform(0.6, 1.0),
                    )
                )
            step += length
    return Piece(
        bars * 16 * grid.step_s, tempo, *(tuple(n) for n in (_drums(rng, grid, bars), bass, chords, arpeggio, melody))
    )
