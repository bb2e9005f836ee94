"""From the words and notes of the score to what a singer's body does, as curves over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import signal

from phones import Segment, is_vowel, segments
from score import BEAT_S, CHORUS_BEAT, FRAMES, PHRASES, SAMPLE_RATE, Syllable, third_below
from space import Audio

STEP = 64
"""A posture is computed every 64 samples."""
_RATE = SAMPLE_RATE / STEP
_STEPS = FRAMES // STEP + 2
_BREATH = Segment((700, 1500, 2600), 0.24, voice=0.0, breath=0.09)


@dataclass
class Performance:
    """Curves over control steps; `formants_hz` has shape (3, steps)."""

    formants_hz: Audio
    voice: Audio
    breath: Audio
    noise: Audio
    noise_hz: Audio
    noise_octaves: Audio
    note: Audio
    """MIDI note number with glides, vibrato and unsteadiness."""
    effort: Audio
    """0 is sung softly, 1 with full voice."""


def perform(rng: np.random.Generator, *, loose_s: float, chorus_only: bool = False, drop: bool = False) -> Performance:
    """Sing the song once.

    Parameters
    ----------
    rng : numpy.random.Generator
    loose_s : float
        Standard deviation of the timing.
    chorus_only : bool
        Whether the verse is left out.
    drop : bool
        Whether the second voice, a third below, is sung.
    """
    phrases = [phrase for phrase in PHRASES if not chorus_only or phrase[0].start >= CHORUS_BEAT]
    syllables = [syllable for phrase in phrases for syllable in phrase]
    late_s = dict(zip(syllables, rng.normal(0, loose_s, len(syllables)), strict=True))
    performance = _pronounce(phrases, late_s)
    performance.note, performance.effort = _intone(rng, phrases, late_s, drop=drop)
    return performance


def _smooth(curve: Audio, width_s: float) -> Audio:
    window = signal.windows.hann(2 * round(width_s * _RATE) + 1)
    return np.convolve(np.pad(curve, len(window) // 2, "edge"), window / window.sum(), "valid")


def _pronounce(phrases: list[tuple[Syllable, ...]], late_s: dict[Syllable, float]) -> Performance:
    formants = np.tile([[500.0], [1500.0], [2700.0]], _STEPS)
    voice, breath, noise = np.zeros((3, _STEPS))
    noise_hz, noise_octaves = np.full(_STEPS, 4000.0), np.full(_STEPS, 0.5)
    for start_s, end_s, segment in _timeline(phrases, late_s):
        first, last = max(round(start_s * _RATE), 0), max(round(end_s * _RATE), 0)
        formants[:, first:] = np.array(segment.formants_hz)[:, None]  # they stay until the next sound
        voice[first:last], breath[first:last], noise[first:last] = segment.voice, segment.breath, segment.noise
        noise_hz[first:], noise_octaves[first:] = segment.noise_hz, segment.noise_octaves
    formants = np.stack([_smooth(curve, 0.028) for curve in formants])
    unsung = np.zeros(_STEPS)
    return Performance(
        formants,
        _smooth(voice, 0.016),
        _smooth(breath, 0.014),
        _smooth(noise, 0.007),
        noise_hz,
        noise_octaves,
        unsung,
        unsung,
    )


def _timeline(
    phrases: list[tuple[Syllable, ...]], late_s: dict[Syllable, float]
) -> Iterator[tuple[float, float, Segment]]:
    """Sounds in order of time: vowels begin on the beat, consonants stand before it."""
    for phrase in phrases:
        starts = [syllable.start * BEAT_S + late_s[syllable] for syllable in phrase]
        onsets = [_split(syllable)[0] for syllable in phrase]
        inhale_end = starts[0] - _seconds(onsets[0]) - 0.05
        yield inhale_end - _BREATH.seconds, inhale_end, _BREATH
        for index, syllable in enumerate(phrase):
            end = syllable.end * BEAT_S
            if index + 1 < len(phrase):
                end = min(end, starts[index + 1] - _seconds(onsets[index + 1]))
            yield from _syllable(syllable, starts[index], end)


def _syllable(syllable: Syllable, start_s: float, end_s: float) -> Iterator[tuple[float, float, Segment]]:
    before, vowels, after = _split(syllable)
    yield from _in_a_row(start_s - _seconds(before), before)
    room = 0.5 * (end_s - start_s)
    if _seconds(after) > room:  # a short note leaves its last consonants little time
        after = [replace(each, seconds=each.seconds * room / _seconds(after)) for each in after]
    turn = vowels_end = end_s - _seconds(after)
    if len(vowels) == 2:  # a diphthong turns late
        turn -= min(0.18, 0.45 * (vowels_end - start_s))
    yield start_s, turn, vowels[0]
    if len(vowels) == 2:
        yield turn, vowels_end, vowels[1]
    yield from _in_a_row(vowels_end, after)


def _in_a_row(start_s: float, row: list[Segment]) -> Iterator[tuple[float, float, Segment]]:
    for segment in row:
        yield start_s, start_s + segment.seconds, segment
        start_s += segment.seconds


def _seconds(row: list[Segment]) -> float:
    return sum(segment.seconds for segment in row)


def _split(syllable: Syllable) -> tuple[list[Segment], list[Segment], list[Segment]]:
    """Segments before the vowels, one or two vowels, segments after them."""
    sounds = syllable.sounds.split()
    first = next(i for i, sound in enumerate(sounds) if is_vowel(sound))
    last = next((i for i in range(first, len(sounds)) if not is_vowel(sounds[i])), len(sounds))
    parts = sounds[:first], sounds[first:last], sounds[last:]
    before, vowels, after = ([segment for sound in part for segment in segments(sound)] for part in parts)
    return before, vowels, after


def _intone(
    rng: np.random.Generator, phrases: list[tuple[Syllable, ...]], late_s: dict[Syllable, float], *, drop: bool
) -> tuple[Audio, Audio]:
    """Pitch as MIDI note numbers, and effort."""
    t = np.arange(_STEPS) / _RATE
    note, vibrato, effort = np.full(_STEPS, 62.0), np.zeros(_STEPS), np.full(_STEPS, 0.5)
    for phrase in phrases:
        scoop = True
        for syllable in phrase:
            for beat, beats, sung in syllable.notes:
                start, length = beat * BEAT_S + late_s[syllable] - 0.03, beats * BEAT_S
                first = max(round((start - (0.3 if scoop else 0)) * _RATE), 0)
                note[first:] = sung_note = float(third_below(sung) if drop else sung)
                if scoop:
                    note[first : round((start + 0.05) * _RATE)] = sung_note - 1.6
                scoop = False
                swell = np.clip((t - start - 0.22) / 0.45, 0, 1) if length > 0.5 else np.zeros(_STEPS)
                here = (t >= start) & (t < start + length + 0.2)
                vibrato[here] = swell[here]
                full = 0.45 if beat < CHORUS_BEAT else 0.75
                fading = np.clip((start + length - t) / 0.5, 0, 1)
                effort[here] = full + (0.01 * (sung - 66)) - 0.35 * (1 - fading[here]) * (length > 0.5)
    rate_hz = 5.3 + 0.35 * _wander(rng, 0.5)
    wave = np.sin(2 * np.pi * np.cumsum(rate_hz) / _RATE + rng.uniform(0, 6))
    note = _smooth(note, 0.05) + 0.38 * _smooth(vibrato, 0.05) * wave
    note += 0.07 * _wander(rng, 0.12) + 0.012 * _wander(rng, 0.012)
    return note, np.clip(_smooth(effort, 0.06) + 0.05 * _wander(rng, 0.15), 0, 1)


def _wander(rng: np.random.Generator, slow_s: float) -> Audio:
    """Return noise of unit variance that changes over about `slow_s`."""
    noise = _smooth(rng.standard_normal(_STEPS), 2 * slow_s)
    return noise / noise.std()
