"""Instruments made of code: a subtractive synthesiser and a player of one-shot samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.score import Note

RATE = 44100


def _saw(phase: np.ndarray, step: float) -> np.ndarray:
    """Sawtooth with its steps rounded off (PolyBLEP; Välimäki and Huovilainen, 2007)."""
    t = phase % 1.0
    wave = 2 * t - 1
    low, high = t < step, t > 1 - step
    a, b = t[low] / step, (t[high] - 1) / step
    wave[low] -= 2 * a - a * a - 1
    wave[high] -= b * b + 2 * b + 1
    return wave


class Patch:
    """A subtractive voice: two oscillators, a low-pass that opens and closes, an envelope, drive and width.

    Every property is drawn from `rng`; ``bass=True`` keeps the low end in the middle and the filter lower.
    """

    def __init__(self, rng: np.random.Generator, *, bass: bool) -> None:
        self.rng = rng
        self.shape = rng.choice(["saw", "square", "sine", "both"])
        self.detune_cents = rng.uniform(0, 18)
        self.sub = rng.uniform(0, 0.8) if bass else 0.0
        self.cutoff_hz = float(np.exp(rng.uniform(np.log(150 if bass else 400), np.log(2500 if bass else 9000))))
        self.sweep = float(rng.choice([1.0, 2.0, 4.0, 8.0]))
        self.attack_s = float(rng.choice([0.002, 0.005, 0.03] if bass else [0.002, 0.01, 0.1, 0.4]))
        self.decay_s, self.sustain = rng.uniform(0.05, 0.6), rng.uniform(0.1, 1.0)
        self.release_s = rng.uniform(0.02, 0.15 if bass else 0.5)
        self.drive, self.width = (
            float(rng.choice([0.0, 0.0, 2.0, 5.0])),
            0.0 if bass and rng.random() < 0.7 else rng.uniform(0.0, 1.0),
        )

    def _oscillators(self, frequency_hz: float, n: int) -> np.ndarray:
        time = np.arange(n) / RATE
        out = np.zeros((2, n))
        for channel, sign in ((0, 1), (1, -1)):
            spread = self.detune_cents * (1 + sign * self.width) / 2
            for cents, start in ((0.0, 0.0), (spread, self.rng.random())):
                hz = frequency_hz * 2 ** (cents / 1200)
                phase = hz * time + start
                if self.shape == "sine":
                    out[channel] += np.sin(2 * np.pi * phase) + 0.3 * np.sin(4 * np.pi * phase)
                else:
                    saw = _saw(phase, hz / RATE)
                    square = saw - _saw(phase + 0.5, hz / RATE)
                    out[channel] += {"saw": saw, "square": square, "both": saw + 0.5 * square}[str(self.shape)]
            out[channel] += 2 * self.sub * np.sin(np.pi * frequency_hz * time * (2 if frequency_hz < 55 else 1))
        return out

    def note(self, note: Note) -> np.ndarray:
        """Sound of one note: float64 (2, frames)."""
        from scipy.signal import butter, sosfilt

        held, n = note.seconds, int((note.seconds + self.release_s) * RATE)
        time = np.arange(n) / RATE
        frequency = 440.0 * 2 ** ((note.pitch - 69) / 12)
        raw = self._oscillators(frequency, n)
        closed, opened = (
            float(np.clip(hz, 1.5 * frequency, 18000)) for hz in (self.cutoff_hz, self.cutoff_hz * self.sweep)
        )
        fall = np.exp(-time / self.decay_s)
        dark, bright = (sosfilt(butter(2, hz, fs=RATE, output="sos"), raw) for hz in (closed, opened))
        envelope = np.minimum(time / self.attack_s, 1) * (self.sustain + (1 - self.sustain) * fall)
        envelope *= np.clip(1 - (time - held) / self.release_s, 0, 1)
        sound = (dark + (bright - dark) * fall) * envelope * note.velocity * 0.2
        driven: np.ndarray = np.tanh(sound * self.drive) / self.drive if self.drive else sound
        return driven

    def play(self, notes: Sequence[Note], frames: int) -> Samples:
        """Render `notes` at 44.1 kHz: float32 (2, frames)."""
        out = np.zeros((2, frames))
        for note in notes:
            start = int(note.start_s * RATE)
            sound = self.note(note)[:, : max(0, frames - start)]
            out[:, start : start + sound.shape[1]] += sound
        return out.astype(np.float32)


def play_samples(notes: Sequence[Note], kit: Mapping[int, Samples], frames: int) -> Samples:
    """Play percussion `notes` with the one-shot samples of `kit` (by General MIDI key): float32 (2, frames)."""
    out = np.zeros((2, frames), np.float32)
    for note in notes:
        sound = kit.get(note.pitch)
        start = int(note.start_s * RATE)
        if sound is None or start >= frames:
            continue
        sound = sound[:, : frames - start]
        out[:, start : start + sound.shape[1]] += sound * np.float32(note.velocity**1.5)
    return out
