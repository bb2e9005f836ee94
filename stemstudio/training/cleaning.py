"""What is wrong with a collection of stems: silence where sound is promised, and one stem's sound in another.

Bleed is found where it can be heard alone: in the moments in which a stem rests while another one plays. There the
cross-spectrum of the two, averaged over the moments, tells how much of the resting stem is a filtered copy of the
playing one (magnitude-squared coherence; Bendat and Piersol, 1971), and how loud that copy is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from itertools import permutations
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.material import Clip

_N_FFT = 4096
_REST_DB = -30.0
_MOMENTS = 40
"""At least so many frames of rest: the coherence of unrelated sounds is one over their number."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: `kind` is ``silent``, ``mostly silent`` or ``bleed``, `level_db` what it is about, in words."""

    song: str
    stem: str
    kind: str
    level_db: float
    words: str


def _frames(samples: Samples) -> np.ndarray:
    """Spectra of the middle, half overlapped: complex64 (frames, bins)."""
    middle = samples.mean(0)
    count = max(0, (middle.size - _N_FFT) // (_N_FFT // 2) + 1)
    cut = (
        np.lib.stride_tricks.sliding_window_view(middle, _N_FFT)[:: _N_FFT // 2][:count]
        if count
        else np.zeros((0, _N_FFT))
    )
    return np.fft.rfft(cut * np.hanning(_N_FFT).astype(np.float32)).astype(np.complex64)


def _decibels(power: float) -> float:
    return float(10 * np.log10(max(power, 1e-20)))


def bleed(resting: np.ndarray, playing: np.ndarray) -> tuple[float, float] | None:
    """Coherence (0 to 1) and level in dB of the copy of `playing` in `resting`, both spectra (frames, bins).

    None where the one never rests while the other plays.
    """
    rest, play = (np.square(np.abs(x)).sum(1) for x in (resting, playing))
    quiet = rest < rest.max() * 10 ** (_REST_DB / 10)
    loud = play > play.max() * 10 ** (-20 / 10)
    moments = quiet & loud & (rest > 0)
    if moments.sum() < _MOMENTS:
        return None
    a, b = resting[moments], playing[moments]
    cross = np.abs((a * b.conj()).mean(0)) ** 2
    power_a, power_b = np.square(np.abs(a)).mean(0), np.square(np.abs(b)).mean(0)
    explained = cross / np.maximum(power_b, 1e-20)
    return float(explained.sum() / max(power_a.sum(), 1e-20)), _decibels(explained.sum() / max(power_b.sum(), 1e-20))


def inspect(song: str, stems: dict[str, Clip], *, coherence: float = 0.3, audible_db: float = -60.0) -> list[Finding]:
    """Look through one song's stems; bleed counts from `coherence` and `audible_db` against the bleeding stem."""
    found = []
    spectra = {}
    for stem, clip in stems.items():
        samples = clip.read(0, clip.data.shape[1])
        level = _decibels(float(np.mean(np.square(samples))) if samples.size else 0.0)
        active = float((clip.active > 0.05).mean())
        if level < -80:
            found.append(Finding(song, stem, "silent", level, "There is no sound in it."))
            continue
        if active < 0.05:
            found.append(Finding(song, stem, "mostly silent", level, f"It sounds in {active:.0%} of its length."))
        spectra[stem] = _frames(samples)
    for resting, playing in permutations(spectra, 2):
        count = min(len(spectra[resting]), len(spectra[playing]))
        measured = bleed(spectra[resting][:count], spectra[playing][:count])
        if measured and measured[0] > coherence and measured[1] > audible_db:
            words = f"While it rests, {playing} is in it ({measured[0]:.0%} of what is left)."
            found.append(Finding(song, resting, "bleed", measured[1], words))
    return found


def write_report(path: Path, findings: Iterable[Finding]) -> None:
    """Write findings as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Finding)])
        writer.writerows(astuple(finding) for finding in findings)
