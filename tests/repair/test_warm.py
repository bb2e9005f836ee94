import subprocess
import sys


def test_after_the_warm_up_nothing_is_imported_by_the_first_selection_or_repair():
    story = """
import sys
import numpy as np
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.repair.engine import repair
from stemstudio.repair.method import Context
from stemstudio.repair.selection import Selection
from stemstudio.repair.warm import warm_up
warm_up(Progress())
before = set(sys.modules)
sound = AudioBuffer(np.random.default_rng(1).standard_normal((2, 44100)).astype(np.float32) * 0.1, 44100)
brush = Selection.stroke(44100, [(10000, 500), (20000, 900)], 3000, 0.5, 0.5)
brush.grown(0.01, 1).outlines(np.linspace(0, 30000, 50), np.linspace(100, 2000, 50))
for name in ("heal", "interpolate", "inpaint", "partials"):
    repair(sound, brush, name, {}, Context(sound), Progress())
print(sorted(set(sys.modules) - before))
"""
    result = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
