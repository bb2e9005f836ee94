"""Compile every loop before it is needed.

The first run of a compiled loop on a machine takes seconds; later starts load it from disk. The window runs `warm_up`
on a lane once it is painted, so that the first effect is heard at once.
"""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Reporter
from stemstudio.effects.chain import ChainSlot
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.registry import effect_ids

_WITH_EVERY_LOOP = {
    "eq": {"peak1_db": 1.0},
    "widener": {"spread_percent": 50.0},
}


def warm_up(reporter: Reporter) -> None:
    """Run each effect over a few milliseconds of silence."""
    silence = AudioBuffer(np.zeros((2, 256), np.float32), 44100)
    for index, effect_id in enumerate(effect_ids()):
        reporter.update(index / len(effect_ids()), "Preparing the effects")
        slot = ChainSlot.of(effect_id, _WITH_EVERY_LOOP.get(effect_id))
        ChainSource(silence, (slot,)).read(0, 256)
    reporter.update(1.0)
