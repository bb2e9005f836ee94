"""A synthesiser whose sound moves: what is most easily taken for a voice, though nobody sings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.instruments import RATE
from stemstudio.training.score import Note

_RELEASE_S = 0.25
_BLOCK = 1024  # samples between two steps of the moving filter


class MovingPatch:
    """Frequency modulation, many saws, a moving pulse or a vowel-like filter, with glide, vibrato and a slow sweep.

    Every property is drawn from `rng`.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.kind = str(rng.choice(["modulated", "saws", "pulse", "vowel"]))
        self.ratio = float(rng.choice([0.5, 1, 1, 2, 2, 3, 3.5, 4, 7, 1.41]))
        self.index, self.decay_s = rng.uniform(0.5, 6), rng.uniform(0.05, 1.5)
        self.vibrato_semitones, self.vibrato_hz = float(rng.choice([0, 0, 0.1, 0.3, 0.5])), rng.uniform(4, 7)
        self.glide_s = float(rng.choice([0, 0, 0.03, 0.1]))
        self.attack_s = float(rng.choice([0.002, 0.005, 0.02, 0.1, 0.3]))
        self.saws, self.detune_cents, self.width = int(rng.integers(3, 8)), rng.uniform(5, 35), rng.uniform(0, 1)
        self.formants_hz = (float(np.exp(rng.uniform(5.7, 6.8))), float(np.exp(rng.uniform(6.8, 8.0))), 2600.0)
        self.sweep_hz = (float(np.exp(rng.uniform(5.7, 6.8))), float(np.exp(rng.uniform(7.3, 9.1))))
        self.sweeps_per_s = float(rng.choice([0, 0.05, 0.1, 0.25, 0.5, 1, 2, 4]))

    def play(self, notes: Sequence[Note], frames: int) -> Samples:
        """Render `notes` at 44.1 kHz: float32 (2, frames)."""
        out = np.zeros((2, frames))
        before = None
        for note in notes:
            start = int(note.start_s * RATE)
            count = min(int((note.seconds + _RELEASE_S) * RATE), frames - start)
            if count > RATE // 100:
                out[:, start : start + count] += self._note(note, note.pitch if before is None else before, count)
                before = note.pitch
        filtered = self._vowel(out) if self.kind == "vowel" else self._swept(out)
        return filtered.astype(np.float32)

    def _note(self, note: Note, before: int, count: int) -> np.ndarray:
        time = np.arange(count) / RATE
        bend = self.vibrato_semitones * np.sin(2 * np.pi * self.vibrato_hz * time) * np.clip(time / 0.3, 0, 1)
        if self.glide_s:
            bend += (before - note.pitch) * np.exp(-time / self.glide_s)
        turns = np.cumsum(440 * 2 ** ((note.pitch + bend - 69) / 12)) / RATE
        fall = np.exp(-time / self.decay_s)
        envelope = np.minimum(time / self.attack_s, 1) * np.clip(1 - (time - note.seconds) / _RELEASE_S, 0, 1)
        wave = self._waves()[self.kind]
        sound = np.stack([wave(turns, fall, channel) for channel in (0, 1)])
        level: np.ndarray = sound * envelope * (0.5 + 0.6 * fall) * note.velocity * 0.25
        return level

    def _waves(self) -> dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]]:
        def modulated(turns: np.ndarray, fall: np.ndarray, channel: int) -> np.ndarray:
            inner = self.index * fall * np.sin(2 * np.pi * self.ratio * turns)
            return np.sin(2 * np.pi * turns + inner + channel * self.width)

        def saws(turns: np.ndarray, fall: np.ndarray, channel: int) -> np.ndarray:  # noqa: ARG001 - one signature for all
            spread = self.detune_cents * (1 if channel else 1 - self.width)
            out = np.zeros_like(turns)
            for saw in range(self.saws):
                cents = spread * (saw / (self.saws - 1) - 0.5)
                out += 2 * ((turns * 2 ** (cents / 1200) + 0.37 * saw) % 1) - 1
            return out / self.saws

        def pulse(turns: np.ndarray, fall: np.ndarray, channel: int) -> np.ndarray:  # noqa: ARG001 - one signature for all
            turning = 2 * np.pi * 0.7 * np.arange(turns.size) / RATE
            return np.where(turns % 1 < 0.5 + 0.4 * np.sin(turning + channel * self.width), 0.6, -0.6)

        def vowel(turns: np.ndarray, fall: np.ndarray, channel: int) -> np.ndarray:  # noqa: ARG001 - one signature for all
            return 2 * (turns % 1) - 1

        return {"modulated": modulated, "saws": saws, "pulse": pulse, "vowel": vowel}

    def _vowel(self, sound: np.ndarray) -> np.ndarray:
        from scipy.signal import lfilter

        out = np.zeros_like(sound)
        for hz, width_hz in zip(self.formants_hz, (90, 130, 200), strict=True):
            radius = np.exp(-np.pi * width_hz / RATE)
            out += lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE), radius**2], sound)
        return out

    def _swept(self, sound: np.ndarray) -> np.ndarray:
        from scipy.signal import butter, sosfilt

        if not self.sweeps_per_s:
            return sound
        low, high = self.sweep_hz
        out, state = np.empty_like(sound), np.zeros((1, 2, 2))
        for start in range(0, sound.shape[1], _BLOCK):
            turn = 0.5 + 0.5 * np.sin(2 * np.pi * self.sweeps_per_s * start / RATE)
            sections = butter(2, low * (high / low) ** turn, fs=RATE, output="sos")
            out[:, start : start + _BLOCK], state = sosfilt(sections, sound[:, start : start + _BLOCK], zi=state)
        return out
