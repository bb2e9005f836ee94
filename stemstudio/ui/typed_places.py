"""Times and frequencies as a person types and reads them."""

from __future__ import annotations

import math
import re

_NOTE = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?\d)")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHIFTS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_HERTZ = re.compile(r"([\d.]+)\s*(k?)\s*(?:hz)?", re.IGNORECASE)


def typed_seconds(text: str) -> float | None:
    """Seconds meant by ``62.3``, ``62.3 s``, ``1:02.3`` or ``1:00:02``; None if it is no time."""
    parts = text.replace(",", ".").strip().removesuffix("s").strip().split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    if len(numbers) > 3 or not all(math.isfinite(number) and number >= 0 for number in numbers):
        return None
    seconds = 0.0
    for number in numbers:
        seconds = 60 * seconds + number
    return seconds


def hertz_text(hertz: float) -> str:
    """``440 Hz`` or ``2.40 kHz``."""
    if hertz < 1000:
        return f"{hertz:.1f} Hz"
    return f"{hertz / 1000:.3f} kHz" if hertz < 10_000 else f"{hertz / 1000:.2f} kHz"


def typed_hertz(text: str) -> float | None:
    """Frequency meant by ``440``, ``440 Hz``, ``2.4k``, ``2.4 kHz`` or a note such as ``A4``; None if it is none."""
    text = text.replace(",", ".").strip()
    note = _NOTE.fullmatch(text)
    if note:
        letter, shift, octave = note.groups()
        semitones = _SEMITONES[letter.upper()] + _SHIFTS[shift] + 12 * int(octave)
        return 440.0 * 2 ** ((semitones - 57) / 12)
    number = _HERTZ.fullmatch(text)
    if number is None:
        return None
    try:
        return float(number.group(1)) * (1000 if number.group(2) else 1)
    except ValueError:
        return None
