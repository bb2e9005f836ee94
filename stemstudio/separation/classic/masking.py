"""The frame that spectral methods share: analyse, ask for masked spectra, add up, write, and listen for a stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.separation.backend import StemSink
from stemstudio.spectral.stft import OverlapAdd, Spectrum, SpectrumBlock, StftSpec, stream_stft

BLOCK_FRAMES = 128
"""Frames that are worked on at once: one to two seconds of sound, far less than a second of work."""


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
    for block in stream_stft(mix, spec, BLOCK_FRAMES, before, after):
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
