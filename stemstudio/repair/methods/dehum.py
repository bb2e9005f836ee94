"""De-hum: the mains and its harmonics are measured and subtracted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.spectral_box import with_samples

_SEGMENT_S = 4.0
_BAND_HZ = 4.0
"""Half the width of the band in which a harmonic is followed."""
_MAINS_HZ = (50.0, 60.0)
_TOLERANCE = 0.01
"""How far off the mains may be; grids keep within a tenth of it, tape does not."""
_LOWEST = 3
"""One of so many harmonics must be there, or it is no hum."""
_STEADY = 3.5
"""How many times the chance value a harmonic's steadiness must reach to be taken for hum and not for music."""

Signal = NDArray[np.float64]
Phasors = NDArray[np.complex128]


class Dehum:
    """Each harmonic of the hum is one slowly turning phasor.

    The passage is cut into segments of four seconds. In each the fundamental and its drift are those whose harmonics
    add up best (a harmonic chirp by least squares; Christensen & Jakobsson, 2009, section 2.4). The amplitude of each
    harmonic is a robust mean of its band of a few hertz, turned back by that phase: a note near it comes and goes and
    turns at another speed, hum stays. What stands out is subtracted as a sine, so a note on the same frequency is kept.
    """

    info = MethodInfo(
        id="dehum",
        title="De-hum",
        summary="Takes out the hum of the mains and its harmonics and keeps the notes on top of it; works best on "
        "selections of two seconds and more.",
        params=(
            ParamSpec(
                "mains",
                "choice",
                "auto",
                "Mains",
                "50 Hz in most of the world, 60 Hz in the Americas; automatic takes the one that is heard.",
                choices=(("auto", "Automatic"), ("50", "50 Hz"), ("60", "60 Hz")),
            ),
            ParamSpec(
                "harmonics",
                "int",
                16,
                "Harmonics",
                "More take out the buzz too.",
                low=1,
                high=60,
                step=1,
            ),
        ),
        reference="M. Christensen and A. Jakobsson (2009), Multi-pitch estimation, Morgan & Claypool.",
        margin_s=1.0,
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context
        rate, samples = passage.sample_rate, passage.samples.astype(np.float64)
        mains = _MAINS_HZ if values["mains"] == "auto" else (float(values["mains"]),)
        count = int(values["harmonics"])
        hum, weight = np.zeros_like(samples), np.zeros(samples.shape[1])
        pieces = _segments(samples.shape[1], round(_SEGMENT_S * rate))
        for i, (first, last) in enumerate(pieces):
            reporter.update(i / len(pieces))
            window = np.hanning(last - first + 2)[1:-1] + 1e-6
            hum[:, first:last] += window * _hum(samples[:, first:last], rate, mains, count)
            weight[first:last] += window
        return with_samples(passage, (samples - hum / weight).astype(np.float32))


def _segments(length: int, segment: int) -> list[tuple[int, int]]:
    """Overlapping pieces of at least half and at most one and a half of `segment`, all of `length` covered."""
    if length <= 1.5 * segment:
        return [(0, length)]
    starts = range(0, length - segment // 2, segment // 2)
    return [(start, min(start + segment, length)) for start in starts]


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """The neighbourhood of one harmonic: phasors (channels, m) at `times_s` (m,), turned by `center_hz`."""

    number: int
    center_hz: float
    phasors: Phasors


def _hum(samples: Signal, rate: int, mains: tuple[float, ...], count: int) -> Signal:
    """Hum of one segment, the shape of `samples`."""
    length = samples.shape[1]
    times_s = np.arange(length) / rate - length / rate / 2
    hum = np.zeros_like(samples)
    best: tuple[float, list[_Band], Signal, float, float] | None = None
    for nominal in mains:
        bands, coarse_s = _bands(samples, rate, nominal, count)
        if not bands:
            continue
        score, hertz, drift = _fundamental(bands, coarse_s, nominal)
        if best is None or score > best[0]:
            best = score, bands, coarse_s, hertz, drift
    if best is None:
        return hum
    _, bands, coarse_s, hertz, drift = best
    turning = np.exp(2j * np.pi * (hertz * times_s + drift * times_s**2 / 2))
    power = np.ones_like(turning)
    amplitudes = [
        _robust_mean(band.phasors * np.exp(-2j * np.pi * _offset(band, coarse_s, hertz, drift))) for band in bands
    ]
    if not any(amplitude.any() for band, amplitude in zip(bands, amplitudes, strict=True) if band.number <= _LOWEST):
        return hum
    done = 0
    for band, amplitude in zip(bands, amplitudes, strict=True):
        for _ in range(band.number - done):
            power *= turning
        done = band.number
        hum += 2 * (amplitude[:, None] * power).real
    return hum


def _offset(band: _Band, times_s: Signal, hertz: float, drift: float) -> Signal:
    """Turns by which the harmonic runs ahead of its band's centre."""
    return (band.number * hertz - band.center_hz) * times_s + band.number * drift * times_s**2 / 2


def _bands(samples: Signal, rate: int, nominal: float, count: int) -> tuple[list[_Band], Signal]:
    """Bands around the harmonics, cut out of one Fourier transform, and the times of their phasors."""
    from scipy.fft import ifft, rfft

    length = samples.shape[1]
    spectrum = rfft(samples, axis=1, workers=2)
    step_hz = rate / length
    half = max(round(_BAND_HZ / step_hz), 2)
    times_s = np.arange(2 * half) * length / rate / (2 * half) - length / rate / 2
    bands = []
    for number in range(1, count + 1):
        middle = round(number * nominal / step_hz)
        if middle - half < 0 or middle + half >= spectrum.shape[1]:
            continue
        cut = spectrum[:, middle - half : middle + half]
        # Order of an inverse transform: the middle first, what lies below it last.
        phasors = ifft(np.roll(cut, -half, axis=1), axis=1) * (2 * half / length)
        # The transform's time starts at the segment's first sample, ours in its middle.
        bands.append(_Band(number, middle * step_hz, phasors * (-1) ** middle))
    return bands, times_s


def _fundamental(bands: list[_Band], times_s: Signal, nominal: float) -> tuple[float, float, float]:
    """Score, frequency (Hz) and drift (Hz/s) at which the harmonics, each by its own level, add up best."""
    window = np.hanning(len(times_s) + 2)[1:-1]
    levels = [np.median(np.abs(band.phasors)) + 1e-12 for band in bands]
    width, drifts = nominal * _TOLERANCE, np.zeros(1)
    found, score = (nominal, 0.0), -np.inf
    for fine in range(4):
        grid = found[0] + np.linspace(-width, width, 81 if not fine else 21)
        drifts = found[1] + (np.zeros(1) if not fine else np.linspace(-1, 1, 11) * 0.06 / 4 ** (fine - 1))
        total = np.zeros((len(grid), len(drifts)))
        for band, level in zip(bands, levels, strict=True):
            lines = np.exp(-2j * np.pi * (band.number * grid[:, None] - band.center_hz) * times_s)
            bends = np.exp(-1j * np.pi * band.number * drifts[:, None] * times_s**2)
            for phasors in band.phasors:
                # The logarithm lets many harmonics outvote one loud note.
                total += np.log1p((np.abs((lines * (phasors * window)) @ bends.T) / (level * window.sum())) ** 2)
        i, j = np.unravel_index(np.argmax(total), total.shape)
        found, score = (float(grid[i]), float(drifts[j])), float(total[i, j]) / len(bands)
        width /= 10
    return score, *found


def _robust_mean(still: Phasors) -> NDArray[np.complex128]:
    """Mean of each row of phasors in which outliers count less (Huber, 1964); 0 where there is no steady part."""
    mean = np.median(still.real, axis=1) + 1j * np.median(still.imag, axis=1)
    weights = np.ones(still.shape)
    for _ in range(5):
        distance = np.abs(still - mean[:, None])
        usual = np.median(distance, axis=1, keepdims=True) + 1e-15
        weights = np.minimum(1, usual / (distance + 1e-15))
        mean = (weights * still).sum(axis=1) / weights.sum(axis=1)
    spread = np.sqrt((weights * np.abs(still - mean[:, None]) ** 2).sum(axis=1) / weights.sum(axis=1))
    chance = spread / np.sqrt(still.shape[1])
    return np.where(np.abs(mean) > _STEADY * chance, mean, 0)
