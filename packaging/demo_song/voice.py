"""The singer's sound: a glottal source behind a vocal tract whose formants move.

The source is the LF model (Fant, Liljencrants & Lin, 1985) with the one shape parameter Rd (Fant, 1995). Each of its
harmonics is weighed by the tract's complex response at that harmonic's frequency at that moment: vowels glide,
vibrato shimmers as harmonics cross formants, and nothing aliases.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, optimize, signal

from score import FRAMES, SAMPLE_RATE
from singing import STEP, Performance, perform
from space import Audio, pan, ping_pong, reverb

_TOP_HZ = 16_000.0
_UPPER_HZ = np.array([4200, 5200, 6300, 7400, 8500, 9600, 10700, 11800, 12900, 14000, 15100], float)
"""Formants above the third are those of a tube of 16 cm and do not move."""
_RD = np.linspace(0.6, 2.6, 9)
_N_FFT, _HOP = 1024, 256


def lf_harmonics(rd: float, count: int) -> NDArray[np.complex128]:
    """Return harmonics 1 .. `count` of one period of the LF model's flow derivative, whose excitation is 1.

    Parameters
    ----------
    rd : float
        0.5 (pressed) to 2.7 (breathy); Fant (1995), equations 2 to 4.
    count : int
    """
    ra, rk = (-1 + 4.8 * rd) / 100, (22.4 + 11.8 * rd) / 100
    rg = rk / 4 * (0.5 + 1.2 * rk) / (0.11 * rd - ra * (0.5 + 1.2 * rk))
    peak, closing = 1 / (2 * rg), (1 + rk) / (2 * rg)
    omega = np.pi / peak
    epsilon = optimize.brentq(lambda e: e * ra - 1 + np.exp(-e * (1 - closing)), 1 / ra / 50, 2 / ra)
    t = np.arange(8192) / 8192
    back = -(np.exp(-epsilon * (t - closing)) - np.exp(-epsilon * (1 - closing))) / (epsilon * ra)

    def period(alpha: float) -> Audio:
        rise = -np.exp(alpha * (t - closing)) * np.sin(omega * t) / np.sin(omega * closing)
        return np.where(t <= closing, rise, back)

    alpha = optimize.brentq(lambda a: period(a).sum(), -20, 60)  # the flow returns to where it began
    return 2 * fft.rfft(period(alpha))[1 : count + 1] / len(t)


def tract(frequency_hz: Audio, formants_hz: Audio) -> NDArray[np.complex128]:
    """Return the response of the vocal tract, 1 at 0 Hz: the product of its formants' resonances.

    `formants_hz` has shape (3, ...) that broadcasts against `frequency_hz`. Bandwidths grow with frequency.
    """
    s = 2j * np.pi * frequency_hz
    response = np.ones(np.broadcast_shapes(frequency_hz.shape, formants_hz.shape[1:]), complex)
    for centre in (*formants_hz, *_UPPER_HZ):
        bandwidth = 55 + 0.022 * centre + 9e-6 * centre**2
        pole = -np.pi * bandwidth + 2j * np.pi * centre
        response *= np.abs(pole) ** 2 / ((s - pole) * (s - np.conj(pole)))
    return response


def _sing(performance: Performance, rng: np.random.Generator, size: float) -> Audio:
    """One take, mono; `size` scales the tract."""
    f0 = 440 * 2 ** ((performance.note - 69) / 12)
    formants = performance.formants_hz * size
    formants[0] = np.maximum(formants[0], 1.02 * f0)  # singers open the jaw so that no note falls under the formant
    frames = np.arange(FRAMES)
    steps = np.arange(len(f0)) * STEP
    phase = np.exp(2j * np.pi * np.cumsum(np.interp(frames, steps, f0)) / SAMPLE_RATE)
    count = int(_TOP_HZ / f0.min())
    rd = np.clip(2.1 - 1.7 * performance.effort, _RD[0], _RD[-1])
    shapes = np.stack([lf_harmonics(each, count) for each in _RD])
    level = performance.voice * 10 ** (performance.effort * 9 / 20) * f0 / 330
    out, turning = np.zeros(FRAMES), np.ones(FRAMES, complex)
    for k in range(1, count + 1):
        turning *= phase
        source = np.interp(rd, _RD, shapes[:, k - 1].real) + 1j * np.interp(rd, _RD, shapes[:, k - 1].imag)
        weight = level * source * tract(k * f0, formants) * np.clip((_TOP_HZ - k * f0) / 1500, 0, 1)
        out += (
            np.interp(frames, steps, weight.real) * turning.real - np.interp(frames, steps, weight.imag) * turning.imag
        )
    return out + _noises(performance, rng, formants, phase)


def _noises(
    performance: Performance, rng: np.random.Generator, formants: Audio, phase: NDArray[np.complex128]
) -> Audio:
    """Breath, which the larynx chops and the tract colours, and the hiss of consonants made in the mouth."""
    frames, steps = np.arange(FRAMES), np.arange(len(performance.voice)) * STEP
    chopped = np.interp(frames, steps, performance.breath + 0.016 * performance.voice * (1.5 - performance.effort))
    voiced = np.interp(frames, steps, np.clip(performance.voice, 0, 1))
    breath = rng.standard_normal(FRAMES) * chopped * (1 - 0.6 * voiced * (0.5 + 0.5 * phase.real))
    mouth = rng.standard_normal(FRAMES) * np.interp(frames, steps, performance.noise)
    bins = np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE)[:, None]
    at = np.minimum(np.arange(FRAMES // _HOP + 1) * _HOP // STEP, len(steps) - 1)
    throat = np.abs(tract(bins, formants[:, None, at])) * (bins > 150)
    octaves = np.log2(np.maximum(bins, 40) / performance.noise_hz[at])
    hiss = np.exp(-0.5 * (octaves / performance.noise_octaves[at]) ** 2)
    return _shaped(breath, throat) + _shaped(mouth, hiss)


def _shaped(noise: Audio, response: Audio) -> Audio:
    """Filter `noise` by a response (bins, frames) that changes with time, by overlap and add."""
    window = signal.windows.hann(_N_FFT, sym=False)
    padded = np.pad(noise, (_N_FFT // 2, _N_FFT))
    out = np.zeros(len(padded))
    for index in range(response.shape[1]):
        here = slice(index * _HOP, index * _HOP + _N_FFT)
        out[here] += window * fft.irfft(fft.rfft(window * padded[here]) * response[:, index])
    return out[_N_FFT // 2 : _N_FFT // 2 + len(noise)] / (np.sum(window**2) / _HOP)


def _levelled(take: Audio) -> Audio:
    """Compress 2.5 : 1 above a threshold, as every recorded voice is."""
    width = round(0.03 * SAMPLE_RATE)
    power = signal.oaconvolve(take**2, np.ones(width) / width, "same")
    level_db = 10 * np.log10(np.maximum(power, 1e-9))
    loud_db = np.percentile(level_db, 95)
    over_db = np.maximum(0, level_db - (loud_db - 12))
    return take * 10 ** (-(over_db * 0.6 + loud_db - 7.2) / 20)


def _presence(take: Audio) -> Audio:
    """Lift what a close microphone lifts: 7 dB above 3 kHz."""
    high = signal.butter(1, 3000, "highpass", fs=SAMPLE_RATE, output="sos")
    return take + 1.3 * signal.sosfilt(high, take)


def play(rng: np.random.Generator) -> Audio:
    """Sing lead, its doubles and the second voice, with their rooms: shape (2, frames)."""
    takes = (
        # level, position, size of the tract, timing, chorus only, second voice
        (1.0, 0.0, 1.0, 0.004, False, False),
        (0.16, -0.75, 0.985, 0.012, False, False),
        (0.16, 0.75, 1.02, 0.012, False, False),
        (0.24, -0.55, 0.97, 0.010, True, True),
        (0.24, 0.55, 1.01, 0.010, True, True),
    )
    dry = np.zeros((2, FRAMES))
    for level, position, size, loose_s, chorus_only, drop in takes:
        performance = perform(rng, loose_s=loose_s, chorus_only=chorus_only, drop=drop)
        dry += pan(level * _levelled(_sing(performance, rng, size)), position)
    dry = _presence(signal.sosfilt(signal.butter(2, 110, "highpass", fs=SAMPLE_RATE, output="sos"), dry))
    wet = reverb(dry, rng, seconds=1.5, pre_delay_s=0.035, bright_hz=7500)
    echoes = ping_pong(dry, beats=0.5, feedback=0.32, low_pass_hz=3500, repeats=3)
    return dry + 0.2 * wet + 0.16 * echoes + 0.06 * reverb(echoes, rng, seconds=1.5, pre_delay_s=0.02, bright_hz=6000)
