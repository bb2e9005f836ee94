"""How loud an export is: one gain for all its files, so that stems keep their balance.

The gain brings the sum to a loudness (EBU R 128, 2023) and keeps its true peak, and that of every file, under a
ceiling. A limiter, for versions of the mix alone and only if asked, lets the loudness go above what the peaks allow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stemstudio.audio.loudness import LoudnessMeter, TruePeakMeter
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.chain_source import ChainSource
from stemstudio.operations.exporting_items import Item

_BLOCK_FRAMES = 1 << 16
_ROUNDS = 8
_FLATTEST = 0.15  # where so few LU are left of a dB of gain, nearly all is limited and more of it only harms
_LONGEST_STEP_DB = 6.0
_CLOSE_LU = 0.03
_HIGHEST_CEILING_DBTP = 0.0
_LOWEST_CEILING_DBTP = -24.0
_MARGIN_DB = 0.01  # meters interpolate each in its own way


@dataclass(frozen=True, slots=True)
class LevelChoice:
    """How loud: integrated loudness of the sum in LUFS, largest true peak in dBTP, None to leave either as it is.

    With `limit` versions of the mix are limited to the ceiling; otherwise the gain is lowered to keep it.
    """

    loudness_lufs: float | None = None
    ceiling_dbtp: float | None = None
    limit: bool = False

    def check(self) -> None:
        """`BadInput` if a value is out of reach."""
        if self.loudness_lufs is not None and not -60 <= self.loudness_lufs <= 0:
            raise BadInput(f"A loudness of {self.loudness_lufs:g} LUFS is out of reach.", "Choose -60 to 0 LUFS.")
        ceiling = self.ceiling_dbtp
        if ceiling is not None and not _LOWEST_CEILING_DBTP <= ceiling <= _HIGHEST_CEILING_DBTP:
            raise BadInput(f"A ceiling of {ceiling:g} dBTP is out of reach.", "Choose -24 to 0 dBTP.")
        if self.limit and ceiling is None:
            raise BadInput("A limiter needs a ceiling.", "Choose a ceiling, such as -1 dBTP.")

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is written as it is."""
        return self.loudness_lufs is None and self.ceiling_dbtp is None


AS_IT_IS = LevelChoice()


@dataclass(frozen=True, slots=True)
class Level:
    """The gain that was chosen, in dB, and the loudness of the sum behind it in LUFS (-inf for silence)."""

    gain_db: float = 0.0
    lufs: float | None = None


UNCHANGED = Level()


def level_items(
    items: Sequence[Item], total: Source, choice: LevelChoice, reporter: Reporter
) -> tuple[list[Item], Level]:
    """Bring `items` to the level that is asked for.

    Parameters
    ----------
    items : sequence of Item
        What will be written.
    total : Source
        The sum, whose loudness is meant.
    choice : LevelChoice
    reporter : Reporter

    Returns
    -------
    items, Level
        The same items at their level. Without a limiter each is its sound times one factor.
    """
    if choice.changes_nothing:
        return list(items), UNCHANGED
    reporter.update(0.0, "Measuring loudness")
    if choice.limit:
        gain_db, lufs = _limited_gain(total, choice, reporter)
    else:
        gain_db, lufs = _free_gain(items, total, choice, reporter)
    return [_levelled(item, gain_db, choice) for item in items], Level(gain_db, lufs)


def _free_gain(items: Sequence[Item], total: Source, choice: LevelChoice, reporter: Reporter) -> tuple[float, float]:
    sources = [total, *(item.source for item in items)] if choice.ceiling_dbtp is not None else [total]
    measured = [
        _measure(source, reporter.part(index / len(sources), (index + 1) / len(sources)))
        for index, source in enumerate(sources)
    ]
    lufs, peak = measured[0][0], max(peak for _, peak in measured)
    gain_db = 0.0
    if choice.loudness_lufs is not None and math.isfinite(lufs):
        gain_db = choice.loudness_lufs - lufs
    if choice.ceiling_dbtp is not None and math.isfinite(peak):
        gain_db = min(gain_db, choice.ceiling_dbtp - _MARGIN_DB - peak)
    return gain_db, lufs + gain_db


def _limited_gain(total: Source, choice: LevelChoice, reporter: Reporter) -> tuple[float, float]:
    """Gain in front of the limiter, found by secants: limiting makes quieter what it holds."""
    gain_db, slope = 0.0, 1.0
    tried: list[tuple[float, float]] = []  # how far from the target, and the gain that led there
    for index in range(_ROUNDS):
        limited = _limited(_Amplified(total, gain_db), choice)
        lufs, _ = _measure(limited, reporter.part(index / _ROUNDS, (index + 1) / _ROUNDS))
        if choice.loudness_lufs is None or not math.isfinite(lufs):
            return gain_db, lufs
        missing = choice.loudness_lufs - lufs
        tried.append((missing, gain_db))
        if len(tried) > 1:
            (before, less_db) = tried[-2]
            slope = (before - missing) / (gain_db - less_db)
        if abs(missing) < _CLOSE_LU or slope < _FLATTEST:
            break
        gain_db = min(max(gain_db + missing / slope, gain_db - _LONGEST_STEP_DB), gain_db + _LONGEST_STEP_DB)
    missing, gain_db = min(tried, key=lambda each: (round(abs(each[0]), 1), each[1]))
    assert choice.loudness_lufs is not None
    return gain_db, choice.loudness_lufs - missing


def _levelled(item: Item, gain_db: float, choice: LevelChoice) -> Item:
    source: Source = _Amplified(item.source, gain_db)
    return replace(item, source=_limited(source, choice) if choice.limit and item.is_mix else source)


def _limited(source: Source, choice: LevelChoice) -> Source:
    assert choice.ceiling_dbtp is not None
    return ChainSource(source, (ChainSlot.of("limiter", {"ceiling_db": choice.ceiling_dbtp}),))


def _measure(source: Source, reporter: Reporter) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP, in one pass."""
    loudness, peak = LoudnessMeter(source.sample_rate, source.channels), TruePeakMeter(source.channels)
    for start, block in blocks(source, _BLOCK_FRAMES):
        loudness.add(block)
        peak.add(block)
        reporter.update((start + block.shape[1]) / max(source.frames, 1))
    return loudness.integrated_lufs(), peak.dbtp()


class _Amplified:
    """A source times a factor."""

    def __init__(self, source: Source, gain_db: float) -> None:
        self._source, self._factor = source, 10 ** (gain_db / 20)
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, source.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        samples = self._source.read(start, frames)
        return samples if self._factor == 1 else samples * samples.dtype.type(self._factor)
