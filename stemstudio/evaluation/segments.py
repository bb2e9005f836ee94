"""The score of a song: mean SI-SDR over the segments in which a stem is heard among others.

This is the one protocol by which methods and models are compared here:

- all sounds at 44.1 kHz stereo, the mixture being the sum of the references;
- cut into segments of 5 s, without overlap; the rest at the end is left out;
- a segment counts for a stem if the mixture there is above -60 dBFS and both the stem and the rest of the mixture are
  at most 30 dB under it: what is quieter is not heard and would decide the mean, and where a stem is alone there is
  nothing to separate;
- SI-SDR of the segment (Le Roux et al., 2019; both channels as one signal), held within -30 and 30 dB so that one
  silent estimate does not decide the mean either;
- a reference named ``bass+other`` is compared with the sum of the estimates ``bass`` and ``other``.

The score of a stem is the mean over its segments, of a corpus the mean over its songs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.evaluation.si_sdr import si_sdr

SAMPLE_RATE = 44100
SEGMENT_S = 5.0
HEARD_DB = -30.0
SILENT_DBFS = -60.0
LOWEST_DB, HIGHEST_DB = -30.0, 30.0


@dataclass(frozen=True, slots=True)
class SegmentScore:
    """Mean SI-SDR of a stem in dB, the same for the mixture in its place, and the number of segments that counted."""

    si_sdr_db: float
    mixture_db: float
    segments: int

    @property
    def gain_db(self) -> float:
        """How much better than the mixture itself."""
        return self.si_sdr_db - self.mixture_db


def score_segments(references: Mapping[str, Source], estimates: Mapping[str, Source]) -> dict[str, SegmentScore]:
    """Score `estimates` against `references` by the protocol of this module; stems without an estimate are left out.

    All sounds have the same rate, channels and frames, and the references add up to the mixture. A stem that is heard
    nowhere is left out as well.
    """
    pairs = {name: name.split("+") for name in references if set(name.split("+")) <= set(estimates)}
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in pairs}
    first = next(iter(references.values()))
    length = round(SEGMENT_S * first.sample_rate)
    for start in range(0, first.frames - length + 1, length):
        truth = {name: source.read(start, length) for name, source in references.items()}
        mixture = _sum(truth.values())
        for name, parts in pairs.items():
            if counts(truth[name], mixture):
                guess = _sum(estimates[part].read(start, length) for part in parts)
                scores[name].append((_held(si_sdr(truth[name], guess)), _held(si_sdr(truth[name], mixture))))
    return {
        name: SegmentScore(
            si_sdr_db=float(np.mean([score for score, _ in values])),
            mixture_db=float(np.mean([mixture for _, mixture in values])),
            segments=len(values),
        )
        for name, values in scores.items()
        if values
    }


def counts(stem: Samples, mixture: Samples) -> bool:
    """Whether a segment counts for the stem: it is heard, and so is something else."""
    mixture_db = level_db(mixture)
    quieter_db = min(level_db(stem), level_db(mixture - stem))
    return mixture_db > SILENT_DBFS and quieter_db > mixture_db + HEARD_DB


def level_db(samples: Samples) -> float:
    """Root mean square over all channels in dB relative to full scale, -inf for silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10 * math.log10(power) if power > 0 else -math.inf


def _sum(parts: Iterable[Samples]) -> Samples:
    total: Samples | None = None
    for part in parts:
        total = part.copy() if total is None else total + part
    assert total is not None
    return total


def _held(value_db: float) -> float:
    return LOWEST_DB if math.isnan(value_db) else min(max(value_db, LOWEST_DB), HIGHEST_DB)
