"""Repair methods on damage planted into real stems, against plain interpolation and FFmpeg's ``adeclick``.

Run by hand: ``python tests/benchmarks/bench_repair.py [click] [hum] [drop-out] [cough] [speed]``. Quality: SI-SDR in dB
against the clean original over the affected passage, before and after, for the methods that are meant for the damage,
for plain interpolation of magnitudes with the mixture's phase, and for FFmpeg where it has a filter for it. Speed:
milliseconds for two seconds out of a stereo song of one hour, the median and the worst of ten.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Progress
from stemstudio.evaluation.si_sdr import si_sdr
from stemstudio.repair.engine import repair
from stemstudio.repair.method import Context
from stemstudio.repair.registry import infos
from stemstudio.repair.selection import Selection
from stemstudio.spectral.stft import StftSpec, istft, stft

AUDIO = Path(os.environ.get("STEMSTUDIO_AUDIO") or Path(__file__).resolve().parents[3] / "shared" / "audio")
STEMS = {
    "guitar": "funk_stems_cc0/leadguitar.mp3",
    "bass": "funk_stems_cc0/bassguitar.mp3",
    "horns": "funk_stems_cc0/horns.mp3",
    "clavinet": "funk_stems_cc0/clav.mp3",
    "song 10": "vocadito_ccby/vocadito_10.wav",
    "song 14": "vocadito_ccby/vocadito_14.wav",
    "vowel aa": "berklee_voice_ccby/femalevoice_aa_Db5.mp3",
    "vowel oo": "berklee_voice_ccby/malevoice_oo_F3.mp3",
    "choir": "berklee_voice_ccby/femalevoices_oo2_C#5.mp3",
}
PLACES = 4
AROUND_S = 0.05
"""Seconds on either side of the damage that count as affected."""


def main() -> None:
    wanted = sys.argv[1:] or [*DAMAGES, "speed"]
    for name, (plant, methods) in DAMAGES.items():
        if name in wanted:
            quality(name, plant, methods)
    if "speed" in wanted:
        speed()


def quality(name: str, plant: Callable, methods: tuple[str, ...]) -> None:
    columns = ["before", *methods, "plain"] + (["adeclick"] if name == "click" else [])
    print(f"\n{name}: SI-SDR in dB, mean of {PLACES} places")
    print(f"  {'stem':10}" + "".join(f"{column:>13}" for column in columns))
    gains = []
    for stem, path in STEMS.items():
        rows = [list(scores(plant, methods, clean, name).values()) for clean in passages(path)]
        means = np.mean(rows, axis=0)
        gains.append(means[1:] - means[0])
        print(f"  {stem:10}" + "".join(f"{mean:13.1f}" for mean in means))
    print(f"  {'up by':10}{'':13}" + "".join(f"{gain:13.1f}" for gain in np.mean(gains, axis=0)))
    print(f"  {'least':10}{'':13}" + "".join(f"{gain:13.1f}" for gain in np.min(gains, axis=0)))


def passages(path: str) -> list[AudioBuffer]:
    """Four seconds around places that sound, the same at every run."""
    samples, rate = soundfile.read(AUDIO / "samples" / path, dtype="float32", always_2d=True)
    samples, found, random = samples.T[:2], [], np.random.default_rng(7)
    usual = np.sqrt(np.mean(samples**2))
    half = min(2 * rate, samples.shape[1] // 3)
    while len(found) < PLACES:
        middle = int(random.integers(half, samples.shape[1] - half + 1))
        if np.sqrt(np.mean(samples[:, middle : middle + rate // 10] ** 2)) > usual:
            found.append(AudioBuffer(samples[:, middle - half : middle + half], rate))
    return found


def scores(plant: Callable, methods: tuple[str, ...], clean: AudioBuffer, name: str) -> dict[str, float]:
    damaged, selection = plant(clean, np.random.default_rng(1))
    around = 0 if name == "hum" else round(AROUND_S * clean.sample_rate)  # hum goes on outside of the selection
    extent = selection.extent
    affected = slice(max(extent.first - around, 0), min(extent.last + around, clean.frames))

    def score(samples: np.ndarray) -> float:
        return si_sdr(clean.samples[:, affected], samples[:, affected])

    result = {"before": score(damaged.samples)}
    for method in methods:
        result[method] = score(mended(damaged, selection, method))
    result["plain"] = score(plainly_interpolated(damaged, selection))
    if name == "click":
        result["adeclick"] = score(adeclick(damaged))
    return result


def mended(damaged: AudioBuffer, selection: Selection, method: str) -> np.ndarray:
    try:
        result = repair(damaged, selection, method, {}, Context(damaged), Progress())
    except BadInput:  # in a short stem there is no other passage
        return damaged.samples
    whole = damaged.samples.copy()
    whole[:, result.start : result.start + result.samples.shape[1]] = result.samples
    return whole


def plainly_interpolated(damaged: AudioBuffer, selection: Selection) -> np.ndarray:
    """Magnitudes on a straight line between the frames beside the selection, the phases as they are."""
    spec = StftSpec.at_rate(damaged.sample_rate, 2048)
    cells = stft(damaged.samples, spec)
    extent = selection.extent
    first = max((extent.first - spec.n_fft // 2) // spec.hop, 0)
    last = min(-(-(extent.last + spec.n_fft // 2) // spec.hop), cells.shape[2] - 1)
    share = np.linspace(0, 1, last - first + 1)
    level = (1 - share) * np.abs(cells[:, :, first : first + 1]) + share * np.abs(cells[:, :, last : last + 1])
    cells[:, :, first : last + 1] = level * np.exp(1j * np.angle(cells[:, :, first : last + 1]))
    return istft(cells, spec, damaged.frames)


def adeclick(damaged: AudioBuffer) -> np.ndarray:
    """FFmpeg's de-clicker with its defaults over the whole sound."""
    if shutil.which("ffmpeg") is None:
        return damaged.samples
    with tempfile.TemporaryDirectory() as folder:
        there, back = Path(folder, "a.wav"), Path(folder, "b.wav")
        soundfile.write(there, damaged.samples.T, damaged.sample_rate, "FLOAT")
        command = ["ffmpeg", "-loglevel", "error", "-i", there, "-af", "adeclick", "-c:a", "pcm_f32le", back]
        subprocess.run(command, check=True)
        samples = soundfile.read(back, dtype="float32", always_2d=True)[0].T
    out = np.zeros_like(damaged.samples)
    frames = min(out.shape[1], samples.shape[1])
    out[:, :frames] = samples[:, :frames]
    return out


def plant_click(clean: AudioBuffer, random: np.random.Generator) -> tuple[AudioBuffer, Selection]:
    """Twenty samples of decaying noise, as loud as the loudest sample; a quarter second is selected."""
    samples, at = clean.samples.copy(), clean.frames // 2
    burst = random.standard_normal(20) * np.exp(-np.arange(20) / 6)
    samples[:, at : at + 20] += (burst * np.abs(samples).max() / np.abs(burst).max()).astype(np.float32)
    width = clean.sample_rate // 8
    return AudioBuffer(samples, clean.sample_rate), Selection.time_range(clean.sample_rate, at - width, at + width)


def plant_hum(clean: AudioBuffer, random: np.random.Generator) -> tuple[AudioBuffer, Selection]:
    """50 Hz and seven harmonics that drift by 0.05 Hz, 6 dB under the stem; the middle half is selected."""
    time_s = np.arange(clean.frames) / clean.sample_rate
    hertz = 50.07 + 0.05 * np.sin(2 * np.pi * time_s / 8)
    phase = 2 * np.pi * np.cumsum(hertz) / clean.sample_rate
    hum = sum(np.sin(k * phase + random.uniform(0, 6)) / k for k in range(1, 9))
    hum *= 0.5 * np.sqrt(np.mean(clean.samples**2) / np.mean(hum**2))
    quarter = clean.frames // 4
    selection = Selection.time_range(clean.sample_rate, quarter, 3 * quarter)
    return AudioBuffer(clean.samples + hum.astype(np.float32), clean.sample_rate), selection


def plant_dropout(clean: AudioBuffer, random: np.random.Generator) -> tuple[AudioBuffer, Selection]:
    """100 ms of silence, selected."""
    del random
    samples, at, length = clean.samples.copy(), clean.frames // 2, clean.sample_rate // 10
    samples[:, at : at + length] = 0
    return AudioBuffer(samples, clean.sample_rate), Selection.time_range(clean.sample_rate, at, at + length)


def plant_cough(clean: AudioBuffer, random: np.random.Generator) -> tuple[AudioBuffer, Selection]:
    """200 ms of noise around 1 kHz that swells and dies, as loud as the stem is there; selected with its band."""
    rate, at, length = clean.sample_rate, clean.frames // 2, clean.sample_rate // 5
    samples = clean.samples.copy()
    band = butter(2, [400, 3500], "bandpass", fs=rate, output="sos")
    noise = sosfilt(band, random.standard_normal(length)) * np.hanning(length) ** 0.5
    noise *= np.sqrt(np.mean(samples[:, at : at + length] ** 2) / np.mean(noise**2))
    samples[:, at : at + length] += noise.astype(np.float32)
    return AudioBuffer(samples, rate), Selection.box(rate, at, at + length, 150, 9000)


DAMAGES = {
    "click": (plant_click, ("declick",)),
    "hum": (plant_hum, ("dehum",)),
    "drop-out": (plant_dropout, ("inpaint", "partials", "interpolate", "pattern")),
    "cough": (plant_cough, ("attenuate", "inpaint", "interpolate", "heal")),
}


class Hour:
    """One hour of a real stem, again and again, without its memory."""

    def __init__(self, once: AudioBuffer) -> None:
        self._once = once
        self.sample_rate, self.channels, self.frames = once.sample_rate, once.channels, 3600 * once.sample_rate

    def read(self, start: int, frames: int) -> np.ndarray:
        index = np.arange(start, start + frames)
        inside = (index >= 0) & (index < self.frames)
        return self._once.samples[:, index % self._once.frames] * inside.astype(np.float32)


def speed(runs: int = 10) -> None:
    samples, rate = soundfile.read(AUDIO / "samples" / STEMS["guitar"], dtype="float32", always_2d=True)
    once = AudioBuffer(np.repeat(samples.T, 2, axis=0)[:2], rate)
    hour = Hour(once)
    print(
        f"\ntwo seconds of {hour.channels} channels at {rate} Hz in one hour: milliseconds, median and worst of {runs}"
    )
    first, last = 1800 * rate, 1802 * rate
    for title, selection in (
        ("all frequencies", Selection.time_range(rate, first, last)),
        ("300 to 6000 Hz", Selection.box(rate, first, last, 300, 6000)),
    ):
        print(f"  {title}")
        for info in infos():
            context, taken = Context(hour, mixture=hour), []
            for run in range(runs + 1):
                start = time.perf_counter()
                repair(hour, selection, info.id, {}, context, Progress())
                if run:
                    taken.append(1000 * (time.perf_counter() - start))
            print(f"    {info.id:12}{np.median(taken):9.1f}{max(taken):9.1f}{'  searching' if info.searching else ''}")


if __name__ == "__main__":
    main()
