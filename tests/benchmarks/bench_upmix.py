"""5.1 made from real songs, against FFmpeg's ``surround`` filter on the same measures, side by side.

Run by hand: ``python tests/benchmarks/bench_upmix.py [SECONDS]``. Needs the folder of real songs and an ffmpeg program.
For each song the mix is a minute from the middle; ours is made from its stems and from the stereo mix alone.

null        fold-down by ITU-R BS.775 minus the mix, dB relative to the mix, as it is
aligned     the same at the best gain and delay
peak        true peak of the loudest channel, dBTP
alike       correlation of the two surround channels
around      power of the surrounds relative to the front, dB
centre      power of the centre relative to the front pair, dB
LFE 200+    power of the low-frequency channel above 200 Hz relative to all of it, dB
sum         power of all channels but the LFE relative to the mix, dB
speed       times real time, by the processor time of one core
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from stemstudio.audio.decode import Decoder
from stemstudio.audio.loudness import TruePeakMeter
from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.folddown import fold_down
from stemstudio.mixing.layouts import LAYOUTS
from stemstudio.mixing.placement import default_placement, measured_panning
from stemstudio.mixing.split import split
from stemstudio.mixing.upmix import UpmixInput, UpmixSource

RATE = 44100
LAYOUT = LAYOUTS["5.1"]


def decoded(path: Path, start_s: float, seconds: float) -> np.ndarray:
    with Decoder(path) as decoder:
        rate = decoder.sample_rate
        first, last, done, kept = round(start_s * rate), round((start_s + seconds) * rate), 0, []
        for block in decoder:
            kept.append(block[:, max(0, first - done) : max(0, last - done)])
            done += block.shape[1]
            if done >= last:
                break
    samples = fold_down(np.concatenate(kept, axis=1))
    source = resample(AudioBuffer(samples, rate), RATE)
    out = np.zeros((2, round(seconds * RATE)), np.float32)
    out[:, : source.frames] = source.read(0, min(source.frames, out.shape[1]))
    return out


def songs(audio: Path, seconds: float):
    """Pairs of a song's name and its stems by kind, at half level as their sum may pass full scale."""
    with (audio / "songs" / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    for song in sorted({row["song"] for row in rows}):
        stems = defaultdict(lambda: 0.0)
        for row in rows:
            if row["song"] == song:
                start_s = max(0.0, float(row["duration_s"]) / 2 - seconds / 2)
                kind = "bass" if row["category"] == "bass+other" else row["category"]
                stems[kind] = stems[kind] + 0.5 * decoded(audio / "songs" / song / row["stem"], start_s, seconds)
        yield song, {kind: AudioBuffer(samples, RATE) for kind, samples in stems.items()}


def ours(stems: dict, mode: str) -> np.ndarray:
    inputs = [UpmixInput(each, default_placement(kind, measured_panning(each))) for kind, each in stems.items()]
    room = UpmixSource(inputs, LAYOUT, mode)
    return room.read(0, room.frames)


def ffmpegs(mix: np.ndarray) -> np.ndarray:
    form = ["-f", "f32le", "-ar", str(RATE)]
    command = ["ffmpeg", "-v", "error", "-threads", "1", *form, "-ac", "2", "-i", "pipe:"]
    command += ["-af", "surround=chl_out=5.1", *form, "pipe:"]
    done = subprocess.run(command, input=mix.T.tobytes(), capture_output=True, check=True)
    made = np.frombuffer(done.stdout, np.float32).reshape(-1, 6).T
    out = np.zeros((6, mix.shape[1]), np.float32)
    out[:, : made.shape[1]] = made[:, : mix.shape[1]]
    return out


def decibels(power: float, reference: float) -> float:
    return 10 * np.log10(max(power, 1e-30) / max(reference, 1e-30))


def power(samples: np.ndarray) -> float:
    return float(np.sum(samples.astype(np.float64) ** 2))


def aligned_db(folded: np.ndarray, mix: np.ndarray) -> float:
    size = 1 << (2 * mix.shape[1]).bit_length()
    spectra = [np.fft.rfft(each.sum(axis=0), size) for each in (folded, mix)]
    delay = int(np.argmax(np.fft.irfft(spectra[0] * spectra[1].conj(), size)[: RATE // 2]))
    late, early = folded[:, delay:], mix[:, : mix.shape[1] - delay]
    gain = float(np.sum(late.astype(np.float64) * early)) / max(power(late), 1e-30)
    return decibels(power(gain * late - early), power(early))


def measures(made: np.ndarray, mix: np.ndarray) -> dict[str, float]:
    left, right, centre, low, back_left, back_right = made
    folded = fold_down(made)
    meter = TruePeakMeter(6)
    meter.add(made)
    bass = np.abs(np.fft.rfft(low)) ** 2
    front = power(left) + power(right)
    return {
        "null": decibels(power(folded - mix), power(mix)),
        "aligned": aligned_db(folded, mix),
        "peak": meter.dbtp(),
        "alike": float(np.corrcoef(back_left, back_right)[0, 1]),
        "around": decibels(power(back_left) + power(back_right), front + power(centre)),
        "centre": decibels(power(centre), front),
        "LFE 200+": decibels(float(bass[np.fft.rfftfreq(len(low), 1 / RATE) > 200].sum()), float(bass.sum())),
        "sum": decibels(power(made) - power(low), power(mix)),
    }


def cpu_s() -> float:
    """Processor time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def main() -> None:
    audio = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
    seconds = float(sys.argv[1]) if sys.argv[1:] else 60.0
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    blank = AudioBuffer(np.zeros((2, RATE), np.float32), RATE)
    ours(split(blank), "keep")  # loads and prepares what is loaded and prepared once
    names = ("null", "aligned", "peak", "alike", "around", "centre", "LFE 200+", "sum", "speed")
    print(f"{'':28}" + "".join(f"{name:>10}" for name in names))
    for song, stems in songs(audio, seconds):
        mix = sum(each.samples for each in stems.values())
        whole = AudioBuffer(mix, RATE)
        ways = {
            f"ours, {len(stems)} stems, keep": lambda stems=stems: ours(stems, "keep"),
            f"ours, {len(stems)} stems, free": lambda stems=stems: ours(stems, "free"),
            "ours, stereo, keep": lambda whole=whole: ours(split(whole), "keep"),
            "ffmpeg surround": lambda mix=mix: ffmpegs(mix),
        }
        print(song)
        for way, make in ways.items():
            began = cpu_s()
            made = make()
            speed = seconds / (cpu_s() - began)
            row = measures(made, mix) | {"speed": speed}
            print(f"  {way:26}" + "".join(f"{row[name]:10.2f}" for name in names), flush=True)


if __name__ == "__main__":
    main()
