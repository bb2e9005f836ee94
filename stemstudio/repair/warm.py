"""Import what the first selection and the first repair would wait for, before they are needed."""

from __future__ import annotations

import numpy as np

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import UserError
from stemstudio.core.progress import Reporter
from stemstudio.repair.engine import repair
from stemstudio.repair.method import Context
from stemstudio.repair.registry import method_ids
from stemstudio.repair.selection import Selection

_RATE = 44100


def warm_up(reporter: Reporter) -> None:
    """Trace a selection and run each method over a tenth of a second of noise."""
    rng = np.random.default_rng(0)
    sound = AudioBuffer((0.1 * rng.standard_normal((1, _RATE))).astype(np.float32), _RATE)
    selection = Selection.box(_RATE, 0.4 * _RATE, 0.5 * _RATE, 500, 2000)
    traced = selection.subtracted(Selection.box(_RATE, 0.43 * _RATE, 0.45 * _RATE, 700, 900)).feathered(0.01, 1.0)
    traced.outlines(np.linspace(0.3, 0.6, 64) * _RATE, np.linspace(400, 3000, 64))
    names = method_ids()
    for index, name in enumerate(names):
        reporter.update(index / len(names))
        part = reporter.part(index / len(names), (index + 1) / len(names))
        try:
            repair(sound, selection, name, {}, Context(sound, sound, {}), part)
        except UserError:  # nothing to mend in it: what it needs is imported by then
            continue
