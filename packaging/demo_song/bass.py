"""The bass: one string whose pitch slides, filtered as if plucked."""

from __future__ import annotations

import numpy as np
from scipy import signal

from score import CHORDS, CHORUS_BEAT, END_BEAT, FRAMES, SAMPLE_RATE, Chord, hertz, seconds
from space import Audio

# (beat in the bar, beats, steps above the root, loudness, slide into it)
Line = tuple[tuple[float, float, int, float, bool], ...]
_VERSE: Line = ((0, 0.9, 0, 1, False), (1.5, 0.45, 0, 0.8, False), (2, 0.7, 0, 0.9, False), (2.75, 0.2, 12, 0.6, False))
_CHORUS: Line = (
    (0, 0.7, 0, 1, False),
    (0.75, 0.2, 0, 0.6, False),
    (1, 0.4, 12, 0.8, True),
    (1.5, 0.45, 0, 0.9, False),
    (2, 0.7, 0, 1, False),
    (2.75, 0.2, 7, 0.7, False),
)
_HALF_BAR: Line = ((0, 0.7, 0, 1, False), (0.75, 0.2, 0, 0.6, False), (1, 0.4, 12, 0.8, True), (1.5, 0.4, 7, 0.8, True))
_TOP_HZ = 6000.0


def _notes() -> list[tuple[float, float, float, float, bool]]:
    """Every note as (beat, beats, MIDI note, loudness, slide)."""
    notes = []
    for index, chord in enumerate(CHORDS):
        following = CHORDS[min(index + 1, len(CHORDS) - 1)].root
        if chord.start >= END_BEAT:
            notes.append((chord.start, 1.8, float(chord.root), 1.0, False))
            continue
        notes += [(chord.start + at, n, chord.root + up, loud, slide) for at, n, up, loud, slide in _line(chord)]
        if chord.beats == 4:  # two eighths lead on to the next root, the second one sliding
            towards = following + (2 if following < chord.root else -2)
            notes.append((chord.start + 3, 0.5, float(chord.root + 7), 0.8, False))
            notes.append((chord.start + 3.5, 0.45, float(towards), 0.85, True))
    return notes


def _line(chord: Chord) -> Line:
    if chord.beats < 2:
        return _HALF_BAR[:2]
    if chord.beats == 2:
        return _HALF_BAR
    return _CHORUS if chord.start >= CHORUS_BEAT else _VERSE


def play(rng: np.random.Generator) -> Audio:
    """Play the line: shape (2, frames), both channels alike."""
    note_hz = np.full(FRAMES, hertz(35))
    loudness, brightness = np.zeros(FRAMES), np.zeros(FRAMES)
    before = 0
    for beat, beats, note, loud, slide in _notes():
        start, end = (round((seconds(b)) * SAMPLE_RATE) for b in (beat, beat + beats))
        start = max(start + round(rng.normal(0, 0.002) * SAMPLE_RATE), 0)
        if slide:  # the finger leaves the last fret a little before the beat
            note_hz[max(start - round(0.04 * SAMPLE_RATE), before) :] = hertz(note)
        else:
            note_hz[start:] = hertz(note)
        t = np.arange(FRAMES - start) / SAMPLE_RATE
        held = np.clip((end - start) / SAMPLE_RATE - t, 0, 0.03) / 0.03
        shape = np.minimum(1, t / 0.004) * (0.55 + 0.45 * np.exp(-t / 0.25)) * held
        loudness[start:] = loud * shape
        brightness[start:] = (0.25 + 0.75 * np.exp(-t / 0.11)) * loud * rng.normal(1, 0.08)
        before = start
    glide = signal.windows.hann(round(0.05 * SAMPLE_RATE))
    # Pitch is heard in octaves, so the slide is smoothed in their logarithm.
    note_hz = np.exp2(signal.oaconvolve(np.pad(np.log2(note_hz), len(glide), "edge"), glide / glide.sum(), "same"))
    note_hz = note_hz[len(glide) : len(glide) + FRAMES] * (1 + 0.0006 * np.sin(np.arange(FRAMES) / 9000))
    fade = signal.windows.hann(round(0.004 * SAMPLE_RATE))
    loudness = signal.oaconvolve(loudness, fade / fade.sum(), "same")
    cutoff_hz = 160 + 1300 * signal.oaconvolve(brightness, fade / fade.sum(), "same") ** 1.5
    string = np.tanh(1.5 * _string(note_hz, cutoff_hz) * loudness)
    low = signal.butter(2, 32, "highpass", fs=SAMPLE_RATE, output="sos")
    return np.tile(signal.sosfilt(low, string), (2, 1))


def _string(note_hz: Audio, cutoff_hz: Audio) -> Audio:
    """Harmonics of a saw behind a resonant low-pass of the second order, evaluated harmonic by harmonic."""
    phase = 2 * np.pi * np.cumsum(note_hz) / SAMPLE_RATE
    frames, steps = np.arange(FRAMES), np.arange(0, FRAMES, 64)
    slow_hz, slow_cutoff = note_hz[steps], cutoff_hz[steps]
    out = np.zeros(FRAMES)
    for k in range(1, 61):
        ratio = (k * slow_hz / slow_cutoff) ** 2
        level = 1 / k / np.sqrt((1 - ratio) ** 2 + ratio) * np.clip((_TOP_HZ - k * slow_hz) / 500, 0, 1)
        out += np.sin(k * phase + 0.3 * k) * np.interp(frames, steps, level)
    return out
