"""Room around the sounds: panning, echoes, reverberation, and tables that sing without aliasing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from score import BEAT_S, FRAMES, SAMPLE_RATE

Audio = NDArray[np.float64]
_TABLE = 8192


def pan(mono: Audio, position: float) -> Audio:
    """Place `mono` between left (-1) and right (1) at equal power: shape (2, frames)."""
    angle = (position + 1) * np.pi / 4
    return np.stack([np.cos(angle) * mono, np.sin(angle) * mono])


def add(bus: Audio, sound: Audio, start_s: float) -> None:
    """Add `sound` to `bus` (both (2, frames)) from `start_s`; what reaches over the ends is left out."""
    first = round(start_s * SAMPLE_RATE)
    skip = max(0, -first)
    first = max(0, first)
    n = min(sound.shape[1] - skip, bus.shape[1] - first)
    if n > 0:
        bus[:, first : first + n] += sound[:, skip : skip + n]


def silence() -> Audio:
    """Return a stereo bus of the song's length."""
    return np.zeros((2, FRAMES))


def harmonic_tone(frequency_hz: Audio, amplitudes: Audio, start_phase: float = 0.0) -> Audio:
    """Sum of harmonics 1, 2, ... of `amplitudes` at a moving frequency, by reading one period from a table.

    The caller keeps the highest harmonic below half the sample rate.
    """
    spectrum = np.zeros(_TABLE // 2 + 1, complex)
    spectrum[1 : len(amplitudes) + 1] = -0.5j * _TABLE * amplitudes
    table = fft.irfft(spectrum, _TABLE)
    position = (np.cumsum(frequency_hz) / SAMPLE_RATE + start_phase) % 1.0 * _TABLE
    index = position.astype(int)
    part = position - index
    return table[index % _TABLE] * (1 - part) + table[(index + 1) % _TABLE] * part


def saw_amplitudes(frequency_hz: float, top_hz: float) -> Audio:
    """Harmonics of a saw up to `top_hz`, rolled off smoothly so that nothing rings."""
    k = np.arange(1, max(2, int(2 * top_hz / frequency_hz)))
    k = k[k * frequency_hz < 0.45 * SAMPLE_RATE]
    return 1 / k / (1 + (k * frequency_hz / top_hz) ** 4)


def reverb(dry: Audio, rng: np.random.Generator, *, seconds: float, pre_delay_s: float, bright_hz: float) -> Audio:
    """Return only the reverberation of `dry`: two unlike noises that decay, the treble sooner than the bass.

    `seconds` is the time to fall by 60 dB at middle frequencies.
    """
    n = int(1.3 * seconds * SAMPLE_RATE)
    t = np.arange(n) / SAMPLE_RATE
    tail = np.zeros((2, n))
    for low, high, factor in ((180, 900, 1.15), (900, 3500, 1.0), (3500, bright_hz, 0.55)):
        band = signal.butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
        noise = signal.sosfilt(band, rng.standard_normal((2, n)))
        tail += noise * 10 ** (-3 * t / (seconds * factor))
    tail *= np.minimum(1, t / 0.012)  # the sound reaches the walls little by little
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    wet = signal.fftconvolve(dry, tail, axes=1)
    delay = round(pre_delay_s * SAMPLE_RATE)
    out = np.zeros_like(dry)
    out[:, delay:] = wet[:, : dry.shape[1] - delay]
    return out


def ping_pong(dry: Audio, *, beats: float, feedback: float, low_pass_hz: float, repeats: int = 4) -> Audio:
    """Echoes that change sides, each darker than the one before; without the dry sound."""
    step = round(beats * BEAT_S * SAMPLE_RATE)
    darker = signal.butter(1, low_pass_hz, fs=SAMPLE_RATE, output="sos")
    out, echo = np.zeros_like(dry), dry
    for count in range(1, repeats + 1):
        echo = signal.sosfilt(darker, echo[::-1]) * feedback
        if count * step < dry.shape[1]:
            out[:, count * step :] += echo[:, : dry.shape[1] - count * step]
    return out
