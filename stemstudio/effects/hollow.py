"""Is a stem hollow? What its two sides lose when they are added up, and how alike they are, over time.

Separation leaves a voice whose sides do not quite agree; in mono, or on a telephone, parts of it then cancel. The mono
fold loss compares the energy of the mean of both sides with the mean of their energies: 0 dB where they are equal, 3 dB
where they have nothing in common, more where they cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.effects.effect import Real

PLATE_PRESET = "hollow-vocals"
"""What the button beside the advice applies."""
_STEP_S = 0.4
_GATE_DB = 30.0
"""Steps that much below the loudest do not count: pauses have no width."""
_TINY = 1e-12
_MOST_DB = 60.0

Verdict = Literal["solid", "wide", "hollow", "silent"]


@dataclass(frozen=True, slots=True, eq=False)
class HollowReport:
    """What the check found.

    Parameters
    ----------
    times_s, loss_db, correlation : float64 (n,)
        Middle of each step of 0.4 s, its mono fold loss from 0 to 60 dB, and the correlation of its sides from -1 to
        1; nan in pauses.
    mean_loss_db, mean_correlation : float
        Over all that sounds, by energy.
    worst : tuple of (float, float)
        Start and end in seconds of the passage that loses most; (0, 0) where nothing sounds.
    verdict : {'solid', 'wide', 'hollow', 'silent'}
    advice : str
        One or two sentences for people.
    """

    times_s: Real
    loss_db: Real
    correlation: Real
    mean_loss_db: float
    mean_correlation: float
    worst: tuple[float, float]
    verdict: Verdict
    advice: str


def check_hollow(source: Source, reporter: Reporter | None = None) -> HollowReport:
    """Measure `source`; of more than two channels the first two, and a mono sound is solid."""
    powers = _powers(source, reporter)
    left, right, both = powers[:, 0], powers[:, 1], powers[:, 2]
    energy = (left + right) / 2
    sounding = energy > max(energy.max(initial=0.0) * 10 ** (-_GATE_DB / 10), _TINY)
    times_s: Real = (np.arange(len(powers), dtype=np.float64) + 0.5) * _STEP_S
    if not sounding.any():
        nothing = np.full(len(powers), np.nan)
        return HollowReport(times_s, nothing, nothing, 0.0, 1.0, (0.0, 0.0), "silent", "Nothing sounds here.")
    loss_db = np.where(sounding, _loss_db(left, right, both), np.nan)
    correlation = np.where(sounding, _correlation(left, right, both), np.nan)
    left, right, both = left[sounding].sum(), right[sounding].sum(), both[sounding].sum()
    loss = float(_loss_db(left, right, both))
    alike = float(_correlation(left, right, both))
    at = int(np.nanargmax(loss_db))
    verdict, advice = _advise(loss, float(np.nanpercentile(loss_db, 90)), at * _STEP_S)
    return HollowReport(times_s, loss_db, correlation, loss, alike, (at * _STEP_S, (at + 1) * _STEP_S), verdict, advice)


def _powers(source: Source, reporter: Reporter | None) -> Real:
    """Mean squares of left, right and their product for each step; float64 (steps, 3)."""
    step = round(_STEP_S * source.sample_rate)
    rows = []
    for start, block in blocks(source, step):
        left, right = block[0].astype(np.float64), block[min(1, source.channels - 1)].astype(np.float64)
        rows.append((left @ left / step, right @ right / step, left @ right / step))
        if reporter is not None:
            reporter.update(start / source.frames, "Listening in mono")
    return np.array(rows).reshape(-1, 3)


def _loss_db(left: Real, right: Real, both: Real) -> Real:
    mono = np.maximum((left + right + 2 * both) / 4, 0.0)
    ratio = (mono + _TINY**2) / ((left + right) / 2 + _TINY**2)
    return np.asarray(np.clip(-10 * np.log10(np.maximum(ratio, 1e-30)), 0.0, _MOST_DB))


def _correlation(left: Real, right: Real, both: Real) -> Real:
    return np.asarray(np.clip(both / np.sqrt(np.maximum(left * right, _TINY**2)), -1.0, 1.0))


def _advise(loss_db: float, often_db: float, worst_s: float) -> tuple[Verdict, str]:
    """Say what to make of the loss of all and of the worst tenth."""
    minutes = f"{int(worst_s) // 60}:{int(worst_s) % 60:02d}"
    if loss_db > 3.0:
        return "hollow", (
            f"In mono this loses {loss_db:.1f} dB, most of it around {minutes}: it sounds hollow. "
            "Narrow it with the widener below 100 %, or give it a body with the plate reverb."
        )
    if often_db > 3.0:
        return "hollow", (
            f"Some passages lose {often_db:.1f} dB and more in mono, most around {minutes}. "
            "A little plate reverb fills them."
        )
    if loss_db > 1.0:
        return "wide", f"This is wide and loses {loss_db:.1f} dB in mono, which is usual for doubled voices."
    return "solid", "This stays whole in mono."
