"""All scores of a separation in one pass, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.evaluation.bss_eval import BssScores, windowed_scores
from stemstudio.evaluation.si_sdr import ScaleInvariant, from_inner_products, inner_products

SILENT_DBFS = -100.0
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class StemScores:
    """Scores of one stem in dB; nan where one cannot be given.

    ``sdr isr sir sar`` are those of BSS Eval version 4 (medians over windows of a second), ``si_sdr si_sir si_sar`` the
    scale-invariant ones of the whole sound.
    """

    sdr: float
    isr: float
    sir: float
    sar: float
    si_sdr: float
    si_sir: float
    si_sar: float


@dataclass(frozen=True, slots=True)
class SilentStem:
    """A stem whose reference is silent, and the level of what its estimate holds nevertheless, in dBFS."""

    stem: str
    leaked_db: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores by stem, their mean over stems (nan left out), and the stems that are silent."""

    stems: Mapping[str, StemScores]
    mean: StemScores
    silent: tuple[SilentStem, ...]


def evaluate(reference: Mapping[str, Source], estimate: Mapping[str, Source], reporter: Reporter) -> Evaluation:
    """Score every stem that has both a reference and an estimate.

    All sounds have the same rate and channels; what one is shorter than the longest counts as silence. A reference
    without an estimate still counts as an interferer of the others. Memory does not grow with the length of the sounds.

    Raises
    ------
    ValueError
        If no stem has both.
    """
    paired = [name for name in reference if name in estimate]
    if not paired:
        raise ValueError(f"no estimate among {sorted(estimate)} for any of {sorted(reference)}")
    frames = max(source.frames for source in (*reference.values(), *estimate.values()))
    true = {name: _Padded(source, frames) for name, source in reference.items()}
    guess = {name: _Padded(estimate[name], frames) for name in paired}
    invariant, levels = _scale_invariant(true, guess, reporter.part(0.0, 0.2))
    heard = [name for name in true if levels[name] > SILENT_DBFS]
    scored = [name for name in paired if name in heard]
    windowed = _windowed(true, guess, heard, scored, reporter.part(0.2, 1.0))
    stems = {name: _together(windowed[name], invariant[name]) for name in scored}
    silent = tuple(SilentStem(name, _level_dbfs(guess[name])) for name in paired if name not in heard)
    return Evaluation(stems, _mean(list(stems.values())), silent)


class _Padded:
    """A source made longer by silence."""

    def __init__(self, source: Source, frames: int) -> None:
        self.read = source.read
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, frames


def _scale_invariant(
    true: Mapping[str, Source], guess: Mapping[str, Source], reporter: Reporter
) -> tuple[dict[str, ScaleInvariant], dict[str, float]]:
    """Scale-invariant scores of each estimate, and the level of each reference in dBFS."""
    names, first = list(true), next(iter(true.values()))
    gram = np.zeros((len(names), len(names)))
    cross = {name: np.zeros(len(names)) for name in guess}
    power = dict.fromkeys(guess, 0.0)
    for start, _ in blocks(first, _BLOCK_FRAMES):
        reporter.update(start / first.frames)
        references = [source.read(start, _BLOCK_FRAMES) for source in true.values()]
        for name, source in guess.items():
            products, shared, own = inner_products(references, source.read(start, _BLOCK_FRAMES))
            cross[name] += shared
            power[name] += own
        gram += products
    values = first.frames * first.channels
    levels = {name: _decibels(gram[index, index] / values) for index, name in enumerate(names)}
    scores = {name: from_inner_products(gram, cross[name], power[name], names.index(name)) for name in guess}
    return scores, levels


def _windowed(
    true: Mapping[str, Source],
    guess: Mapping[str, Source],
    heard: Sequence[str],
    scored: Sequence[str],
    reporter: Reporter,
) -> dict[str, BssScores]:
    if not scored:
        return {}
    # Stems without an estimate stand in for themselves, so that they are interferers of the others.
    pairs = [guess[name] if name in scored else true[name] for name in heard]
    scores = dict(zip(heard, windowed_scores([true[name] for name in heard], pairs, reporter), strict=True))
    return {name: scores[name] for name in scored}


def _together(windowed: BssScores, invariant: ScaleInvariant) -> StemScores:
    return StemScores(
        sdr=windowed.sdr,
        isr=windowed.isr,
        sir=windowed.sir,
        sar=windowed.sar,
        si_sdr=invariant.si_sdr,
        si_sir=invariant.si_sir,
        si_sar=invariant.si_sar,
    )


def _mean(scores: Sequence[StemScores]) -> StemScores:
    means = {}
    for field in fields(StemScores):
        values = [value for each in scores if not math.isnan(value := getattr(each, field.name))]
        means[field.name] = float(np.mean(values)) if values else math.nan
    return StemScores(**means)


def _level_dbfs(source: Source) -> float:
    energy = 0.0
    for _, samples in blocks(source, _BLOCK_FRAMES):
        energy += float(np.vdot(samples.astype(np.float64), samples))
    return _decibels(energy / (source.frames * source.channels))


def _decibels(power: float) -> float:
    return 10 * math.log10(power) if power > 0 else -math.inf
