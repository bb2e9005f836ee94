"""A source heard through a chain of effects, readable anywhere.

Effects remember: what a compressor does now depends on what it heard before. So the chain is rendered by *cursors*. A
cursor owns one processor for each effect and walks over a fixed grid of blocks. Reading on moves the cursor that stands
there, which costs no more than the blocks asked for. A jump makes a new cursor, which runs up to the place from far
enough before it that all it could have remembered from earlier has faded below -140 dB, so what is read does not depend
on what was read before; the later effects of a chain join the run when they have to. Blocks that were rendered lately
are kept: small reads and overlapping ones cost a copy, and effects of the mix find what they need for a run-up of their
own. Playback, pictures and export each come to move a cursor of their own.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.params import Values
from stemstudio.core.source import Source
from stemstudio.effects.chain import Chain
from stemstudio.effects.effect import Effect, Memory, Processor
from stemstudio.effects.registry import effect

BLOCK_FRAMES = 2048
"""The grid: what an effect is given at a time. Meters move from block to block."""
_AT_ONCE = 4
"""Blocks that are rendered together where many are asked for, which takes a third less time than one by one."""
_KEPT_BLOCKS = 256
"""12 s at 44,100 Hz: longer than what effects of the mix need to run up after each move of a fader."""
_IDLE_CURSORS = 4
_FADED = 17.0  # e**-17 is -147 dB


@dataclass(frozen=True, slots=True)
class _Stage:
    """An effect of the chain; `late_frames` is what the effects before it delay."""

    slot: int
    effect: Effect
    values: Values
    late_frames: int
    sidechain: Source | None


@dataclass(frozen=True, slots=True)
class _Block:
    samples: Samples
    reductions_db: tuple[float, ...]


class ChainSource:
    """`source` through `chain`: same rate, channels and frames, in time to the sample. Safe from any thread.

    Parameters
    ----------
    source : Source
    chain : Chain
    sidechains : mapping of str to Source
        Stems by name, of the same rate. A slot whose stem is not here listens to the source itself.

    Raises
    ------
    BadInput
        If the chain names an effect or value that does not exist and is not passed by.
    """

    def __init__(self, source: Source, chain: Chain, sidechains: Mapping[str, Source] | None = None) -> None:
        self._source, self.chain = source, chain
        self.sample_rate, self.channels = source.sample_rate, source.channels
        self._stages, self.latency_frames = _stages(chain, self.sample_rate, sidechains or {})
        memories = [stage.effect.memory(stage.values, self.sample_rate) for stage in self._stages]
        run_ups = [run_up_frames(memories[index:], self.sample_rate) for index in range(len(memories))]
        self.run_up_frames = run_ups[0] if run_ups else 0
        self._run_up_blocks = [math.ceil(frames / BLOCK_FRAMES) for frames in run_ups]
        self._lock = threading.Lock()
        self._idle: list[_Cursor] = []
        self._kept: OrderedDict[int, _Block] = OrderedDict()
        self._frames = source.frames

    @property
    def frames(self) -> int:
        """Length; it grows while the source does."""
        return self._source.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        if not self._stages:
            return self._source.read(start, frames)
        out = np.zeros((self.channels, frames), np.float32)
        first, last = max(start, 0), min(start + frames, self.frames)
        while first < last:
            index, offset = divmod(first + self.latency_frames, BLOCK_FRAMES)
            count = min(BLOCK_FRAMES - offset, last - first)
            block = self._block(index, (last - 1 + self.latency_frames) // BLOCK_FRAMES - index + 1)
            out[:, first - start : first - start + count] = block.samples[:, offset : offset + count]
            first += count
        return out

    def reductions_db(self, frame: int) -> tuple[float, ...]:
        """Gain reduction around `frame` for each slot of the chain, in dB, at least 0.

        For meters: taken from what was rendered lately, zeros where nothing was.
        """
        with self._lock:
            block = self._kept.get((frame + self.latency_frames) // BLOCK_FRAMES)
        return block.reductions_db if block is not None else (0.0,) * len(self.chain)

    def _block(self, index: int, wanted: int) -> _Block:
        """Return the block `index`, the first of so many that are `wanted`."""
        with self._lock:
            self._forget_if_grown()
            known = self._kept.get(index)
            if known is not None:
                self._kept.move_to_end(index)
                return known
            cursor = self._take_cursor(index)
        if cursor is None:
            starts = [max(0, index - count) for count in self._run_up_blocks]
            cursor = _Cursor(self._source, self._stages, len(self.chain), starts)
            while cursor.next_index < index:
                cursor.render(min(2 * _AT_ONCE, index - cursor.next_index))
        end = index + (_AT_ONCE if wanted >= _AT_ONCE else 1)
        rendered: list[tuple[int, _Block]] = []
        while cursor.next_index < end:
            first = cursor.next_index
            rendered += enumerate(cursor.render(_AT_ONCE if end - first >= _AT_ONCE else 1), first)
        with self._lock:
            self._idle = [*self._idle, cursor][-_IDLE_CURSORS:]
            self._kept.update(rendered)
            while len(self._kept) > _KEPT_BLOCKS:
                self._kept.popitem(last=False)
        return next(block for number, block in rendered if number == index)

    def _take_cursor(self, index: int) -> _Cursor | None:
        """Take the nearest idle cursor from which `index` is nearer than from a fresh start."""
        near = [each for each in self._idle if 0 <= index - each.next_index <= self._run_up_blocks[0]]
        if not near:
            return None
        cursor = max(near, key=lambda each: each.next_index)
        self._idle.remove(cursor)
        return cursor

    def _forget_if_grown(self) -> None:
        """What was rendered where the source had not come yet was silence."""
        if self._frames != self._source.frames:
            self._frames = self._source.frames
            self._idle.clear()
            self._kept.clear()


class _Cursor:
    """A processor for each stage, each at work from its own block on, and the index of the next block."""

    def __init__(self, source: Source, stages: tuple[_Stage, ...], slots: int, starts: list[int]) -> None:
        self.next_index, self._starts = starts[0], starts
        self._source, self._stages, self._slots = source, stages, slots
        self._processors: list[Processor] = []
        for stage, start in zip(stages, starts, strict=True):
            processor = stage.effect.prepare(stage.values, source.sample_rate, source.channels)
            processor.reset(start * BLOCK_FRAMES - stage.late_frames)
            self._processors.append(processor)

    def render(self, count: int) -> list[_Block]:
        """Render the next blocks, at most `count`; they are whole once all stages are at work."""
        joins = (start - self.next_index for start in self._starts if start > self.next_index)
        count = min([count, *joins])
        first, frames = self.next_index * BLOCK_FRAMES, count * BLOCK_FRAMES
        sound = _finite(self._source.read(first, frames))
        reductions_db = [0.0] * self._slots
        for stage, processor, start in zip(self._stages, self._processors, self._starts, strict=True):
            if self.next_index < start:
                break
            sidechain = stage.sidechain
            heard = None if sidechain is None else _finite(sidechain.read(first - stage.late_frames, frames))
            sound = processor.process(sound, heard)
            reductions_db[stage.slot] = processor.gain_reduction_db
        self.next_index += count
        return [_Block(each, tuple(reductions_db)) for each in np.split(sound, count, axis=1)]


def run_up_frames(memories: Iterable[Memory], sample_rate: int) -> int:
    """Return how long before a place a row of effects has to begin so that no earlier sound is in what comes out.

    What fades in one effect is passed on to the next and fades there: a row of like times is not as slow as their sum
    (the impulse response of n equal poles is ``t**(n - 1) exp(-t)``), hence the three that each adds.
    """
    memories = list(memories)
    times = sorted((memory.fading_s for memory in memories if memory.fading_s), reverse=True)
    fading_s = _FADED * times[0] + 3.0 * sum(times[1:]) if times else 0.0
    return sum(memory.frames for memory in memories) + math.ceil(fading_s * sample_rate)


def chain_latency_frames(chain: Chain, sample_rate: int) -> int:
    """Return by how much the active effects of `chain` together are late."""
    return _stages(chain, sample_rate, {})[1]


def _stages(chain: Chain, sample_rate: int, sidechains: Mapping[str, Source]) -> tuple[tuple[_Stage, ...], int]:
    """Return the active effects of `chain` and their latency together."""
    stages, late = [], 0
    for index, slot in enumerate(chain):
        if slot.bypass:
            continue
        kind, values = effect(slot.effect), slot.resolved()
        sidechain = sidechains.get(slot.sidechain) if kind.info.sidechain else None
        if sidechain is not None and sidechain.sample_rate != sample_rate:
            raise ValueError(f"a side-chain of {sidechain.sample_rate} Hz cannot control sound of {sample_rate} Hz")
        stages.append(_Stage(index, kind, values, late, sidechain))
        late += kind.latency_frames(values, sample_rate)
    return tuple(stages), late


def _finite(block: Samples) -> Samples:
    """Return `block` with silence for what is no number: an effect would never get over it."""
    if np.isfinite(block).all():
        return np.ascontiguousarray(block, np.float32)
    return np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
