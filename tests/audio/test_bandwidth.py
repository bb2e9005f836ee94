from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from stemstudio.audio.bandwidth import bandwidth_hz, notices
from stemstudio.audio.probe import probe
from stemstudio.audio.resample import resample
from stemstudio.core.buffer import AudioBuffer

RATE = 44100


def noise(seconds: float = 4) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (2, round(seconds * RATE))).astype(np.float32)


def test_full_sound_reaches_half_the_rate():
    assert bandwidth_hz(AudioBuffer(noise(), RATE)) == RATE / 2


@pytest.mark.parametrize("old_rate", [16000, 22050, 32000])
def test_sound_of_a_lower_rate_ends_at_half_of_it(old_rate):
    converted = resample(AudioBuffer(noise(), old_rate), RATE)
    assert bandwidth_hz(converted) == pytest.approx(old_rate / 2, rel=0.04)


def test_silence_has_no_bandwidth():
    assert bandwidth_hz(AudioBuffer(np.zeros((1, RATE), np.float32), RATE)) == 0
    assert bandwidth_hz(AudioBuffer(np.zeros((1, 0), np.float32), RATE)) == 0


@pytest.mark.parametrize("rate", [1000, 8000, 768000])
def test_odd_rates_do_not_matter(rate):
    assert bandwidth_hz(AudioBuffer(noise(), rate)) == rate / 2


def test_a_dull_sound_with_noise_of_its_own_is_not_band_limited():
    t = np.arange(4 * RATE) / RATE
    bass = np.exp(-2 * (t % 0.5)) * np.sin(2 * np.pi * 55 * t) + 1e-4 * np.random.default_rng(0).normal(0, 1, len(t))
    assert bandwidth_hz(AudioBuffer(bass[None].astype(np.float32), RATE)) == RATE / 2


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg program")
def test_a_wav_made_from_an_mp3_is_found_out(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise().T, RATE)
    for arguments in (["-i", "a.wav", "-b:a", "128k", "b.mp3"], ["-i", "b.mp3", "c.wav"]):
        subprocess.run(["ffmpeg", "-v", "error", *arguments], cwd=tmp_path, check=True)
    samples, _ = soundfile.read(tmp_path / "c.wav", dtype="float32")
    sound = AudioBuffer(samples.T, RATE)
    assert 15_500 < bandwidth_hz(sound) < 17_500
    (said,) = notices(probe(tmp_path / "c.wav"), sound)
    assert "probably made from a lossy file" in said
    said = notices(probe(tmp_path / "b.mp3"), sound)
    assert "lossy (MP3)" in said[0]
    assert "kHz" in said[1]
    assert notices(probe(tmp_path / "a.wav"), AudioBuffer(noise(), RATE)) == ()
