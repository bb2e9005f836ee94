"""Stems made by code: composed pieces, played by General MIDI instruments, a synthesiser and sampled drums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.instruments import RATE, Patch, play_samples
from stemstudio.training.score import Note, Piece, compose
from stemstudio.training.soundfont import play

_BASS_PROGRAMS = (32, 33, 33, 34, 35, 36, 37, 38, 38, 39, 39)
_CHORD_PROGRAMS = (
    0, 1, 2, 4, 4, 5, 5, 6, 7, 16, 17, 18, 19, 21, 24, 25, 26, 27, 28, 48, 49, 50, 51, 61,
    62, 63, 88, 89, 90, 91, 92, 93, 94, 95,
)  # fmt: skip
_LEAD_PROGRAMS = (
    0, 4, 5, 8, 9, 10, 11, 12, 13, 22, 26, 27, 29, 30, 40, 41, 42, 56, 57, 59, 60, 64, 65, 66,
    68, 71, 73, 75, 80, 81, 82, 84, 86, 87, 98, 104, 108,
)  # fmt: skip
_KITS = (0, 0, 8, 16, 24, 25, 32, 40)
DRUM_KEYS = {
    "bd": (35, 36),
    "sn": (38, 40),
    "clap": (39,),
    "hat": (42, 44, 70),
    "open": (46,),
    "crash": (49, 55, 57),
    "ride": (51,),
    "tom": (41, 43, 45, 47, 48, 50),
}


def sample_kit(rng: np.random.Generator, shots: Mapping[str, Sequence[Samples]]) -> dict[int, Samples]:
    """Draw a drum kit from one-shot samples by role (the keys of `DRUM_KEYS`)."""
    kit: dict[int, Samples] = {}
    for role, keys in DRUM_KEYS.items():
        choices = shots.get(role)
        if not choices:
            continue
        sound = choices[int(rng.integers(len(choices)))]
        for i, key in enumerate(keys):
            speed = rng.uniform(0.8, 1.25) * (1.0 + 0.12 * i if role == "tom" else 1.0)
            at = np.arange(int(sound.shape[1] / speed)) * speed
            at = at[at < sound.shape[1] - 1]
            index = at.astype(np.int64)
            part = (at - index).astype(np.float32)
            kit[key] = sound[:, index] * (1 - part) + sound[:, index + 1] * part
    return kit


def colour(rng: np.random.Generator, stem: str, samples: Samples) -> Samples:
    """Put a stem through a drawn chain of room, delay, chorus, drive, equaliser and dynamics."""
    import pedalboard as pb

    chain: list[Any] = []
    roomy = {"drums": 0.4, "bass": 0.1, "other": 0.6, "vocals": 0.8}[stem]
    if stem in ("other", "vocals") and rng.random() < 0.25:
        chain.append(pb.Chorus(rate_hz=rng.uniform(0.2, 2), depth=rng.uniform(0.1, 0.4), mix=0.4))
    if rng.random() < (0.3 if stem in ("bass", "drums") else 0.15):
        chain.append(pb.Distortion(drive_db=rng.uniform(3, 18)))
    if rng.random() < 0.6:
        chain.append(pb.PeakFilter(float(np.exp(rng.uniform(np.log(150), np.log(8000)))), rng.uniform(-8, 8), 0.7))
    if rng.random() < 0.5:
        chain.append(
            pb.Compressor(threshold_db=rng.uniform(-30, -12), ratio=rng.uniform(2, 6), attack_ms=rng.uniform(1, 20))
        )
    if stem in {"other", "vocals"} and rng.random() < 0.3:
        chain.append(
            pb.Delay(delay_seconds=rng.uniform(0.08, 0.5), feedback=rng.uniform(0.1, 0.5), mix=rng.uniform(0.1, 0.35))
        )
    if rng.random() < roomy:
        wet = rng.uniform(0.03, 0.15 if stem in ("drums", "bass") else 0.4)
        chain.append(
            pb.Reverb(room_size=rng.uniform(0.1, 0.9), wet_level=wet, dry_level=1 - wet, width=rng.uniform(0.3, 1))
        )
    out = np.asarray(pb.Chain(chain)(samples, RATE), np.float32)
    peak = float(np.abs(out).max())
    return out / np.float32(max(peak, 1e-6)) * np.float32(0.8) if peak > 0 else out


def _layer(
    rng: np.random.Generator, notes: tuple[Note, ...], programs: Sequence[int], frames: int, *, bass: bool = False
) -> Samples:
    if rng.random() < 0.5:
        return Patch(rng, bass=bass).play(notes, frames)
    return play(notes, int(rng.choice(programs)), frames)


def render(
    rng: np.random.Generator, shots: Mapping[str, Sequence[Samples]], seconds: float = 24.0
) -> dict[str, Samples]:
    """Compose a piece and play it at 44.1 kHz: ``drums``, ``bass`` and layers ``other0`` .. as float32 (2, frames)."""
    piece: Piece = compose(rng, seconds)
    frames = int(piece.seconds * RATE)
    if shots and rng.random() < 0.6:
        drums = play_samples(piece.drums, sample_kit(rng, shots), frames)
    else:
        drums = play(piece.drums, int(rng.choice(_KITS)), frames, percussion=True)
    stems = {
        "drums": colour(rng, "drums", drums),
        "bass": colour(rng, "bass", _layer(rng, piece.bass, _BASS_PROGRAMS, frames, bass=True)),
    }
    parts = [(piece.chords, _CHORD_PROGRAMS), (piece.melody, _LEAD_PROGRAMS), (piece.arpeggio, _CHORD_PROGRAMS)]
    for i in rng.permutation(3)[: int(rng.integers(2, 4))]:
        notes, programs = parts[i]
        stems[f"other{i}"] = colour(rng, "other", _layer(rng, notes, programs, frames))
    return stems
