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
_MOST = 40
_ABOVE_FLOOR = 10.0
"""How far a peak stands above the median power around it to be a partial: 10 dB."""
_RANGE = 1e-7
"""Softest partial, as power beside the loudest: -70 dB."""
_STEP = 64
"""Samples between two points of a partial's course."""
_INAUDIBLE = 1e-9
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
    count, fade = last - first, min(last - first, round(_FADE_S * rate))
    time = np.arange(0, count + _STEP, _STEP, dtype=np.float64)
    pairs = _pairs(left, right, glide)
    joined = [_joined(left, right, i, j, time, count) for i, j in pairs]
    lost = sorted(set(range(len(left.cycles))) - {i for i, _ in pairs})
    new = sorted(set(range(len(right.cycles))) - {j for _, j in pairs})
    joined += [_dying(left.cycles[i], left.amplitude[:, i], time, fade) for i in lost]
    # Seen from the other edge, time runs backwards.
    joined += [_dying(-right.cycles[j], right.amplitude[:, j], count - time, fade) for j in new]
    if not joined:
        return np.zeros((len(samples), count), np.float32)
    phases, levels = (np.stack(part, axis=-1) for part in zip(*joined, strict=True))
    return np.stack([_sounding(phase, level)[:count] for phase, level in zip(phases, levels, strict=True)])


_Track = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Phase in turns and level of one partial at every step: each (channels, steps + 1)."""


def _joined(left: _Tones, right: _Tones, i: int, j: int, time: NDArray[np.float64], count: int) -> _Track:
    """Cubic phase and straight level from the partial `i` of the left to `j` of the right (eqs. 34 to 37)."""
    start, end = left.amplitude[:, i, None], right.amplitude[:, j, None]
    slope, end_slope = left.cycles[i], right.cycles[j]
    phase, last = np.angle(start) / (2 * np.pi), np.angle(end) / (2 * np.pi)
    turns = np.rint(phase + slope * count - last + (end_slope - slope) * count / 2)
    miss = last + turns - phase - slope * count
    bend = 3 * miss / count**2 - (end_slope - slope) / count
    twist = -2 * miss / count**3 + (end_slope - slope) / count**2
    share = time / count
    return ((twist * time + bend) * time + slope) * time + phase, (1 - share) * np.abs(start) + share * np.abs(end)


def _dying(cycles: float, amplitude: NDArray[np.complex128], time: NDArray[np.float64], fade: int) -> _Track:
    """A partial that goes on as it was and fades."""
    phase = np.angle(amplitude)[:, None] / (2 * np.pi) + cycles * time
    level = np.cos(np.clip(time / fade, 0, 1) * np.pi / 2) ** 2
    return phase, np.abs(amplitude)[:, None] * level


def _sounding(phase: NDArray[np.float64], level: NDArray[np.float64]) -> NDArray[np.float32]:
    """Sum of partials of `phase` and `level` (steps + 1, k) as samples.

    Between two steps each is a phasor that turns and grows evenly, one complex product per sample instead of a cosine.
    """
    level = np.maximum(level, _INAUDIBLE)
    turn = np.diff(phase, axis=0)
    growth = (level[1:] / level[:-1]) ** (1 / _STEP)
    phasor = (level[:-1] * np.exp(2j * np.pi * (phase[:-1] % 1))).astype(np.complex64)
    ratio = (growth * np.exp(2j * np.pi * turn / _STEP)).astype(np.complex64)
    out = np.empty((len(turn), _STEP), np.float32)
    for k in range(_STEP):
        out[:, k] = phasor.real.sum(axis=1)
        phasor *= ratio
    return out.ravel()


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
    waves = np.exp(-2j * np.pi * cycles[:, None] * (np.arange(length) - length)) * window
    # All amplitudes at once by least squares, for close partials leak into each other.
    mixing = _window_transform(cycles - cycles[:, None], length)
    amplitude = np.linalg.lstsq(mixing, 2 * (waves @ past.T.astype(np.complex128)), rcond=1e-6)[0].T
    return _Tones(cycles, np.asarray(amplitude, np.complex128))


def _window_transform(cycles: NDArray[np.float64], length: int) -> NDArray[np.complex128]:
    """Sum of ``hann[t] exp(2j pi cycles t)`` over the `length` samples that end before 0, in closed form."""

    def plain(offset: NDArray[np.float64]) -> NDArray[np.complex128]:
        half = np.sin(np.pi * offset)
        near = np.abs(half) < 1e-12
        ratio = np.where(near, length, np.sin(np.pi * offset * length) / np.where(near, 1, half))
        return np.asarray(ratio * np.exp(-1j * np.pi * offset * (length + 1)))

    # hann[t] = 1/2 - 1/4 (exp(2j pi (t + length + 1) step) + its conjugate), and (length + 1) step is a whole turn.
    step = 1 / (length + 1)
    return plain(cycles) / 2 - (plain(cycles + step) + plain(cycles - step)) / 4


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
