"""The spectrogram of a sound of any length, kept as tiles of bytes at halving resolutions in time.

Level 0 has one column per hop of the transform, level ``k`` one per ``2**k`` hops, holding their
mean power (the louder of them would lift the noise floor as one zooms out). Work is done in units of 256 hops; one
unit gives the columns of every level that is wanted. The coarse levels are kept for the whole sound: they are the
overview and what is drawn at once. Finer tiles are computed when somebody looks and forgotten again, so that memory
does not grow with the length of the sound.

Inside a tile frequency comes first: a frequency scale is then a choice of whole lines of 256 bytes, which is
the fastest thing that memory can do.

No Qt here; drawing is in ``ui/spectrogram``.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.spectral import decibels
from stemstudio.spectral.changes import ColumnChanges
from stemstudio.spectral.scales import BinLadder
from stemstudio.spectral.transforms import Analysis

TILE_COLUMNS = 256
TOP_LEVEL = 8
"""At this level a unit of work is one column."""

_WORTHWHILE = 0.75
"""Share of a unit that may have changed for its columns to be computed alone."""

_NEVER, _SKETCHED = 0, -1
_SKETCH_LEVEL = 6
_SKETCH_FROM_UNITS = 128
_STANDARD = Analysis()
_serial = itertools.count()
_stamps = itertools.count(1)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TileRequest:
    """What somebody looks at: a level and a range of sample frames."""

    level: int
    start_frame: int
    end_frame: int


class Tile:
    """256 columns of one level.

    `data` is uint8 (rows, 256); `versions` tells for each of its units which version of the sound it shows, 0 for none;
    `stamp` is another whenever something was written.
    """

    __slots__ = ("data", "stamp", "versions")

    def __init__(self, rows: int, level: int) -> None:
        self.data: Bytes = np.zeros((rows, TILE_COLUMNS), np.uint8)
        self.versions: NDArray[np.int32] = np.zeros(1 << level, np.int32)
        self.stamp = 0

    def copy(self) -> Tile:
        """Return another tile with the same columns."""
        twin = Tile.__new__(Tile)
        twin.data, twin.versions, twin.stamp = self.data.copy(), self.versions.copy(), next(_stamps)
        return twin


class TileCache:
    """Fine tiles of any number of pyramids, the least recently used ones dropped beyond `limit_bytes`."""

    def __init__(self, limit_bytes: int = 64 << 20) -> None:
        self.limit_bytes = limit_bytes
        self._tiles: OrderedDict[tuple[int, int, int], Tile] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def copy(self, serial: int, new: int) -> None:
        """Copy all tiles of one pyramid to another."""
        with self._lock:
            mine = [(key, tile) for key, tile in self._tiles.items() if key[0] == serial]
        for (_, level, index), tile in mine:
            self.add((new, level, index), tile.copy())

    def get(self, key: tuple[int, int, int]) -> Tile | None:
        """Tile of (pyramid, level, index), or None."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def add(self, key: tuple[int, int, int], tile: Tile) -> None:
        """Keep `tile` and drop what is over the limit."""
        with self._lock:
            self._tiles[key] = tile
            self.bytes += tile.data.nbytes
            while self.bytes > self.limit_bytes and len(self._tiles) > 1:
                self.bytes -= self._tiles.popitem(last=False)[1].data.nbytes


class SpectrogramPyramid:
    """Spectrogram of `source` as tiles.

    Parameters
    ----------
    source : Source
        May grow and change while it is shown: say so with `invalidate`.
    analysis : Analysis
        The transform; at other rates than 44.1 kHz its frame lasts about as long.
    overview_bytes : int
        What the levels that are kept for the whole sound may take together; 0 keeps none, and nothing is computed
        but what is looked at.
    cache : TileCache, optional
        Where fine tiles live; give several pyramids the same one.
    """

    def __init__(
        self,
        source: Source,
        *,
        analysis: Analysis = _STANDARD,
        overview_bytes: int = 24 << 20,
        cache: TileCache | None = None,
    ) -> None:
        self.source = source
        self.analysis = analysis
        self.transform = analysis.transform(source.sample_rate)
        self.hop, self.grid = self.transform.hop, self.transform.grid
        self.ladder = BinLadder(self.grid.bins)
        self._overview_bytes = overview_bytes
        self._cache = cache or TileCache()
        self._serial = next(_serial)
        self._overview: dict[tuple[int, int], Tile] = {}
        self._versions: NDArray[np.int32] = np.ones(self.units, np.int32)
        self._changes = ColumnChanges()
        self._lock = threading.Lock()

    @property
    def unit_frames(self) -> int:
        """Sample frames of a unit of work."""
        return TILE_COLUMNS * self.hop

    @property
    def units(self) -> int:
        """Number of units of work in the whole sound."""
        columns = 1 + self.source.frames // self.hop if self.source.frames else 0
        return -(-columns // TILE_COLUMNS)

    @property
    def base_level(self) -> int:
        """The finest level that is kept for the whole sound; one above the top if none is."""
        if not self._overview_bytes:
            return TOP_LEVEL + 1
        whole = 2 * self.units * TILE_COLUMNS * self.ladder.rows  # this level and all above it
        return min(max(0, math.ceil(math.log2(max(whole, 1) / self._overview_bytes))), TOP_LEVEL)

    @property
    def levels(self) -> range:
        """Numbers of all levels, the finest first."""
        return range(TOP_LEVEL + 1)

    def units_between(self, start_frame: float, end_frame: float) -> tuple[int, int]:
        """First unit that holds some of these frames, and the one after the last."""
        first = min(max(0, int(start_frame) // self.unit_frames), self.units)
        return first, max(first, min(self.units, int(end_frame) // self.unit_frames + 1))

    def level_for(self, frames_per_pixel: float) -> int:
        """The level whose columns are nearest to one pixel wide."""
        return min(max(0, round(math.log2(max(frames_per_pixel / self.hop, 1e-9)))), TOP_LEVEL)

    def column_at(self, level: int, frame: float) -> float:
        """Place of a sample frame on the columns of `level`; column ``c`` covers ``c`` to ``c + 1``."""
        return (frame / self.hop + 0.5) / (1 << level)

    def tile(self, level: int, index: int) -> Tile | None:
        """Return a tile if any of it is known. Do not write into it; its `stamp` changes when its `data` do."""
        return self._overview.get((level, index)) or self._cache.get((self._serial, level, index))

    def known(self, level: int, first_unit: int, last_unit: int) -> NDArray[np.bool_]:
        """Which of the units `first_unit` up to `last_unit` can be seen at `level`, changed sound included."""
        return np.not_equal(self._shown(level, first_unit, last_unit), _NEVER)

    def is_current(self, level: int, first_unit: int, last_unit: int) -> bool:
        """Whether `level` shows the units `first_unit` up to `last_unit` of the sound as it is now."""
        return bool(np.array_equal(self._shown(level, first_unit, last_unit), self._versions[first_unit:last_unit]))

    def level_db(self, frame: float, hertz: float) -> float | None:
        """Level at a place in decibels (0 is a full-scale sine), from the finest tile there is; None if not known."""
        row = round(float(self.grid.bin_at(np.array(hertz))))
        if not (0 <= frame < self.source.frames and 0 <= row < self.grid.bins):
            return None
        for level in range(TOP_LEVEL + 1):
            column = int(self.column_at(level, frame))
            tile = self.tile(level, column // TILE_COLUMNS)
            unit = (column << level) // TILE_COLUMNS - (column // TILE_COLUMNS << level)
            if tile is not None and tile.versions[unit] != _NEVER:
                return decibels.decode(int(tile.data[row, column % TILE_COLUMNS]))
        return None

    def invalidate(self, start_frame: int, end_frame: int) -> None:
        """Say that the sound changed or appeared there: what is shown stays until it has been computed anew."""
        reach = self.transform.reach
        first = max(0, (start_frame - reach) // self.unit_frames)
        last = max(0, -(-(end_frame + reach) // self.unit_frames))
        with self._lock:
            self._grow()
            self._versions[first:last] += 1
            low, high = (start_frame - reach) // self.hop, (end_frame + reach) // self.hop + 2
            for unit in {first, max(last - 1, first)} & set(range(len(self._versions))):  # those between change wholly
                columns = max(low - unit * TILE_COLUMNS, 0), min(high - unit * TILE_COLUMNS, TILE_COLUMNS)
                self._changes.add(unit, int(self._versions[unit]), *columns)

    def copy(self) -> SpectrogramPyramid:
        """Return another pyramid of the same sound, with all tiles that this one has."""
        twin = SpectrogramPyramid(
            self.source, analysis=self.analysis, overview_bytes=self._overview_bytes, cache=self._cache
        )
        with self._lock:
            twin._versions, twin._changes = self._versions.copy(), self._changes.copy()
        twin._overview = {key: tile.copy() for key, tile in dict(self._overview).items()}
        self._cache.copy(self._serial, twin._serial)
        return twin

    def compute(
        self,
        request: TileRequest,
        reporter: Reporter,
        on_unit: Callable[[], None] = lambda: None,
        *,
        visible_only: bool = False,
    ) -> None:
        """Compute what `request` needs, then the overview, then a screen on either side; all that is not there yet.

        With `visible_only` no more than what it needs. `on_unit` is called after each step, a few milliseconds apart.
        Calls may follow each other; what was done before a cancel is kept. One thread at a time.
        """
        with self._lock:
            self._grow()
        steps = list(self._plan(request, visible_only=visible_only))
        for done, (unit, level, sketch) in enumerate(steps):
            reporter.update(done / len(steps), "Drawing the spectrogram")
            self._compute_unit(unit, level, sketch=sketch)
            on_unit()
        reporter.update(1.0)

    def _plan(self, request: TileRequest, *, visible_only: bool) -> Iterator[tuple[int, int, bool]]:
        """Steps as (unit, level, whether a sketch will do), the most wanted first."""
        base, units = self.base_level, self.units
        first, last = self.units_between(request.start_frame, request.end_frame)
        level, margin = min(request.level, base), last - first
        never = np.flatnonzero(self._shown(base, 0, units) == _NEVER)
        if len(never) > _SKETCH_FROM_UNITS and base <= _SKETCH_LEVEL:
            yield from ((unit, base, True) for unit in never.tolist())
        planned = set[tuple[int, int]]()
        kept = units if base <= TOP_LEVEL else 0
        ranges = (
            (level, first, last),
            (base, 0, kept),
            (level, max(0, first - margin), min(units, last + margin)),
        )
        for at, start, end in ranges[:1] if visible_only else ranges:
            current = self._versions[start:end]
            stale = self._shown(at, start, end) != current
            if at == base and start < end:
                stale |= self._shown(TOP_LEVEL, start, end) != current  # of a change, one level may be drawn already
            for unit in sorted((start + np.flatnonzero(stale)).tolist(), key=lambda unit: abs(2 * unit - first - last)):
                if (at, unit) in planned:
                    continue
                if not self._changed_columns(unit, at):
                    planned |= {(at, unit), (base, unit)}  # a unit computed for a fine level fills the coarse ones too
                yield unit, at, False

    def _changed_columns(self, unit: int, level: int) -> tuple[int, int] | None:
        """Columns that alone must be computed for a unit to be right at `level`; None if that is not worth it."""
        shown, version = int(self._shown(level, unit, unit + 1)[0]), int(self._versions[unit])
        if not (self.transform.divisible and 0 < shown < version):
            return None
        changed = self._changes.between(unit, shown, version)
        if changed is None:
            return None
        step = 1 << level
        first, last = changed[0] // step * step, min(-(-changed[1] // step) * step, TILE_COLUMNS)
        return (first, last) if 0 < last - first <= TILE_COLUMNS * _WORTHWHILE else None

    def _compute_columns(self, unit: int, level: int, first: int, last: int) -> None:
        """Bring some columns of a unit up to date at one level, for the eye; the other levels are still to be done."""
        version = int(self._versions[unit])
        power = self.transform.columns(self.source, unit * TILE_COLUMNS + first, last - first)
        for _ in range(level):
            power = np.float32(0.5) * (power[0::2] + power[1::2])
        self._store(level, unit, self.ladder.climb(decibels.encode(power).T), version, first >> level)

    def _compute_unit(self, unit: int, level: int, *, sketch: bool) -> None:
        version = int(self._versions[unit])
        changed = None if sketch else self._changed_columns(unit, level)
        if changed is not None:
            self._compute_columns(unit, level, *changed)
            return
        base = self.base_level
        levels = [k for k in range(base, TOP_LEVEL + 1) if self._shown(k, unit, unit + 1)[0] != version]
        if level < base and self._shown(level, unit, unit + 1)[0] != version:
            levels.append(level)
        if not levels:
            return
        power = self._sketch(unit) if sketch else self._columns(unit)
        at = _SKETCH_LEVEL if sketch else 0
        for k in range(max(levels) + 1):
            if k > at:
                power = np.float32(0.5) * (power[0::2] + power[1::2])
            if k in levels:
                codes = self.ladder.climb(decibels.encode(power).T)
                self._store(k, unit, np.repeat(codes, 1 << max(0, at - k), axis=1), _SKETCHED if sketch else version)

    def _columns(self, unit: int) -> NDArray[np.float32]:
        """Power of the 256 hops of a unit, float32 (256, bins)."""
        return self.transform.columns(self.source, unit * TILE_COLUMNS, TILE_COLUMNS)

    def _sketch(self, unit: int) -> NDArray[np.float32]:
        """Power of a few single hops of a unit, enough for a first sight of a long sound."""
        step = self.unit_frames >> 2
        return self.transform.sketch(self.source, [unit * self.unit_frames + step * k + step // 2 for k in range(4)])

    def _store(self, level: int, unit: int, codes: Bytes, version: int, first: int = 0) -> None:
        index, place = divmod(unit, 1 << level)
        tile = self.tile(level, index)
        if tile is None:
            tile = Tile(self.ladder.rows, level)
            if level >= self.base_level:
                self._overview[level, index] = tile
            else:
                self._cache.add((self._serial, level, index), tile)
        start = place * (TILE_COLUMNS >> level) + first
        tile.data[:, start : start + codes.shape[1]] = codes
        tile.versions[place] = version
        tile.stamp = next(_stamps)

    def _shown(self, level: int, first: int, last: int) -> NDArray[np.int32]:
        """Versions of the units `first` to `last` that `level` shows."""
        versions = np.zeros(last - first, np.int32)
        for index in range(first >> level, -(-last >> level)):
            tile, start = self.tile(level, index), index << level
            if tile is not None:
                low, high = max(first, start), min(last, start + len(tile.versions))
                versions[low - first : high - first] = tile.versions[low - start : high - start]
        return versions

    def _grow(self) -> None:
        more = self.units - len(self._versions)
        if more > 0:
            self._versions = np.concatenate([self._versions, np.ones(more, np.int32)])
