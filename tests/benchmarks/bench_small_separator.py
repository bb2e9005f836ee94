"""How quick the small separator is, against the quickest classic method, on a minute of noise.

Run: python tests/benchmarks/bench_small_separator.py
"""

from __future__ import annotations

import time

import numpy as np

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress
from stemstudio.separation.registry import backend

SECONDS = 60


class Nothing:
    def write(self, start, stems) -> None:
        pass


def main() -> None:
    samples = np.random.default_rng(1).standard_normal((2, SECONDS * 44100)).astype(np.float32) * 0.1
    took = {}
    for name in ("stemstudio-small", "hpss"):
        method = backend(name)
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            method.separate(AudioBuffer(samples, 44100), resolve(method.info.params, {}), Nothing(), Progress())
            best = min(best, time.perf_counter() - start)
        took[name] = best
        print(f"{name:18} {best:6.2f} s for {SECONDS} s, {SECONDS / best:.0f} times real time")
    print(f"ratio {took['hpss'] / took['stemstudio-small']:.2f}")


if __name__ == "__main__":
    main()
