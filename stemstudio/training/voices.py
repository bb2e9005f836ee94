"""Singing made from recorded vowels, from recorded song and from a speech synthesiser.

The pitch is moved with the formants kept (Rubber Band through pedalboard), along a melody with glides and vibrato.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.errors import NotReady
from stemstudio.training.instruments import RATE
from stemstudio.training.score import Note

_WORDS = (
    "love", "you", "baby", "away", "tonight", "never", "feel", "the", "light", "all",
    "my", "heart", "falling", "higher", "run", "with", "me", "hold", "on", "forever",
    "dream", "wait", "again", "home", "fire", "water", "sky", "shadows", "dancing", "alone",
    "together", "breathe", "every", "time", "I", "say", "your", "name", "oh", "yeah",
    "nobody", "knows", "where", "we", "go", "under", "silver", "moon", "waiting", "for",
    "morning", "stay", "close", "lost", "and", "found", "remember", "this", "sound",
)  # fmt: skip
_SPEAKERS = (
    "en+f1", "en+f2", "en+f3", "en+f4", "en+f5", "en+m1", "en+m3", "en+m5",
    "en+m7", "en+Alicia", "en+Andrea", "en+Adam", "de+f2", "es+f1", "fr-fr+m3", "it+f4",
)  # fmt: skip


def shift(sound: Samples, semitones: float | np.ndarray, speed: float = 1.0) -> Samples:
    """Move the pitch by `semitones` (a number, or one per frame) and the tempo by `speed`, formants kept."""
    import pedalboard

    moved = pedalboard.time_stretch(sound, RATE, speed, semitones, preserve_formants=True, high_quality=False)
    return np.asarray(moved, np.float32)


def restyle(rng: np.random.Generator, sound: Samples) -> Samples:
    """Another singer from the same recording: pitch up to five semitones away, tempo up to 15 % away."""
    semitones = float(rng.choice([-1, 1]) * rng.uniform(1.0, 5.0))
    return shift(sound, semitones, float(np.exp(rng.uniform(-0.15, 0.15))))


def _vibrato(rng: np.random.Generator, frames: int) -> np.ndarray:
    time = np.arange(frames) / RATE
    depth, rate, onset = rng.uniform(0.1, 0.5), rng.uniform(4.5, 6.5), rng.uniform(0.15, 0.5)
    scoop = -rng.uniform(0, 1.5) * np.exp(-time / 0.06)
    return depth * np.clip((time - onset) / 0.3, 0, 1) * np.sin(2 * np.pi * rate * time) + scoop


def _faded(sound: Samples, frames: int) -> Samples:
    sound = sound[:, :frames].copy()
    edge = min(int(0.03 * RATE), sound.shape[1] // 2)
    if edge:
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        sound[:, :edge] *= ramp
        sound[:, -edge:] *= ramp[::-1]
    return sound


def sing_vowels(
    rng: np.random.Generator, vowels: Mapping[int, Sequence[Samples]], melody: Sequence[Note], frames: int
) -> Samples:
    """Sing `melody` on the recorded vowels (by MIDI pitch) that lie nearest: float32 (2, frames)."""
    out = np.zeros((2, frames), np.float32)
    pitches = np.array(sorted(vowels))
    centre = float(np.median([note.pitch for note in melody]))
    shift_all = 12 * round((float(np.median(pitches)) + rng.uniform(-8, 8) - centre) / 12)
    for note in melody:
        pitch, start = note.pitch + shift_all, int(note.start_s * RATE)
        source = int(pitches[np.argmin(np.abs(pitches - pitch))])
        takes = vowels[source]
        raw = takes[int(rng.integers(len(takes)))][:, : int(note.seconds * RATE) + 2048]
        if start >= frames or raw.shape[1] < 4096:
            continue
        sung = shift(raw, np.clip(pitch - source, -9, 9) + _vibrato(rng, raw.shape[1]))
        sung = _faded(sung, min(int(note.seconds * RATE), frames - start))
        out[:, start : start + sung.shape[1]] += sung * np.float32(note.velocity)
    return out


def _speak(text: str, speaker: str, pitch: int) -> Samples:
    import soundfile
    import soxr

    program = shutil.which("espeak-ng")
    if program is None:
        raise NotReady("espeak-ng is not installed.", "Install it from your system's packages.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "word.wav")
        markup = f'<speak><prosody range="0">{text}</prosody></speak>'
        subprocess.run(  # noqa: S603 - fixed program, own text
            [program, "-m", "-v", speaker, "-p", str(pitch), "-s", "130", "-w", str(path), markup],
            check=True,
            capture_output=True,
        )
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(samples[:, 0], rate, RATE)
    loud = np.flatnonzero(np.abs(mono) > 0.02)
    if loud.size:
        mono = mono[loud[0] : loud[-1]]
    return np.repeat(mono[None], 2, 0).astype(np.float32)


def sing_words(rng: np.random.Generator, melody: Sequence[Note], frames: int) -> Samples:
    """Sing `melody` with synthesised words, one a note: float32 (2, frames)."""
    out = np.zeros((2, frames), np.float32)
    speaker, pitch = str(rng.choice(_SPEAKERS)), int(rng.integers(25, 75))
    centre = float(np.median([note.pitch for note in melody]))
    for note in melody:
        start = int(note.start_s * RATE)
        spoken = _speak(str(rng.choice(_WORDS)), speaker, pitch)
        wanted = min(int(note.seconds * RATE), frames - start)
        if wanted < 4096 or spoken.shape[1] < 4096:
            continue
        speed = float(np.clip(spoken.shape[1] / wanted, 0.3, 1.6))
        sung = shift(spoken, note.pitch - centre + _vibrato(rng, spoken.shape[1]), speed)
        sung = _faded(sung, wanted)
        out[:, start : start + sung.shape[1]] += sung * np.float32(note.velocity)
    return out
