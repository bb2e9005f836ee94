from __future__ import annotations

import math
import re
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from stemstudio.audio.loudness import LoudnessMeter, TruePeakMeter, integrated_lufs, true_peak_dbtp
from stemstudio.core.buffer import AudioBuffer


def tone(level_dbfs: float, seconds: float, rate: int = 48000, hertz: float = 1000, channels: int = 2) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hertz * t)
    return np.repeat(wave[None], channels, axis=0).astype(np.float32)


# EBU Tech 3341 (2016), table 1: signals of 1 kHz in stereo and what a meter has to show, within 0.1 LU.
EBU = {
    "case 1": ([(-23, 20)], -23.0),
    "case 2": ([(-33, 20)], -33.0),
    "case 3": ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    "case 4": ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    "case 5": ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
}


@pytest.mark.parametrize("case", EBU)
@pytest.mark.parametrize("rate", [44100])
def test_the_signals_of_ebu_tech_3341(case, rate):
    parts, expected = EBU[case]
    samples = np.concatenate([tone(level, seconds, rate) for level, seconds in parts], axis=1)
    assert integrated_lufs(AudioBuffer(samples, rate)) == pytest.approx(expected, abs=0.1)


def test_surround_weights_of_ebu_tech_3341_case_6():
    levels = [-28, -28, -24, -300, -30, -30]
    samples = np.concatenate([tone(level, 20, channels=1) for level in levels])
    assert integrated_lufs(AudioBuffer(samples, 48000)) == pytest.approx(-23, abs=0.1)
    samples[3] = 0.5  # the low-frequency channel does not count
    assert integrated_lufs(AudioBuffer(samples, 48000)) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 96000, 192000])
def test_loudness_does_not_depend_on_the_rate(rate):
    assert integrated_lufs(AudioBuffer(tone(-20, 5, rate), rate)) == pytest.approx(-20, abs=0.1)


def test_blocks_of_any_size_give_the_same():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, (2, 300_000)).astype(np.float32)
    meter, peak, start = LoudnessMeter(44100, 2), TruePeakMeter(2), 0
    while start < samples.shape[1]:
        n = int(rng.integers(1, 30_000))
        meter.add(samples[:, start : start + n])
        peak.add(samples[:, start : start + n])
        start += n
    whole = AudioBuffer(samples, 44100)
    assert meter.integrated_lufs() == pytest.approx(integrated_lufs(whole), abs=1e-4)
    assert peak.dbtp() == pytest.approx(true_peak_dbtp(whole), abs=1e-4)


def test_silence_and_moments_have_no_loudness():
    silence = AudioBuffer(np.zeros((2, 48000), np.float32), 48000)
    assert integrated_lufs(silence) == -math.inf
    assert true_peak_dbtp(silence) == -math.inf
    assert integrated_lufs(AudioBuffer(tone(-10, 0.3), 48000)) == -math.inf
    assert true_peak_dbtp(AudioBuffer(np.zeros((1, 0), np.float32), 48000)) == -math.inf
    assert true_peak_dbtp(AudioBuffer(np.full((1, 1), 0.5, np.float32), 48000)) == pytest.approx(-6.02, abs=0.01)


# EBU Tech 3341, cases 15 to 19: a quarter, a sixth or an eighth of the rate, where no sample meets the crest.
@pytest.mark.parametrize(("divisor", "phase_degrees"), [(4, 0), (4, 45), (6, 60), (8, 67.5)])
def test_crests_between_samples_are_found(divisor, phase_degrees):
    t = np.arange(48000)
    wave = 0.5 * np.sin(2 * np.pi * t / divisor + np.radians(phase_degrees)) * np.hanning(48000) ** 0.1
    found = true_peak_dbtp(AudioBuffer(wave[None].astype(np.float32), 48000))
    assert found == pytest.approx(-6.0, abs=0.2)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg program")
def test_real_songs_measure_as_with_ffmpeg(audio_folder):
    for path in sorted((audio_folder / "mixtures").glob("*.ogg"))[-2:]:
        command = [
            "ffmpeg",
            "-nostats",
            "-t",
            "30",
            "-i",
            path,
            "-filter_complex",
            "ebur128=peak=true",
            "-f",
            "null",
            "-",
        ]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        lufs = float(re.findall(r"I:\s+(\S+) LUFS", said)[-1])
        peak = float(re.findall(r"Peak:\s+(\S+) dBFS", said)[-1])
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        sound = AudioBuffer(samples[: 30 * rate].T, rate)
        assert integrated_lufs(sound) == pytest.approx(lufs, abs=0.1)
        assert true_peak_dbtp(sound) == pytest.approx(peak, abs=0.2)
