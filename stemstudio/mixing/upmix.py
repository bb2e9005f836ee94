r"""Stems in a room of loudspeakers, in one of two ways.

Every stem reaches the loudspeakers on three paths, all of them linear and the same at all times: directly by constant
gains (`panning`), as a decorrelated copy from around the listener (`decorrelation`), and through a low-pass to the
low-frequency channel (`crossover`). The low-frequency channel is an addition: a fold-down leaves it out, so nothing is
taken away from the other loudspeakers on its account.

``free``
    The stems stand where they are placed, at constant power. Their fold-down is near the mix and not equal to it.

``keep``
    The fold-down ``D y`` by ITU-R BS.775 of what is made equals the stereo mix ``m``, to rounding. The direct gains of
    each stem are corrected so that each alone folds down to itself (``D G = I``, `panning.kept_gains`): these are
    constants, so the correction cannot be heard as anything but a place. The decorrelated copies are in no mix; the
    front pair carries them a second time with the opposite sign and by 3 dB softer, which is

        ``y_F = m - (D y without the front pair)``

    A copy and its opposite come from different places and at the level of the ambience, so in the room they are more
    ambience; in the fold-down they are gone.

Any ``y`` with ``D y = m`` remains one when part of another such solution is mixed in. Where a channel would pass the
ceiling, `ceiling.held` moves all of them a part of the way to the solution of least power, ``D' (D D')^-1 m``, whose
channels are at most 0.57 of the loudest one of ``m``; so no channel is turned down and the fold-down stays. In the free
way the other solution is silence, which makes it a limiter that is linked over all channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil, log2, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.mixing.block_grid import BlockGrid
from stemstudio.mixing.ceiling import held, margin_frames
from stemstudio.mixing.crossover import HALF_LENGTH_S, LFE_HZ, high_pass, low_pass
from stemstudio.mixing.decorrelation import LATEST_S, LOWEST_ABOVE_HZ, LOWEST_HZ, decorrelator
from stemstudio.mixing.folddown import fold_down, matrix, null_db
from stemstudio.mixing.layouts import Layout
from stemstudio.mixing.pan import amplitude
from stemstudio.mixing.panning import direct_gains, kept_gains
from stemstudio.mixing.placement import Placement

FoldDown = Literal["keep", "free"]

CEILING_DB = -1.0
"""Default ceiling of every channel, in dB true peak."""

_UPPER_SHARE = 0.7
_SPARE_S = 0.005


@dataclass(frozen=True, slots=True)
class UpmixInput:
    """A stem as it is in the mix (gain, pan and effects included) and its place in the room."""

    source: Source
    placement: Placement = field(default_factory=Placement)


class UpmixSource:
    """The stems in the room, a `Source` of the channels of `layout`.

    It is computed in blocks of a fixed grid of about 0.3 s, a handful of which are kept, so equal samples are read
    whatever the size and the order of the reads, memory is bounded, and any thread may read. Everything is in time:
    what a stem does at a frame is heard from the loudspeakers at that frame.

    Parameters
    ----------
    inputs : sequence of UpmixInput
        At least one, all of one sample rate; more channels than two are folded down first.
    layout : Layout
    fold_down : {'keep', 'free'}
    ceiling_db : float
        No channel has a true peak above it, if the mix is not more than 4.9 dB above it.
    gain_db : float
        Of the whole, the mix that the fold-down equals included.
    """

    def __init__(
        self,
        inputs: Sequence[UpmixInput],
        layout: Layout,
        fold_down: FoldDown = "keep",
        *,
        ceiling_db: float = CEILING_DB,
        gain_db: float = 0.0,
    ) -> None:
        rates = {each.source.sample_rate for each in inputs}
        if len(rates) != 1:
            raise ValueError(f"the stems of an upmix share one sample rate; these have {sorted(rates) or 'none'}")
        self.inputs, self.layout, self.fold_down = tuple(inputs), layout, fold_down
        self.sample_rate, self.channels = rates.pop(), layout.channels
        self.frames = max(each.source.frames for each in inputs)
        self._ceiling = amplitude(ceiling_db)
        self._paths = _paths([each.placement for each in inputs], layout, fold_down) * np.float32(amplitude(gain_db))
        self._fold = matrix(layout.channels)
        self._safe = np.linalg.pinv(self._fold.astype(np.float64)).astype(np.float32)
        if fold_down == "free":
            self._safe[:] = 0.0
        self._span = _Span.of(self.sample_rate)
        self._fed = BlockGrid(len(self._paths), self._span.block, self._feed)
        self._made = BlockGrid(layout.channels + 2, self._span.block, self._render)

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`; float32 (channels, frames)."""
        return self._made.read(start, frames, 0, self.frames, slice(0, self.channels))

    def original(self, start: int, frames: int) -> Samples:
        """Return the stereo mix of the same passage: float32 (2, frames)."""
        return self._made.read(start, frames, 0, self.frames, slice(self.channels, None))

    def fold_down_null_db(self, start: int, frames: int) -> float:
        """Level of the fold-down minus the mix over a passage, in dB relative to the mix; see `folddown.null_db`."""
        return null_db(self.read(start, frames), self.original(start, frames))

    def _feed(self, number: int) -> Samples:
        """Direct channels, left and right ambience, low frequencies and the mix, as the stems give them."""
        start = number * self._span.block
        stems = [fold_down(each.source.read(start, self._span.block)) for each in self.inputs]
        return _combined(self._paths, np.concatenate(stems))

    def _render(self, number: int) -> Samples:
        span, channels = self._span, self.channels
        start = number * span.block - span.margin - span.past
        fed = self._fed.read(start, 2 * span.block, start, start + 2 * span.block)
        valid = slice(span.past, span.past + span.block + 2 * span.margin)
        wanted, mix = fed[:channels, valid].copy(), fed[-2:, valid]
        wanted += _filtered(fed[channels:-2], self.layout, self.sample_rate)[:, valid]
        if self.fold_down == "keep":
            wanted[:2] += mix - self._fold @ wanted
        inner = slice(span.margin, span.margin + span.block)
        return np.concatenate([held(wanted, self._safe @ mix, self._ceiling, self.sample_rate), mix[:, inner]])


@dataclass(frozen=True, slots=True)
class _Span:
    """Frames of a block, of the margin that the ceiling needs, and of the past that the filters need.

    The transform is two blocks long: past, margin, block, margin, and what the filters need of the future.
    """

    block: int
    margin: int
    past: int

    @classmethod
    def of(cls, sample_rate: int) -> _Span:
        future = ceil((HALF_LENGTH_S + _SPARE_S) * sample_rate)
        past = future + ceil(LATEST_S * sample_rate)
        margin = margin_frames(sample_rate)
        return cls(1 << ceil(log2(past + future + 2 * margin)), margin, past)


def _paths(placements: list[Placement], layout: Layout, fold_down: FoldDown) -> NDArray[np.float32]:
    """Gains from the stems' channels to the direct channels, both ambiences, the low frequencies and the mix.

    float32 (channels + 5, 2 * stems).
    """
    columns = []
    for placement in placements:
        direct = direct_gains(placement, layout)
        if fold_down == "keep":
            direct = kept_gains(direct, layout)
        else:
            direct *= sqrt(1.0 - placement.ambience**2)
        low = np.full((1, 2), amplitude(placement.lfe_db) / 2)
        columns.append(np.concatenate([direct, placement.ambience * np.eye(2), low, np.eye(2)]))
    return np.concatenate(columns, axis=1).astype(np.float32)


def _combined(gains: NDArray[np.float32], rows: Samples) -> Samples:
    """``gains @ rows``; most gains are nothing, and a matrix product this flat would wait for its threads."""
    out = np.zeros((len(gains), rows.shape[1]), np.float32)
    for to, of in zip(*np.nonzero(gains), strict=True):
        out[to] += gains[to, of] * rows[of]
    return out


def _filtered(feeds: Samples, layout: Layout, sample_rate: int) -> Samples:
    """Ambience and low-frequency channel of `feeds` (left, right, low): float32 (channels, frames), circular."""
    from scipy.fft import irfft, rfft

    frames = feeds.shape[1]
    out = np.zeros((layout.channels, frames), np.float32)
    sides, responses = _responses(layout, sample_rate, frames)
    used = [channel for channel, side in enumerate(sides) if side >= 0 and feeds[side].any()]
    if used:
        spectra = rfft(feeds, axis=1)
        out[used] = irfft(spectra[[sides[channel] for channel in used]] * responses[used], frames, axis=1)
    return out


@lru_cache(maxsize=4)
def _responses(layout: Layout, sample_rate: int, frames: int) -> tuple[tuple[int, ...], NDArray[np.complex64]]:
    """Which feed each loudspeaker filters (-1: none), and the response of its filter."""
    sides, taps = [], np.zeros((layout.channels, frames))
    legs = [high_pass(hertz, sample_rate) for hertz in (LOWEST_HZ, LOWEST_ABOVE_HZ)]
    shares = [_UPPER_SHARE if each.elevation_deg > 0 else 1.0 for each in layout.loudspeakers]
    power = sum(shares[channel] ** 2 for channel in layout.surrounds) / 2
    for channel, each in enumerate(layout.loudspeakers):
        if each.low_frequency:
            taps[channel] = _around_zero(low_pass(LFE_HZ, sample_rate), frames, 0)
            sides.append(2)
        elif each.is_surround:
            copy = decorrelator(each.name, sample_rate)
            high = legs[each.elevation_deg > 0]
            taps[channel] = _around_zero(np.convolve(copy, high), frames, len(copy) - 1)
            taps[channel] *= shares[channel] / sqrt(power)
            sides.append(0 if each.azimuth_deg > 0 else 1)
        else:
            sides.append(-1)
    return tuple(sides), np.fft.rfft(taps, axis=1).astype(np.complex64)


def _around_zero(taps: NDArray[np.float64], frames: int, later: int) -> NDArray[np.float64]:
    """`taps`, symmetric but for `later` more of them behind, with their middle at frame 0 of a circle of `frames`."""
    circle = np.zeros(frames)
    circle[: len(taps)] = taps
    return np.roll(circle, -((len(taps) - later) // 2))
