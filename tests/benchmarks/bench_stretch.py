"""Tempo of a whole song on one grid for all stems, against Rubber Band (pedalboard).

Run by hand: ``python tests/benchmarks/bench_stretch.py [SECONDS]``. Needs the folder of real songs. The mix of a song
is stretched and stretched back, by either; what came of it is compared with the song.

sum       stretched stems minus the stretched mix, dB relative to the mix
spectrum  mean distance of the mel spectra of the song and of what came back, dB
attacks   correlation of the onset strength of the song and of what came back
speed     times real time by processor time, one core, one way, for the mix alone
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import librosa
import numpy as np
import pedalboard
from bench_upmix import RATE, cpu_s, decibels, power, songs

from stemstudio.core.buffer import AudioBuffer
from stemstudio.mixing.stretch import stretched

TEMPOS = (0.8, 0.93, 1.07, 1.25)


def ours(samples: np.ndarray, guide: np.ndarray, tempo: float) -> np.ndarray:
    return np.concatenate(list(stretched([AudioBuffer(samples, RATE)], AudioBuffer(guide, RATE), tempo)), axis=1)


def rubber_bands(samples: np.ndarray, _: np.ndarray, tempo: float) -> np.ndarray:
    return pedalboard.time_stretch(samples, RATE, stretch_factor=tempo)


def mel_db(samples: np.ndarray) -> np.ndarray:
    mel = librosa.feature.melspectrogram(y=samples.mean(axis=0), sr=RATE, n_fft=2048, hop_length=512, n_mels=96)
    return librosa.power_to_db(mel, ref=1.0, amin=1e-7)


def in_time(back: np.ndarray, song: np.ndarray) -> np.ndarray:
    """`back` moved to where it is most like `song`: a stretcher may come late by a little."""
    steps = [
        np.abs(each.mean(axis=0))[: song.shape[1] // 32 * 32].reshape(-1, 32).mean(axis=1) for each in (back, song)
    ]
    rises = [np.maximum(np.diff(each), 0) for each in steps]
    size = 1 << (2 * len(rises[1])).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(rises[0], size) * np.fft.rfft(rises[1], size).conj(), size)
    near = np.concatenate([likeness[:150], likeness[-150:]])
    best = int(np.argmax(near))
    return np.roll(back, -32 * (best if best < 150 else best - 300), axis=1)


def measures(make, stems: dict, mix: np.ndarray, tempo: float) -> tuple[float, float, float, float]:
    began = cpu_s()
    there = make(mix, mix, tempo)
    speed = mix.shape[1] / RATE / (cpu_s() - began)
    total = sum(make(each.samples, mix, tempo) for each in stems.values())
    back = make(there, there, 1 / tempo)
    frames = min(back.shape[1], mix.shape[1])
    back = in_time(back[:, :frames], mix[:, :frames])
    before, after = mel_db(mix[:, :frames]), mel_db(back[:, :frames])
    onsets = [np.maximum(np.diff(each, axis=1), 0).mean(axis=0) for each in (before, after)]
    return (
        decibels(power(total - there), power(there)),
        float(np.abs(before - after).mean()),
        float(np.corrcoef(*onsets)[0, 1]),
        speed,
    )


def main() -> None:
    audio = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
    seconds = float(sys.argv[1]) if sys.argv[1:] else 20.0
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{'':28}" + "".join(f"{name:>10}" for name in ("sum", "spectrum", "attacks", "speed")))
    for song, stems in songs(audio, seconds):
        mix = sum(each.samples for each in stems.values())
        for tempo in TEMPOS:
            for name, make in (("ours", ours), ("Rubber Band", rubber_bands)):
                row = measures(make, stems, mix, tempo)
                print(f"{song:10} {tempo:5.2f} {name:11}" + "".join(f"{each:10.2f}" for each in row), flush=True)


if __name__ == "__main__":
    main()
