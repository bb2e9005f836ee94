"""The frame that spectral methods share: analyse, ask for masked spectra, add up, write, and listen for a stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink
from stemstudio.spectral.stft import OverlapAdd, Spectrum, SpectrumBlock, StftSpec, stream_stft

BLOCK_VALUES = 1 << 17
"""Samples, all channels together, that are worked on at once: 1.5 s of a stereo song, far under a second of work."""


def separate_by_spectrum(
    mix: Source,
    spec: StftSpec,
    stems_of: Callable[[SpectrumBlock], Mapping[str, Spectrum]],
    sink: StemSink,
    reporter: Reporter,
    *,
    before: int = 0,
    after: int = 0,
    rest: str = "",
) -> None:
    """Stream `mix` through `stems_of`, which gives the spectrum of each stem for the block's own frames.

    `before` and `after` are the frames of context that each block brings. `rest` names a stem that is the mixture
    minus the sum of the others, made in the time domain.
    """
    adders: dict[str, OverlapAdd] = {}
    total = spec.frames(mix.frames)
    block_frames = max(4, BLOCK_VALUES // (mix.channels * spec.hop))
    for block in stream_stft(mix, spec, block_frames, before, after):
        reporter.update(block.first / total)
        start, out = 0, {}
        for name, spectrum in stems_of(block).items():
            adder = adders.setdefault(name, OverlapAdd(spec, mix.channels, mix.frames))
            start = adder.start
            out[name] = adder.add(spectrum)
        frames = next(iter(out.values())).shape[1]
        if not frames:
            continue
        if rest:
            out[rest] = mix.read(start, frames) - sum(out.values())
        sink.write(start, out)


class PerFrame:
    """Something that follows from each frame of a stream alone, computed once for every frame.

    Parameters
    ----------
    function : callable
        Maps a spectrum (channels, frames, bins) to float32 (any, frames, any).
    """

    def __init__(self, function: Callable[[Spectrum], NDArray[np.float32]]) -> None:
        self._function = function
        self._kept: NDArray[np.float32] | None = None
        self._low = 0

    def of(self, block: SpectrumBlock) -> NDArray[np.float32]:
        """Return it for all frames of ``block.spectrum``; blocks come in the order of the stream."""
        if self._kept is None:
            self._kept = self._function(block.spectrum)
        else:
            known = self._kept[:, block.low - self._low :]
            new = self._function(block.spectrum[:, known.shape[1] :])
            self._kept = np.concatenate([known, new], axis=1)
        self._low = block.low
        return self._kept


def high_pass(spec: StftSpec, sample_rate: int, edge_hz: float) -> NDArray[np.float32]:
    """Weight of each bin: 0 a quarter of an octave below `edge_hz`, 1 as much above it, a raised cosine between."""
    if not edge_hz:
        return np.ones(spec.bins, np.float32)
    octaves = np.log2(np.maximum(spec.frequencies_hz(sample_rate), 1e-3) / edge_hz)
    rise: NDArray[np.float32] = (np.sin(np.pi / 2 * np.clip(octaves * 2 + 0.5, 0, 1)) ** 2).astype(np.float32)
    return rise
