"""A room of loudspeakers heard with headphones."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.block_grid import BlockGrid
from stemstudio.mixing.ceiling import held, margin_frames
from stemstudio.mixing.layouts import Layout, Loudspeaker
from stemstudio.mixing.pan import amplitude
from stemstudio.mixing.spherical_head import ear_responses
from stemstudio.mixing.upmix import CEILING_DB

_BLOCK_FRAMES = 1 << 14


class BinauralSource:
    """`room`, a source of the channels of `layout`, at two ears: a stereo `Source`, in time with the room.

    The low-frequency channel is left out, as in a fold-down: all it holds is in the other channels too.
    """

    channels = 2

    def __init__(self, room: Source, layout: Layout, *, ceiling_db: float = CEILING_DB) -> None:
        self._room, self._layout = room, layout
        self.sample_rate, self.frames = room.sample_rate, room.frames
        self._ceiling = amplitude(ceiling_db)
        self._grid = BlockGrid(2, _BLOCK_FRAMES * max(1, round(room.sample_rate / 48000)), self._render)

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`; float32 (2, frames)."""
        return self._grid.read(start, frames, 0, self.frames)

    def _render(self, number: int) -> Samples:
        from scipy.fft import irfft, next_fast_len, rfft

        heads = ear_responses(self._layout.loudspeakers, self.sample_rate)
        taps, margin = heads.shape[2], margin_frames(self.sample_rate)
        frames = self._grid.block_frames + 2 * margin
        early = taps // 4
        start = number * self._grid.block_frames - margin
        heard = self._room.read(start - (taps - early), frames + taps)
        size = next_fast_len(frames + taps, real=True)
        responses = _responses(self._layout.loudspeakers, self.sample_rate, size)
        ears = irfft(np.einsum("cf,cef->ef", rfft(heard, size, axis=1), responses, optimize=True), size, axis=1)
        wanted = np.ascontiguousarray(ears[:, taps : taps + frames], np.float32)
        return held(wanted, np.zeros_like(wanted), self._ceiling, self.sample_rate)


@lru_cache(maxsize=2)
def _responses(loudspeakers: tuple[Loudspeaker, ...], sample_rate: int, size: int) -> NDArray[np.complex64]:
    return np.fft.rfft(ear_responses(loudspeakers, sample_rate), size, axis=2).astype(np.complex64)
