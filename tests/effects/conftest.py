from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stemstudio.audio.decode import Decoder
from stemstudio.core.buffer import AudioBuffer, Samples
from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.chain_source import ChainSource

RATE = 48000


@pytest.fixture(scope="session")
def through() -> Callable[..., Samples]:
    """Send float32 (channels, n) at 48 kHz through one effect: `through("gate", samples, {"range_db": 40.0})`."""

    def run(effect: str, samples: np.ndarray, values: dict | None = None, *, rate: int = RATE, other=None) -> Samples:
        source = AudioBuffer(np.atleast_2d(samples).astype(np.float32), rate)
        slot = ChainSlot.of(effect, values, sidechain="other" if other is not None else "")
        sidechains = {} if other is None else {"other": AudioBuffer(np.atleast_2d(other).astype(np.float32), rate)}
        return ChainSource(source, (slot,), sidechains).read(0, source.frames)

    return run


@pytest.fixture(scope="session")
def sung(audio_folder: Path) -> Callable[..., AudioBuffer]:
    """A stretch of a real stem: `sung("rubidium", 60, 20)` is its lead voice from second 60 on."""

    @functools.cache
    def read(song: str, start_s: float, seconds: float, stem: str = "vox_lead") -> AudioBuffer:
        parts, have = [], 0
        with Decoder(audio_folder / "songs" / song / f"{stem}.m4a") as decoder:
            first, last = round(start_s * decoder.sample_rate), round((start_s + seconds) * decoder.sample_rate)
            for block in decoder:
                parts.append(block[:, max(0, first - have) : max(0, last - have)])
                have += block.shape[1]
                if have >= last:
                    break
            return AudioBuffer(np.concatenate(parts, axis=1), decoder.sample_rate)

    return read
