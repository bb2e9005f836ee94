"""The drum kit and what it plays. One character is a sixteenth: X loud, x normal, g ghost, o open, . rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import signal

from score import CHORUS_BEAT, END_BEAT, SAMPLE_RATE, seconds
from space import Audio, add, pan, reverb, silence

_LEVEL = {"X": 1.0, "x": 0.72, "o": 0.7, "g": 0.24}
_VERSE = {
    "kick": ("X.....x.x.......", "X.....x.x..x....", "X.....x.x.......", "X.....x.x..x...."),
    "snare": ("....X..g.g..X...", "....X..g.g..X..g", "....X..g.g..X...", "....X..gX.gxgxXX"),
    "hat": ("x.g.x.g.x.g.x.o.", "x.g.x.g.x.ggx.o.", "x.g.x.g.x.g.x.o.", "x.g.x.g.x......."),
}
_LIFT = {
    "kick": ("X.....x.x.......", "X.....x.x..x....", "X.....x.x.x.....", "X.....x.X......."),
    "snare": ("....X..g.g..X...", "....X..g.g..X..g", "....X..g.g..X.g.", "....X..ggxxX...."),
    "hat": ("x.gxx.gxx.gxx.o.", "x.gxx.gxx.gxx.o.", "x.gxx.gxx.gxx.o.", "x.gxx.g........."),
    "tom": ("", "", "", "............1123"),
    "shaker": ("ggxgggxgggxgggxg",) * 3 + ("ggxgggxg........",),
}
_CHORUS = {
    "kick": ("X..x..X.X..x....", "X..x..X.X..x..x.", "X..x..X.X..x....", "X..x..X.X......."),
    "snare": ("....X..g.g..X...", "....X..g.g..X..g", "....X..g.g..X...", "....X..gx.x.xxXX"),
    "clap": ("....x.......x...", "....x.......x...", "....x.......x...", "....x..........."),
    "hat": ("x.o.x.o.x.o.x.o.", "x.o.x.o.x.o.x.o.", "x.o.x.o.x.o.x.o.", "x.o.x.o........."),
    "tom": ("", "", "", ".........1.2...."),
    "shaker": ("xgXgxgXgxgXgxgXg",) * 3 + ("xgXgxgXg........",),
}
_CRASHES = (0.0, CHORUS_BEAT, END_BEAT)


def _time(length_s: float) -> Audio:
    return np.arange(round(length_s * SAMPLE_RATE)) / SAMPLE_RATE


def _band(noise: Audio, low: float, high: float) -> Audio:
    return signal.sosfilt(signal.butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), noise)


def _high(noise: Audio, corner: float, order: int = 4) -> Audio:
    return signal.sosfilt(signal.butter(order, corner, "highpass", fs=SAMPLE_RATE, output="sos"), noise)


def _falling_tone(t: Audio, high: float, low: float, fall_s: float) -> Audio:
    """Sine that falls from `high` to `low` hertz, as a struck skin does."""
    return np.sin(2 * np.pi * (low * t + (high - low) * fall_s * (1 - np.exp(-t / fall_s))))


def _kick(rng: np.random.Generator) -> Audio:
    t = _time(0.45)
    body = _falling_tone(t, 190, 49, 0.032) * np.exp(-t / 0.13)
    knock = _falling_tone(t, 900, 180, 0.006) * np.exp(-t / 0.012)
    click = _band(rng.standard_normal(len(t)), 1500, 6000) * np.exp(-t / 0.004)
    return np.tanh(1.6 * (body + 0.3 * knock)) * 0.9 + 0.25 * click


def _snare(rng: np.random.Generator) -> Audio:
    t = _time(0.4)
    skin = _falling_tone(t, 260, 188, 0.02) * np.exp(-t / 0.075) + 0.5 * np.sin(2 * np.pi * 336 * t) * np.exp(-t / 0.05)
    noise = rng.standard_normal(len(t))
    wires = _band(noise, 900, 9500) * (0.75 * np.exp(-t / 0.03) + 0.35 * np.exp(-t / 0.11))
    return np.tanh(0.8 * skin + 0.75 * wires)


def _metal(t: Audio, base: float) -> Audio:
    """Six square-like tones at the ratios of a cymbal, which sound as none of them."""
    ratios = (1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523)
    return np.sum([np.tanh(4 * np.sin(2 * np.pi * base * ratio * t + ratio)) for ratio in ratios], axis=0) / 6


def _hat(rng: np.random.Generator, decay_s: float) -> Audio:
    t = _time(min(0.5, 7 * decay_s))
    sound = _high(0.7 * _metal(t, 540) + 0.5 * rng.standard_normal(len(t)), 7000)
    return sound * np.exp(-t / decay_s) * np.minimum(1, t / 0.0008)


def _crash(rng: np.random.Generator) -> Audio:
    t = _time(2.4)
    sides = [_high(0.5 * _metal(t, base) + 0.7 * rng.standard_normal(len(t)), 3200, 2) for base in (402, 411)]
    return np.stack(sides) * np.exp(-t / 0.55) * (0.6 + 0.4 * np.exp(-t / 0.06))


def _clap(rng: np.random.Generator) -> Audio:
    t = _time(0.25)
    hands = sum(np.exp(-np.maximum(t - late, 0) / 0.006) * (t >= late) for late in (0.0, 0.011, 0.023))
    tail = np.exp(-np.maximum(t - 0.03, 0) / 0.06) * (t >= 0.03)
    return _band(rng.standard_normal(len(t)), 800, 4500) * (hands + 0.8 * tail)


def _shaker(rng: np.random.Generator) -> Audio:
    t = _time(0.1)
    return _band(rng.standard_normal(len(t)), 4200, 11000) * np.sin(np.pi * np.minimum(1, t / 0.075)) ** 2


def _tom(rng: np.random.Generator, low: float, position: float) -> Audio:
    t = _time(0.5)
    stick = _band(rng.standard_normal(len(t)), 700, 4000) * np.exp(-t / 0.008)
    skin = np.tanh(1.4 * _falling_tone(t, 1.7 * low, low, 0.04) * np.exp(-t / 0.16))
    return pan(skin + 0.25 * stick, position)


_TOMS = {"1": (150, -0.5), "2": (112, 0.1), "3": (82, 0.55)}

Make = Callable[[np.random.Generator, str], Audio]
_KIT: dict[str, tuple[Make, float, float, float]] = {
    # how it sounds, level, position, share of the room
    "kick": (lambda rng, _: _kick(rng), 1.0, 0.0, 0.06),
    "snare": (lambda rng, _: _snare(rng), 0.75, -0.06, 0.55),
    "clap": (lambda rng, _: _clap(rng), 0.6, 0.1, 0.5),
    "hat": (lambda rng, mark: _hat(rng, 0.13 if mark == "o" else 0.028), 0.42, 0.35, 0.1),
    "shaker": (lambda rng, _: _shaker(rng), 0.26, -0.5, 0.15),
    "tom": (lambda rng, mark: _tom(rng, *_TOMS[mark]), 0.7, 0.0, 0.4),
    "crash": (lambda rng, _: _crash(rng), 0.34, 0.0, 0.2),
}


def _beats() -> Iterator[tuple[float, str, str]]:
    """Every stroke as (beat, instrument, mark)."""
    for beat in _CRASHES:
        yield beat, "crash", "X"
    for bar in range(12):
        section = (_VERSE, _LIFT, _CHORUS)[bar // 4]
        for name, bars in section.items():
            for step, mark in enumerate(bars[bar % 4]):
                if mark != ".":
                    yield 4 * bar + step / 4, name, mark
    yield END_BEAT, "kick", "X"
    yield END_BEAT, "snare", "x"


def play(rng: np.random.Generator) -> Audio:
    """Play the whole kit: shape (2, frames)."""
    close, room = silence(), silence()
    for beat, name, mark in _beats():
        make, level, position, send = _KIT[name]
        sound = make(rng, mark) * level * _LEVEL.get(mark, 0.85) * rng.normal(1, 0.05)
        placed = sound if sound.ndim == 2 else pan(sound, position)
        struck_s = seconds(beat) + rng.normal(0, 0.0025)
        add(close, placed, struck_s)
        add(room, placed * send, struck_s)
    ambience = reverb(room, rng, seconds=0.7, pre_delay_s=0.008, bright_hz=9000)
    glued = np.tanh(0.9 * (close + 0.9 * ambience))
    return signal.sosfilt(signal.butter(2, 30, "highpass", fs=SAMPLE_RATE, output="sos"), glued)
