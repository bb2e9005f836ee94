from __future__ import annotations

import subprocess
import sys

import pytest

from stemstudio.core.errors import Cancelled
from stemstudio.core.progress import Progress
from stemstudio.effects.warm import warm_up


def test_every_loop_is_compiled_beforehand():
    """After it nothing is compiled any more, whatever effect is run."""
    program = """
import numba, numpy as np
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.effects.warm import warm_up
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.presets import presets
from stemstudio.effects.kernels import biquads, delays, envelope, fir, plate
loops = [each for module in (biquads, delays, envelope, fir, plate) for name, each in vars(module).items()
         if hasattr(each, "signatures") and not name.startswith("_")]  # those are compiled into the others
warm_up(Progress())
ready = [len(each.signatures) for each in loops]
assert all(ready), [each.__name__ for each in loops if not each.signatures]
sound = AudioBuffer(np.random.default_rng(0).normal(0, 0.1, (2, 5000)).astype(np.float32), 48000)
for preset in presets():
    ChainSource(sound, preset.chain).read(0, 5000)
assert ready == [len(each.signatures) for each in loops]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=250)


def test_it_tells_how_far_it_is_and_can_be_stopped():
    progress = Progress()
    warm_up(progress)
    assert progress.fraction == 1.0
    progress.cancel()
    with pytest.raises(Cancelled):
        warm_up(progress)
