"""Partials: tones are bridged one by one, and the noise between them is made anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.params import ParamSpec, Values
from stemstudio.core.progress import Reporter
from stemstudio.repair.method import Context, MethodInfo, Passage
from stemstudio.repair.methods.attenuate import power_of, surrounding_power
from stemstudio.repair.methods.heal import floor_of, noise_like
from stemstudio.repair.spectral_box import box_of, fade_samples, gaps, with_samples
from stemstudio.repair.surroundings import no_surroundings
from stemstudio.spectral.stft import OverlapAdd

_FRAME = 4096
"""Samples at 44.1 kHz of the frame beside the gap in which partials are measured."""
_MOST = 60
_ABOVE_FLOOR = 10.0
"""How far a peak stands above the median power around it to be a partial: 10 dB."""
_RANGE = 1e-7
"""Softest partial, as power beside the loudest: -70 dB."""
_FADE_S = 0.08
"""Over which a partial dies that is heard on one side alone."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tones:
    """Partials at one edge of a gap: `cycles` per sample (k,), complex `amplitude` (channels, k) there."""

    cycles: NDArray[np.float64]
    amplitude: NDArray[np.complex128]


class Partials:
    """Sinusoidal modelling across a gap.

    In one frame on either side the peaks of the spectrum become partials; those of both sides that lie within the
    allowed glide are the same partial, whose phase runs from one edge to the other as a cubic and whose amplitude runs
    straight (McAulay & Quatieri, 1986, section IV); the others fade. Under them lies noise of the surroundings' floor
    (Serra & Smith, 1990).
    """

    info = MethodInfo(
        id="partials",
        title="Partials and noise",
        summary="Bridges the partials of held notes and makes the noise between them anew: for long gaps in notes "
        "that go on.",
        params=(
            ParamSpec(
                "glide_semitones",
                "float",
                1.0,
                "Glide",
                "How far a partial may move from side to side; more joins what does not belong together.",
                low=0.1,
                high=4.0,
                step=0.1,
                unit="semitones",
            ),
            ParamSpec(
                "noise",
                "float",
                100.0,
                "Noise",
                "Level of the noise between the partials, beside that of the surroundings.",
                low=0.0,
                high=200.0,
                step=5.0,
                unit="%",
            ),
        ),
        reference="R. McAulay and T. Quatieri (1986), Speech analysis/synthesis based on a sinusoidal representation.",
    )

    def repair(self, passage: Passage, values: Values, context: Context, reporter: Reporter) -> Samples:
        """See `RepairMethod.repair`."""
        del context
        glide = 2 ** (float(values["glide_semitones"]) / 12)
        wanted = passage.samples.copy()
        # What replaces a gap is faded in before it.
        fade, length = 2 * fade_samples(passage.sample_rate), wanted.shape[1]
        found = [(max(first - fade, 0), min(last + fade, length)) for first, last in gaps(passage)]
        for i, (first, last) in enumerate(found):
            reporter.update(i / len(found))
            wanted[:, first:last] = _bridge(passage, first, last, glide)
        if values["noise"]:
            noise = _noise(passage) * np.float32(float(values["noise"]) / 100)
            for first, last in found:
                wanted[:, first:last] += noise[:, first:last]
        return with_samples(passage, wanted)


def _noise(passage: Passage) -> Samples:
    """Noise of the floor of the surroundings, the length of the passage."""
    box = box_of(passage)
    level = surrounding_power(box, power_of(box.cells), passage.sample_rate, "time")
    level = floor_of(level, passage.sample_rate, box.spec)
    cells = noise_like(level, box, passage)
    return OverlapAdd(box.spec, cells.shape[0], passage.samples.shape[1]).add(cells)


def _bridge(passage: Passage, first: int, last: int, glide: float) -> Samples:
    """Partials across ``first..last``."""
    samples, rate = passage.samples, passage.sample_rate
    most = round(_FRAME * rate / 44100)
    before, after = samples[:, max(first - most, 0) : first], samples[:, last : last + most]
    if max(before.shape[1], after.shape[1]) < most // 8:
        raise no_surroundings()
    left = _tones(before)
    # Time runs backwards on the other side: its partials turn the other way, from the edge away.
    right = _tones(after[:, ::-1])
    right = _Tones(right.cycles, right.amplitude.conj() * np.exp(2j * np.pi * right.cycles))
    pairs = _pairs(left, right, glide)
    count, fade = last - first, min(last - first, round(_FADE_S * rate))
    out = np.zeros((len(samples), count), np.float32)
    time = np.arange(count, dtype=np.float64)
    for i, j in pairs:
        _add_bridged(out, left.cycles[i], left.amplitude[:, i], right.cycles[j], right.amplitude[:, j])
    dying = np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    for i in set(range(len(left.cycles))) - {i for i, _ in pairs}:
        wave = np.exp(2j * np.pi * left.cycles[i] * time[:fade])
        out[:, :fade] += (left.amplitude[:, i, None] * wave).real * dying
    for j in set(range(len(right.cycles))) - {j for _, j in pairs}:
        wave = np.exp(2j * np.pi * right.cycles[j] * (time[count - fade :] - count))
        out[:, count - fade :] += (right.amplitude[:, j, None] * wave).real * dying[::-1]
    return out


def _tones(past: Samples) -> _Tones:
    """Partials at the end of `past` (channels, n), as they are one sample after it."""
    from scipy.fft import next_fast_len, rfft
    from scipy.ndimage import median_filter

    length = past.shape[1]
    nothing = _Tones(np.zeros(0), np.zeros((len(past), 0), np.complex128))
    if length < 64:
        return nothing
    window = np.hanning(length + 2)[1:-1]
    size = next_fast_len(2 * length)
    spectrum = rfft(past * window, size, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=0)
    floor = median_filter(power, 101, mode="nearest")
    inner = power[1:-1]
    peak = (inner > power[:-2]) & (inner >= power[2:]) & (inner > _ABOVE_FLOOR * floor[1:-1])
    peak &= inner > _RANGE * power.max(initial=0)
    bins = np.flatnonzero(peak) + 1
    bins = np.sort(bins[np.argsort(power[bins])[::-1][:_MOST]])
    if not len(bins):
        return nothing
    # Parabola through the logarithms of three bins (Smith & Serra, 1987).
    low, middle, high = (np.log(power[bins + k] + 1e-300) for k in (-1, 0, 1))
    cycles = (bins + np.clip((low - high) / (2 * (low - 2 * middle + high) - 1e-12), -0.5, 0.5)) / size
    time = np.arange(length) - length
    waves = np.exp(2j * np.pi * cycles[:, None] * time) * window
    # All amplitudes at once by least squares, for close partials leak into each other.
    mixing = waves.conj() @ (waves / np.maximum(window, 1e-9)).T
    amplitude = np.linalg.lstsq(mixing, 2 * waves.conj() @ past.T, rcond=1e-6)[0].T
    return _Tones(cycles, amplitude)


def _pairs(left: _Tones, right: _Tones, glide: float) -> list[tuple[int, int]]:
    """Partials of both sides that are the same, each at most once, nearest first."""
    distance = np.abs(np.log(left.cycles[:, None] / right.cycles)) if len(left.cycles) else np.zeros((0, 0))
    near = np.argwhere(distance <= np.log(glide))
    order = np.argsort(distance[near[:, 0], near[:, 1]])
    pairs: list[tuple[int, int]] = []
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    for i, j in (map(int, near[k]) for k in order):
        if i not in taken_left and j not in taken_right:
            pairs.append((i, j))
            taken_left.add(i)
            taken_right.add(j)
    return pairs


def _add_bridged(
    out: Samples,
    start_cycles: float,
    start: NDArray[np.complex128],
    end_cycles: float,
    end: NDArray[np.complex128],
) -> None:
    """Add one partial to `out` (channels, n): cubic phase, straight amplitude, channel by channel."""
    count = out.shape[1]
    share = np.linspace(0, 1, count, endpoint=False, dtype=np.float32)
    for channel in range(len(out)):
        phase, last = np.angle(start[channel]) / (2 * np.pi), np.angle(end[channel]) / (2 * np.pi)
        turns = np.rint(phase + start_cycles * count - last + (end_cycles - start_cycles) * count / 2)
        miss = last + turns - phase - start_cycles * count
        bend = 3 * miss / count**2 - (end_cycles - start_cycles) / count
        twist = -2 * miss / count**3 + (end_cycles - start_cycles) / count**2
        time = np.arange(count, dtype=np.float64)
        angle = ((twist * time + bend) * time + start_cycles) * time + phase
        angle -= np.rint(angle)
        level = (1 - share) * np.float32(abs(start[channel])) + share * np.float32(abs(end[channel]))
        out[channel] += level * np.cos(angle.astype(np.float32) * np.float32(2 * np.pi))
