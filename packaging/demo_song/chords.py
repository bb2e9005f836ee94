"""What carries the harmony: a wide pad, an electric piano, and a plucked arpeggio that wanders left and right."""

from __future__ import annotations

import numpy as np
from scipy import signal

from score import CHORDS, CHORUS_BEAT, END_BEAT, SAMPLE_RATE, Chord, hertz, seconds
from space import Audio, add, harmonic_tone, pan, ping_pong, reverb, saw_amplitudes, silence

_ARPEGGIO = (0, 2, 1, 3, 2, 1, 3, 2)
_COMP = ((0.0, 0.9, 0.8), (1.5, 0.45, 0.6), (2.75, 1.0, 0.65))
"""The piano's (beat, beats, loudness) in a bar of four."""


def _fade(length: int, attack_s: float, release_s: float) -> Audio:
    t = np.arange(length) / SAMPLE_RATE
    left = length / SAMPLE_RATE - t
    return np.sin(np.pi / 2 * np.clip(np.minimum(t / attack_s, left / release_s), 0, 1)) ** 2


def _pad(rng: np.random.Generator) -> Audio:
    bus = silence()
    for chord in CHORDS:
        length = round((chord.beats * 0.6 + (0.9 if chord.start < END_BEAT else 0.0)) * SAMPLE_RATE)
        t = np.arange(length) / SAMPLE_RATE
        envelope = _fade(length, 0.35, 0.9 if chord.start < END_BEAT else 0.6)
        bright = 2200 if chord.start < CHORUS_BEAT else 3500
        for note in chord.voices:
            for cents, position in ((-7, -0.9), (1, 0.0), (8, 0.9)):
                drift = 1 + 0.0012 * np.sin(2 * np.pi * (rng.uniform(0.2, 0.5) * t + rng.random()))
                frequency = hertz(note + cents / 100) * drift
                tone = harmonic_tone(frequency, saw_amplitudes(hertz(note), bright), rng.random())
                add(bus, pan(tone * envelope, position), seconds(chord.start) - 0.06)
    return bus


def _piano_note(note: int, length_s: float, loud: float) -> Audio:
    """Return two frequency-modulated pairs, bark and tine (Chowning, 1973)."""
    t = np.arange(round((length_s + 0.25) * SAMPLE_RATE)) / SAMPLE_RATE
    f = hertz(note)
    bark = np.sin(2 * np.pi * f * t + 1.6 * loud * np.exp(-t / 0.5) * np.sin(2 * np.pi * f * t))
    tine = np.sin(2 * np.pi * f * t + 0.9 * loud * np.exp(-t / 0.1) * np.sin(2 * np.pi * 14 * f * t))
    release = np.clip((length_s - t) / 0.2 + 1, 0, 1)
    return (bark + 0.5 * tine) * np.exp(-t / 1.1) * release**2 * np.minimum(1, t / 0.002) * loud


def _piano(rng: np.random.Generator) -> Audio:
    bus = silence()
    for chord in CHORDS:
        comp = [part for part in _COMP if part[0] < chord.beats] if chord.start < END_BEAT else [(0.0, 2.0, 1.0)]
        for at, beats, loud in comp:
            for spread, note in enumerate(chord.voices):
                sound = _piano_note(note, beats * 0.6, loud * rng.normal(1, 0.06))
                add(bus, pan(sound, -0.25), seconds(chord.start + at) + 0.006 * spread + rng.normal(0, 0.002))
    t = np.arange(bus.shape[1]) / SAMPLE_RATE
    tremolo = 0.3 * np.sin(2 * np.pi * 3.33 * t)
    return bus * np.stack([1 + tremolo, 1 - tremolo])


def _pluck(rng: np.random.Generator, note: float, loud: float) -> Audio:
    """Return a plucked string (Karplus & Strong, 1983), tuned by interpolation in its loop."""
    period = SAMPLE_RATE / hertz(note) - 0.5  # the loop's own average delays by half a sample
    whole, part = int(period), period % 1.0
    length = round(1.3 * SAMPLE_RATE)
    burst = np.zeros(length)
    burst[:whole] = rng.uniform(-1, 1, whole)
    softer = signal.butter(1, 2500 + 8000 * loud, fs=SAMPLE_RATE, output="sos")
    burst = signal.sosfilt(softer, burst)
    burst[whole:] = 0
    loop = np.zeros(whole + 3)
    loop[0] = 1
    kept = 0.996
    loop[whole : whole + 3] -= kept * np.array([0.5 * (1 - part), 0.5, 0.5 * part])
    return signal.lfilter([1.0], loop, burst) * loud * _fade(length, 0.001, 0.3)


def _arpeggio(rng: np.random.Generator) -> Audio:
    bus = silence()
    for chord in CHORDS:
        if chord.start >= END_BEAT:
            steps = [(0.06 * i, note + 12) for i, note in enumerate(chord.voices)]
        else:
            steps = [(i / 2, _step(chord, i)) for i in range(int(chord.beats * 2))]
            if chord.start >= CHORUS_BEAT:
                steps += [(i / 2 + 0.25, _step(chord, i + 3) + 12) for i in range(int(chord.beats * 2))]
        for index, (at, note) in enumerate(steps):
            loud = 0.75 if index % 2 else 0.95
            side = 0.65 if index % 2 else -0.65
            add(bus, pan(_pluck(rng, note, loud * rng.normal(1, 0.07)), side), seconds(chord.start + at))
    return bus


def _step(chord: Chord, index: int) -> int:
    return chord.voices[_ARPEGGIO[index % len(_ARPEGGIO)]] + 12


def play(rng: np.random.Generator) -> Audio:
    """Play pad, piano and arpeggio with their rooms: shape (2, frames)."""
    pad, piano, arpeggio = 0.030 * _pad(rng), 0.085 * _piano(rng), 0.30 * _arpeggio(rng)
    echoes = ping_pong(arpeggio, beats=0.75, feedback=0.45, low_pass_hz=4500)
    sent = 0.5 * pad + 0.6 * piano + 0.9 * arpeggio + 0.6 * echoes
    wet = reverb(sent, rng, seconds=1.9, pre_delay_s=0.025, bright_hz=8000)
    low = signal.butter(2, 130, "highpass", fs=SAMPLE_RATE, output="sos")
    return signal.sosfilt(low, pad + piano + arpeggio + echoes + 0.55 * wet)
