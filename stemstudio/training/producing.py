"""What producers do to voices: reversed rooms, stutters, gates, crushed and filtered sound, long echoes, octaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.instruments import RATE
from stemstudio.training.voices import shift

if TYPE_CHECKING:
    import pedalboard

Effect = Callable[[np.random.Generator, Samples], Samples]


def _through(sound: Samples, *plugins: pedalboard.Plugin) -> Samples:
    import pedalboard

    return np.asarray(pedalboard.Chain(list(plugins))(np.ascontiguousarray(sound), RATE), np.float32)


def _reversed_room(rng: np.random.Generator, sound: Samples) -> Samples:
    from pedalboard import Reverb

    return _through(sound, Reverb(room_size=rng.uniform(0.7, 1.0), wet_level=0.6, dry_level=0.3))[:, ::-1]


def _stuttered(rng: np.random.Generator, sound: Samples) -> Samples:
    pieces: list[Samples] = []
    at = 0
    while at < sound.shape[1]:
        if rng.random() < 0.5:
            length = int(RATE * rng.choice([0.06, 0.12, 0.25]))
            pieces += [sound[:, at : at + length]] * int(rng.integers(2, 6))
            at += length * int(rng.integers(1, 4))
        else:
            length = int(RATE * rng.uniform(0.5, 2))
            pieces.append(sound[:, at : at + length])
            at += length
    return np.concatenate(pieces, 1)


def _gated(rng: np.random.Generator, sound: Samples) -> Samples:
    turns = rng.choice([4, 6, 8]) * np.arange(sound.shape[1]) / RATE
    gated: Samples = sound * (turns % 1 < 0.5).astype(np.float32)
    return gated


def _crushed(rng: np.random.Generator, sound: Samples) -> Samples:
    from pedalboard import Bitcrush, LowpassFilter

    return _through(sound, Bitcrush(bit_depth=rng.uniform(5, 8)), LowpassFilter(6000))


def _phased(rng: np.random.Generator, sound: Samples) -> Samples:
    from pedalboard import Delay, Phaser

    return _through(sound, Phaser(rate_hz=rng.uniform(0.3, 1), depth=0.7, mix=0.6), Delay(0.33, 0.5, 0.4))


def _far(rng: np.random.Generator, sound: Samples) -> Samples:
    from pedalboard import Delay, HighpassFilter, LowpassFilter, Reverb

    room = Reverb(room_size=0.8, wet_level=0.5, dry_level=0.5)
    return _through(sound, HighpassFilter(400), LowpassFilter(3500), Delay(rng.uniform(0.2, 0.4), 0.6, 0.5), room)


def _with_octave(rng: np.random.Generator, sound: Samples) -> Samples:
    other = shift(sound, float(rng.choice([-12.0, 12.0])))
    count = min(other.shape[1], sound.shape[1])
    return sound[:, :count] + other[:, :count]


_EFFECTS: tuple[Effect, ...] = (_reversed_room, _stuttered, _gated, _crushed, _phased, _far, _with_octave)


def produce(rng: np.random.Generator, sound: Samples) -> Samples:
    """Put a voice (2, frames) at 44.1 kHz through one drawn effect; the peak comes out at 0.8."""
    out = np.ascontiguousarray(_EFFECTS[int(rng.integers(len(_EFFECTS)))](rng, sound))
    return out * np.float32(0.8 / max(float(np.abs(out).max(initial=0.0)), 1e-6))
