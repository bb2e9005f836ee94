"""Harmonic-percussive separation against ``librosa.effects.hpss``: time, ratio, and how far the results are apart.

Run by hand: ``python tests/benchmarks/bench_hpss.py [FILE]``. The material is a whole real song. Both run once to
compile and load, then in turns; the best of the runs counts. First on one core, then on all.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import librosa
import numpy as np
import soundfile

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.separation.engine import separate

RUNS = 3


class Kept:
    def __init__(self, shape: tuple[int, int]) -> None:
        self.stems = {name: np.zeros(shape, np.float32) for name in ("harmonic", "percussive", "residual")}

    def write(self, start: int, stems) -> None:
        for name, samples in stems.items():
            self.stems[name][:, start : start + samples.shape[1]] = samples


def ours(song: AudioBuffer) -> tuple[np.ndarray, np.ndarray]:
    sink = Kept(song.samples.shape)
    separate(song, "hpss", {}, sink, Progress())
    return sink.stems["harmonic"], sink.stems["percussive"]


def librosas(song: AudioBuffer) -> tuple[np.ndarray, np.ndarray]:
    return librosa.effects.hpss(song.samples)


def timed(function, song: AudioBuffer):
    start = time.perf_counter()
    result = function(song)
    return time.perf_counter() - start, result


def main() -> None:
    audio = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
    path = Path(sys.argv[1]) if sys.argv[1:] else next((audio / "mixtures").glob("*Vibe_Ace*.ogg"))
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    song = AudioBuffer(np.ascontiguousarray(samples.T), rate)
    print(f"{path.name}: {song.seconds:.0f} s, {song.channels} channels, {rate} Hz")
    warm = AudioBuffer(song.samples[:, :rate], rate)
    ours(warm), librosas(warm)
    every = os.sched_getaffinity(0)
    for cores in ({min(every)}, every):
        os.sched_setaffinity(0, cores)
        best = {}
        for _ in range(RUNS):
            for function in (ours, librosas):
                seconds, result = timed(function, song)
                if function not in best or seconds < best[function][0]:
                    best[function] = seconds, result
        (mine, stems), (theirs, rivals) = best[ours], best[librosas]
        apart = max(float(np.abs(a - b).max()) for a, b in zip(stems, rivals, strict=True))
        print(f"on {len(cores)} core{'s' * (len(cores) > 1)}, best of {RUNS}:")
        print(f"  stemstudio hpss      {mine:7.2f} s  {song.seconds / mine:6.1f} times real time")
        print(f"  librosa.effects.hpss {theirs:7.2f} s  {song.seconds / theirs:6.1f} times real time")
        print(f"  ratio {theirs / mine:.1f}, largest difference {apart:.1e}")


if __name__ == "__main__":
    main()
