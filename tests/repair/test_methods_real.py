"""Damage planted into real stems: the figures that the methods promise, by SI-SDR against the clean original."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfilt

from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.progress import Progress
from stemstudio.evaluation.si_sdr import si_sdr
from stemstudio.repair.engine import repair
from stemstudio.repair.method import Context
from stemstudio.repair.selection import Selection
from stemstudio.spectral.stft import StftSpec, istft, stft

PLACES = {
    "guitar": ("funk_stems_cc0/leadguitar.mp3", 30.0),
    "bass": ("funk_stems_cc0/bassguitar.mp3", 20.0),
    "clavinet": ("funk_stems_cc0/clav.mp3", 40.0),
    "voice": ("berklee_voice_ccby/malevoice_oo_F3.mp3", 0.4),
    "choir": ("berklee_voice_ccby/femalevoices_oo2_C#5.mp3", 0.3),
}


def on(*names):
    """Run a test on these stems."""
    return pytest.mark.parametrize("clean", names, indirect=True)


@pytest.fixture
def clean(request, audio_folder):
    """Three seconds of a real stem."""
    name, start_s = PLACES[request.param]
    samples, rate = soundfile.read(audio_folder / "samples" / name, dtype="float32", always_2d=True)
    first = round(start_s * rate)
    return AudioBuffer(np.ascontiguousarray(samples.T[:2, first : first + 3 * rate]), rate)


def gain_db(clean, damaged, selection, method_id, around_s=0.05):
    """By how much the method and the plain interpolation raise SI-SDR around the selection."""
    stem = AudioBuffer(damaged, clean.sample_rate)
    result = repair(stem, selection, method_id, {}, Context(stem), Progress())
    mended = damaged.copy()
    mended[:, result.start : result.start + result.samples.shape[1]] = result.samples
    extent, around = selection.extent, round(around_s * clean.sample_rate)
    where = slice(extent.first - around, extent.last + around)
    before, after, plain = (
        si_sdr(clean.samples[:, where], each[:, where])
        for each in (damaged, mended, plainly_interpolated(stem, selection))
    )
    return after - before, plain - before


def plainly_interpolated(stem, selection):
    """Magnitudes on a straight line from one side to the other, the phases as they are."""
    spec = StftSpec.at_rate(stem.sample_rate, 2048)
    cells = stft(stem.samples, spec)
    first = (selection.extent.first - spec.n_fft // 2) // spec.hop
    last = -(-(selection.extent.last + spec.n_fft // 2) // spec.hop)
    share = np.linspace(0, 1, last - first + 1)
    level = (1 - share) * np.abs(cells[:, :, first : first + 1]) + share * np.abs(cells[:, :, last : last + 1])
    cells[:, :, first : last + 1] = level * np.exp(1j * np.angle(cells[:, :, first : last + 1]))
    return istft(cells, spec, stem.frames)


@on("guitar", "bass", "clavinet", "voice", "choir")
def test_a_click_is_closed(clean):
    damaged, at = clean.samples.copy(), clean.frames // 2
    burst = np.random.default_rng(1).standard_normal(20) * np.exp(-np.arange(20) / 6)
    damaged[:, at : at + 20] += (burst * np.abs(damaged).max() / np.abs(burst).max()).astype(np.float32)
    width = clean.sample_rate // 10
    ours, plain = gain_db(clean, damaged, Selection.time_range(clean.sample_rate, at - width, at + width), "declick")
    assert ours > 10
    assert ours > plain


@on("guitar", "clavinet", "voice", "choir")
def test_a_drifting_hum_is_taken_out(clean):
    time_s = np.arange(clean.frames) / clean.sample_rate
    phase = 2 * np.pi * np.cumsum(50.07 + 0.05 * np.sin(2 * np.pi * time_s / 8)) / clean.sample_rate
    hum = sum(np.sin(k * phase + k) / k for k in range(1, 9))
    hum *= 0.5 * np.sqrt(np.mean(clean.samples**2) / np.mean(hum**2))
    selection = Selection.time_range(clean.sample_rate, clean.frames // 4, 3 * clean.frames // 4)
    ours, plain = gain_db(clean, clean.samples + hum.astype(np.float32), selection, "dehum", around_s=0)
    assert ours > 10
    assert ours > plain


@on("voice", "choir")
def test_a_dropout_in_a_held_note_is_filled(clean):
    damaged, at, length = clean.samples.copy(), clean.frames // 2, clean.sample_rate // 10
    damaged[:, at : at + length] = 0
    ours, plain = gain_db(clean, damaged, Selection.time_range(clean.sample_rate, at, at + length), "inpaint")
    assert ours > 6
    assert ours > plain


@on("bass", "voice", "choir")
def test_a_cough_over_a_held_note_is_reduced(clean):
    rate, at, length = clean.sample_rate, clean.frames // 2, clean.sample_rate // 5
    noise = np.random.default_rng(1).standard_normal(length)
    noise = sosfilt(butter(2, [400, 3500], "bandpass", fs=rate, output="sos"), noise) * np.hanning(length) ** 0.5
    damaged = clean.samples.copy()
    noise *= np.sqrt(np.mean(damaged[:, at : at + length] ** 2) / np.mean(noise**2))
    damaged[:, at : at + length] += noise.astype(np.float32)
    ours, _ = gain_db(clean, damaged, Selection.box(rate, at, at + length, 150, 9000), "attenuate")
    assert ours > 2
