"""The sounds of speech, as what the mouth and the larynx do for each.

Vowels have the first three formants of women's speech (Peterson & Barney, 1952, table II); consonants have typical
loci and noise bands (Klatt, 1980, table III, raised to the same voice).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A steady posture.

    Parameters
    ----------
    formants_hz : tuple of float
        The first three.
    seconds : float
        How long it lasts; 0 for a vowel, which takes what the note leaves.
    voice, breath, noise : float
        Levels of the vibrating larynx, of breath through it, and of noise made in the mouth.
    noise_hz, noise_octaves : float
        Centre and width of that noise.
    """

    formants_hz: tuple[float, float, float]
    seconds: float = 0.0
    voice: float = 1.0
    breath: float = 0.0
    noise: float = 0.0
    noise_hz: float = 4000.0
    noise_octaves: float = 0.5


_VOWELS: dict[str, tuple[float, float, float]] = {
    "IY": (310, 2790, 3310),
    "IH": (430, 2480, 3070),
    "EH": (610, 2330, 2990),
    "AE": (860, 2050, 2850),
    "AA": (850, 1220, 2810),
    "AO": (590, 920, 2710),
    "OW": (540, 960, 2700),
    "UH": (470, 1160, 2680),
    "UW": (370, 950, 2670),
    "AH": (760, 1400, 2780),
    "ER": (500, 1640, 1960),
}


def _voiced(
    formants_hz: tuple[float, float, float], seconds: float, voice: float, **rest: float
) -> tuple[Segment, ...]:
    return (Segment(formants_hz, seconds, voice, **rest),)


def _hiss(formants_hz: tuple[float, float, float], seconds: float, **rest: float) -> tuple[Segment, ...]:
    return (Segment(formants_hz, seconds, 0.0, **rest),)


def _stop(
    formants_hz: tuple[float, float, float], burst_hz: float, *, voice: float, breath: float, noise: float
) -> tuple[Segment, ...]:
    """Return closure, burst, and the breath until the larynx starts again."""
    shut = Segment((250, formants_hz[1], formants_hz[2]), 0.035, voice)
    burst = Segment(formants_hz, 0.014, voice, 0.0, noise, burst_hz, 0.6)
    after = Segment(formants_hz, 0.028 if breath else 0.005, voice, breath)
    return (shut, burst, after)


_CONSONANTS: dict[str, tuple[Segment, ...]] = {
    "M": _voiced((290, 1100, 2250), 0.065, 0.24),
    "N": _voiced((290, 1750, 2700), 0.06, 0.24),
    "NG": _voiced((290, 2250, 2700), 0.075, 0.24),
    "L": _voiced((370, 1150, 3000), 0.06, 0.5),
    "R": _voiced((400, 1250, 1750), 0.065, 0.55),
    "W": _voiced((330, 720, 2450), 0.065, 0.45),
    "V": _voiced((280, 1250, 2350), 0.055, 0.3, noise=0.12, noise_hz=6000, noise_octaves=1.2),
    "DH": _voiced((300, 1450, 2700), 0.045, 0.35, noise=0.09, noise_hz=6000, noise_octaves=1.2),
    "Z": _voiced((310, 1750, 2850), 0.07, 0.2, noise=0.45, noise_hz=7600, noise_octaves=0.45),
    "S": _hiss((330, 1750, 2850), 0.105, noise=0.8, noise_hz=7600, noise_octaves=0.42),
    "F": _hiss((330, 1250, 2350), 0.085, noise=0.28, noise_hz=6500, noise_octaves=1.3),
    "B": _stop((320, 1000, 2350), 900, voice=0.14, breath=0, noise=0.4),
    "D": _stop((320, 1950, 3000), 4200, voice=0.14, breath=0, noise=0.45),
    "P": _stop((350, 1100, 2400), 1100, voice=0.0, breath=0.5, noise=0.5),
    "T": _stop((350, 1950, 3000), 4800, voice=0.0, breath=0.5, noise=0.9),
    "K": _stop((350, 2000, 2700), 2300, voice=0.0, breath=0.5, noise=0.8),
}


def is_vowel(sound: str) -> bool:
    """Whether a note can be held on `sound`."""
    return sound in _VOWELS


def segments(sound: str) -> tuple[Segment, ...]:
    """Return what a sound consists of, in order."""
    if is_vowel(sound):
        return (Segment(_VOWELS[sound]),)
    return _CONSONANTS[sound]
