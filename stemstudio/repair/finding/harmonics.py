"""A note and its partials, from one click on any of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stemstudio.core.source import Source
from stemstudio.repair.extent import Axis
from stemstudio.repair.finding.comb import Comb, Levels
from stemstudio.repair.selection import Selection

_LOWEST_HZ = 40.0
_MOST_TEETH = 8
"""Partials that tell the fundamental; higher ones are weak and smeared by vibrato."""
_HIGHEST_TOOTH_HZ = 4000.0
_LONGEST_S = 10.0
_LEAST_HALF_WIDTH_HZ = 35.0
_WINDOW_S = 0.046
_GAP_S = 0.04
"""How long a note may be lost before it counts as ended."""
_DECAY_DB = 36.0
_LEAST_SCORE_DB, _LEAST_CONTRAST_DB = 1.0, 4.0
"""Of a click, which may fall into a glide, and of a note that is followed."""
_LEAST_SHARE, _MEMORY = 0.3, 30
"""Of the contrast that a note has had over so many steps."""
_LEAST_PARTIAL_DB = 6.0
_STRIDE_SEMITONES_PER_S = 60.0
"""Steeper than a wide vibrato (a semitone either way at 7 Hz moves by 44), less than a jump to the next note."""


@dataclass(frozen=True, slots=True)
class _Note:
    """Fundamental frame by frame; `frames` and `hertz` are (n,), ascending in time."""

    frames: Axis
    hertz: Axis
    levels: list[Levels]


def harmonics(
    source: Source, frame: float, hertz: float, partials: int = 30, width_semitones: float = 0.4
) -> Selection:
    """Select the partials of the note that sounds at a place, from its start to its end.

    The fundamental is the lowest one of which the clicked tone is a multiple and whose multiples stand out as clearly
    as those of any other. It is followed from spectrum to spectrum, both ways, until its comb of partials sinks 36 dB
    under its loudest or into its surroundings for 40 ms, at most 10 s.

    Parameters
    ----------
    source : Source
    frame, hertz : float
        Where it was clicked: any partial.
    partials : int
        How many, at most; such as do not sound are left out.
    width_semitones : float
        Width of each ribbon, to which comes what the pitch moves within a usual window. None is narrower than 70 Hz, as
        a usual transform shows a tone, and none wider than half the distance of two.

    Returns
    -------
    Selection
        Empty if there is no tone.
    """
    rate = source.sample_rate
    if not (0 <= frame < source.frames and _LOWEST_HZ / 2 <= hertz < rate / 2):
        return Selection(rate)
    fundamental = _fundamental(source, frame, hertz)
    if fundamental is None:
        return Selection(rate)
    comb = Comb.resolving(source, fundamental)
    note = _followed(comb, source, frame, fundamental)
    if len(note.frames) < 2:
        return Selection(rate)
    moving = _moving(note, round(_WINDOW_S / 2 * rate / comb.hop))
    lines = []
    for number in range(1, partials + 1):
        centre = note.hertz * number
        if centre.max() > rate / 2 - comb.lobe_hz:
            break
        stretch = _stretch(comb, note, number)
        if stretch is not None:
            half = np.maximum(centre * (2 ** (width_semitones / 24) - 1), _LEAST_HALF_WIDTH_HZ) + moving * number
            lines.append(list(zip(note.frames, centre * stretch, np.minimum(half, note.hertz / 4), strict=True)))
    return Selection.tracks(rate, lines)


def _fundamental(source: Source, frame: float, hertz: float) -> float | None:
    """Fundamental of the tone nearest to `hertz`, None where there is none."""
    scored: list[tuple[float, float]] = []
    for divisor in range(1, 11):
        guess = hertz / divisor
        if guess < _LOWEST_HZ:
            break
        comb = Comb.resolving(source, guess)
        levels = comb.levels(frame, 1)[0]
        tone = comb.peak(levels, hertz, max(0.06 * hertz, 1.5 * comb.lobe_hz))
        candidate = tone / divisor
        contrast = comb.contrast(levels, np.array([candidate]), _teeth(candidate, source.sample_rate))[0]
        scored.append((float(np.clip(contrast, -12, 18).mean()), candidate))
    best = max((score for score, _ in scored), default=0.0)
    # A lower fundamental explains the partials of a higher one too, so it is the one unless its own are missing.
    return min((candidate for score, candidate in scored if score >= max(_LEAST_SCORE_DB, 0.85 * best)), default=None)


def _teeth(fundamental: float, sample_rate: int) -> int:
    top = min(_HIGHEST_TOOTH_HZ, sample_rate / 2.2)
    return min(max(int(top / fundamental), 1), _MOST_TEETH)


def _followed(comb: Comb, source: Source, frame: float, fundamental: float) -> _Note:
    """Follow a fundamental both ways."""
    later = _walk(comb, source, frame, fundamental, backwards=False)
    earlier = _walk(comb, source, frame, fundamental, backwards=True)
    # Both start at the click.
    tracked = earlier[:0:-1] + later
    frames = np.array([each[0] for each in tracked], float)
    return _Note(frames, _smooth(np.array([each[1] for each in tracked], float)), [each[2] for each in tracked])


def _walk(
    comb: Comb, source: Source, frame: float, fundamental: float, *, backwards: bool
) -> list[tuple[float, float, Levels]]:
    """Frame, fundamental and levels, hop by hop, until the note ends."""
    rate, block = source.sample_rate, 64
    step = -comb.hop if backwards else comb.hop
    stride = 2 ** (_STRIDE_SEMITONES_PER_S * comb.hop / rate / 12)
    teeth = _teeth(fundamental, rate)
    patience = max(round(_GAP_S * rate / comb.hop), 2)
    kept: list[tuple[float, float, Levels]] = []
    alive, loudest, usual = 0, -math.inf, 0.0
    for k in range(int(_LONGEST_S * rate / comb.hop)):
        if k % block == 0:
            levels = comb.levels(frame + k * step, block, backwards)
        here = levels[k % block]
        found, contrast, level = _nearest(comb, here, fundamental, stride, teeth)
        loudest = max(loudest, level)
        # Some partials of the next note meet the comb of this one, but never all of them.
        if contrast >= max(_LEAST_CONTRAST_DB, _LEAST_SHARE * usual) and level > loudest - _DECAY_DB:
            fundamental, alive = found, k + 1
            usual += (contrast - usual) / min(alive, _MEMORY)
        elif k + 1 - alive > patience:
            break
        kept.append((frame + k * step, fundamental, here))
    return kept[:alive]


def _nearest(comb: Comb, levels: Levels, fundamental: float, stride: float, teeth: int) -> tuple[float, float, float]:
    """Fundamental near the last one whose comb stands out most; its mean contrast and its level, in dB."""
    candidates = fundamental * stride ** np.linspace(-1, 1, 21)
    contrast = np.clip(comb.contrast(levels, candidates, teeth), -12, 30)
    number = np.arange(1, teeth + 1)
    on = comb.read(levels, candidates[:, None] * number)
    # Loud partials say more, but weak ones say it more exactly.
    weight = np.maximum(on - on.max() + 40, 0)
    score = (contrast * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9) + 0.5 * on.mean(axis=1)
    best = int(np.argmax(score))
    found = float(candidates[best])
    if 0 < best < len(candidates) - 1:
        left, here, right = score[best - 1 : best + 2]
        curve = left - 2 * here + right
        if curve < 0:
            found *= float(stride ** (0.1 * 0.5 * (left - right) / curve))
    level = float(10 * np.log10(np.power(10, on[best] / 10).mean()))
    return found, float(contrast[best].mean()), level


def _smooth(hertz: Axis) -> Axis:
    """Three-point median: single wrong steps vanish, vibrato stays."""
    if len(hertz) < 3:
        return hertz
    padded = np.pad(hertz, 1, mode="edge")
    smooth: Axis = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    return smooth


def _moving(note: _Note, reach: int) -> Axis:
    """Half of the range of the fundamental in the middle of a window of that reach, (n,): its ends weigh little."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    size = 2 * reach + 1
    moving: Axis = (maximum_filter1d(note.hertz, size) - minimum_filter1d(note.hertz, size)) / 4
    return moving


def _stretch(comb: Comb, note: _Note, number: int) -> float | None:
    """How much higher than `number` fundamentals a partial truly is (stiff strings); None if it does not sound."""
    picked = range(0, len(note.frames), max(len(note.frames) // 24, 1))
    ratios, contrasts = [], []
    for k in picked:
        centre = float(note.hertz[k]) * number
        ratios.append(comb.peak(note.levels[k], centre, min(0.03 * centre, float(note.hertz[k]) / 4)) / centre)
        at = np.array([ratios[-1] * centre, centre - note.hertz[k] / 2, centre + note.hertz[k] / 2])
        on, below, above = comb.read(note.levels[k], at)
        contrasts.append(on - max(below, above))
    return float(np.median(ratios)) if np.median(contrasts) >= _LEAST_PARTIAL_DB else None
