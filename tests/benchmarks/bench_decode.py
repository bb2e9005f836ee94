"""Time to decode a file with `Decoder` beside the quickest way in plain Python: soundfile, else PyAV, in one go.

Run: ``python tests/benchmarks/bench_decode.py FILE...``; each is decoded three times by both, the best counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile

from stemstudio.audio.decode import Decoder


def ours(path: Path) -> int:
    with Decoder(path) as decoder:
        return sum(block.shape[1] for block in decoder)


def rival(path: Path) -> int:
    try:
        return len(soundfile.read(path, dtype="float32", always_2d=True)[0])
    except soundfile.LibsndfileError:
        with av.open(str(path)) as container:
            converter = av.AudioResampler(format="fltp")
            parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in converter.resample(frame)]
        return int(np.concatenate(parts, axis=1).shape[1])


def best_of_three(work: Callable[[Path], int], path: Path) -> tuple[float, int]:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        frames = work(path)
        times.append(time.perf_counter() - started)
    return min(times), frames


for name in sys.argv[1:]:
    file = Path(name)
    rate = Decoder(file).sample_rate
    our_s, frames = best_of_three(ours, file)
    their_s, _ = best_of_three(rival, file)
    print(
        f"{file.name}: {frames / rate:.0f} s; ours {our_s:.2f} s ({frames / rate / our_s:.0f} times real time), "
        f"all at once {their_s:.2f} s, ratio {their_s / our_s:.2f}",
        flush=True,
    )
