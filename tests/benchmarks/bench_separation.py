"""Quality, speed and memory of every separation method on five real songs with true stems.

Run by hand: ``python tests/benchmarks/bench_separation.py [--backend ID ...] [--seconds N] [--memory]``. Prints SI-SDR
by the protocol of `stemstudio.evaluation.segments` for each song and stem, beside it that of the mixture taken for the
stem, and the gain; then how many times real time each method ran. Methods with fewer stems are compared where they
fit: a voice or a centre with the vocals, what is left with all other stems together, percussive with the drums.

With ``--memory`` it measures instead the peak of the resident memory for five minutes and for an hour, each in a
process of its own.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from stemstudio.audio.decode import Decoder
from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.evaluation.segments import SAMPLE_RATE, score_segments
from stemstudio.separation.backend import Ready
from stemstudio.separation.engine import separate
from stemstudio.separation.registry import backend, backend_ids

AUDIO = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
GAIN = np.float32(0.5)
"""The sum of a song's stems may pass full scale."""
PLAYED_AS = {"center": "vocals", "percussive": "drums", "sides": "rest", "accompaniment": "rest", "harmonic": "tones"}
"""What the stems of smaller methods are compared with."""


class Kept:
    def __init__(self, frames: int) -> None:
        self._shape, self.stems = (2, frames), {}

    def write(self, start: int, stems) -> None:
        for name, samples in stems.items():
            self.stems.setdefault(name, np.zeros(self._shape, np.float32))[:, start : start + samples.shape[1]] = (
                samples
            )


class Dropped:
    def write(self, start: int, stems) -> None:
        pass


def decoded(path: Path) -> np.ndarray:
    with Decoder(path) as decoder:
        samples = np.concatenate(list(decoder), axis=1)
        source = resample(AudioBuffer(samples, decoder.sample_rate), SAMPLE_RATE)
    samples = source.read(0, source.frames)
    return samples if len(samples) == 2 else np.repeat(samples[:1], 2, axis=0)


def true_stems(song: str, seconds: float | None) -> dict[str, AudioBuffer]:
    """Vocals, drums, bass and other at half level; bass and other as one where the song has them in one file."""
    with (AUDIO / "songs" / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["song"] == song]
    joint = any(row["category"] == "bass+other" for row in rows)
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    for row in rows:
        category = "bass+other" if joint and row["category"] in ("bass", "other") else row["category"]
        parts[category].append(decoded(AUDIO / "songs" / song / row["stem"]))
    frames = max(samples.shape[1] for some in parts.values() for samples in some)
    stems = {}
    for category, some in parts.items():
        total = np.zeros((2, frames), np.float32)
        for samples in some:
            total[:, : samples.shape[1]] += GAIN * samples
        stems[category] = AudioBuffer(total[:, : round(seconds * SAMPLE_RATE) if seconds else None], SAMPLE_RATE)
    return stems


def plus(*sources: AudioBuffer) -> AudioBuffer:
    return AudioBuffer(np.sum([source.samples for source in sources], axis=0), SAMPLE_RATE)


def scores(true: dict[str, AudioBuffer], stems: dict[str, np.ndarray]):
    """Score the stems of any method; ``rest`` and ``tones`` are sums of true stems and scored on their own."""
    estimates = {PLAYED_AS.get(name, name): AudioBuffer(samples, SAMPLE_RATE) for name, samples in stems.items()}
    found = score_segments(true, estimates)
    for name, left_out in (("rest", "vocals"), ("tones", "drums")):
        if name in estimates:
            rest = plus(*(source for stem, source in true.items() if stem != left_out))
            found |= score_segments({name: rest, left_out: true[left_out]}, {name: estimates[name]})
    return found


def quality(backends: list[str], seconds: float | None) -> None:
    table: dict[str, dict[str, list]] = {name: defaultdict(list) for name in backends}
    times = dict.fromkeys(backends, 0.0)
    total = 0.0
    for song in ("hydrogen", "lithium", "sodium", "rubidium", "caesium"):
        true = true_stems(song, seconds)
        mix = plus(*true.values())
        total += mix.seconds
        for name in backends:
            sink = Kept(mix.frames)
            start = time.perf_counter()
            report = separate(mix, name, {}, sink, Progress())
            times[name] += time.perf_counter() - start
            for stem, score in scores(true, sink.stems).items():
                table[name][stem].append(score)
                show(name, song, stem, score.si_sdr_db, score.mixture_db, f"{score.segments} segments")
            assert report.null_db < -120
    print("\nmean over songs")
    for name in backends:
        for stem, some in table[name].items():
            means = (float(np.mean([getattr(score, key) for score in some])) for key in ("si_sdr_db", "mixture_db"))
            show(name, "", stem, *means, f"{len(some)} songs")
        print(f"{name:12} {total / times[name]:.1f} times real time")


def show(name: str, song: str, stem: str, si_sdr_db: float, mixture_db: float, note: str) -> None:
    gain = si_sdr_db - mixture_db
    print(
        f"{name:12} {song:10} {stem:12} {si_sdr_db:7.2f}  mixture {mixture_db:7.2f}  gain {gain:6.2f}  {note}",
        flush=True,
    )


class LongSong:
    """A real song over and over, read from memory once."""

    def __init__(self, seconds: float) -> None:
        import soundfile

        path = next((AUDIO / "mixtures").glob("*Vibe_Ace*.ogg"))
        samples, self.sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
        self._samples = np.ascontiguousarray(samples.T)
        self.channels, self.frames = len(self._samples), round(seconds * self.sample_rate)

    def read(self, start: int, frames: int) -> np.ndarray:
        place = np.arange(start, start + frames)
        out = self._samples[:, place % self._samples.shape[1]]
        out[:, (place < 0) | (place >= self.frames)] = 0
        return out


def memory(backends: list[str]) -> None:
    for name in backends:
        peaks = []
        for seconds in (300, 3600):
            command = [sys.executable, __file__, "--backend", name, "--peak", str(seconds)]
            peaks.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(
            f"{name:12} 5 min {peaks[0]:6.0f} MB  60 min {peaks[1]:6.0f} MB  ratio {peaks[1] / peaks[0]:.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", action="append")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--peak", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    ready = [name for name in backend_ids() if isinstance(backend(name).availability(), Ready)]
    backends = options.backend or ready
    if options.peak:
        separate(LongSong(options.peak), backends[0], {}, Dropped(), Progress())
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    elif options.memory:
        memory(backends)
    else:
        quality(backends, options.seconds)


if __name__ == "__main__":
    main()
