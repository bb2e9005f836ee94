"""Where a sound's spectrum ends, and what a person should know of a file for that reason.

Lossy encoders and sample rate converters leave an edge: up to it there is music, above it next to nothing. A
recording that fades into its own noise has no such edge and counts as full.
"""

from __future__ import annotations

import numpy as np

from stemstudio.audio.probe import FileInfo
from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source

_WINDOW_FRAMES = 8192
_WINDOWS = 400
_BAND_HZ = 500.0
_GRID_HZ = 100.0
_EDGE_DB = 20.0
# Density per bin below which nothing is heard and 16-bit noise lies well above: not to be taken for music.
_FLOOR_DB = -115.0
# What lies above an edge is this quiet; a bass drum falls as steeply, but to where something is left.
_NOTHING_DB = -80.0
_BELOW_PEAK_DB = 50.0
_FULL = 0.95
_LOSSY_NAMES = {"aac": "AAC", "mp3": "MP3", "vorbis": "Ogg Vorbis", "opus": "Opus", "ac3": "AC-3", "wmav2": "WMA"}


class SpectrumMeter:
    """Mean power spectrum of the windows that it is given."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._window = np.hanning(_WINDOW_FRAMES).astype(np.float32)
        self._power = np.zeros(_WINDOW_FRAMES // 2 + 1)
        self._count = 0

    def add(self, samples: Samples) -> None:
        """Take in the first window of float32 (channels, n); a shorter piece is filled with silence."""
        window = np.zeros((samples.shape[0], _WINDOW_FRAMES), np.float32)
        n = min(samples.shape[1], _WINDOW_FRAMES)
        window[:, :n] = samples[:, :n]
        spectrum = np.fft.rfft(window * self._window)
        self._power += np.square(np.abs(spectrum), dtype=np.float64).sum(axis=0)
        self._count += 1

    def bandwidth_hz(self) -> float:
        """Frequency of the edge in hertz, half the sample rate if there is none, 0 for silence."""
        bin_hz = self._rate / _WINDOW_FRAMES
        # Just below half the rate converters leave mirror images of the bass; an edge there would be no loss either.
        used = round(_FULL * len(self._power))
        band = min(round(_BAND_HZ / bin_hz), used // 4)
        density = self._power / max(self._count, 1) / np.square(self._window, dtype=np.float64).sum()
        density = density[:used]
        sums = np.cumsum(np.concatenate([[0.0], density]))
        levels = 10 * np.log10((sums[band:] - sums[:-band]) / band + 1e-30)  # of the band that begins at each bin
        levels = np.maximum(levels, _FLOOR_DB)
        if levels.max() <= _FLOOR_DB:
            return 0.0
        above = np.maximum.accumulate(levels[::-1])[::-1]  # loudest band from each bin upwards
        # Music up to the edge, half a band of room for its slope, and next to nothing from there on.
        gap = band + band // 2
        drop = levels[:-gap] - above[gap:]
        edges = np.flatnonzero((drop >= _EDGE_DB) & (above[gap:] < min(_NOTHING_DB, levels.max() - _BELOW_PEAK_DB)))
        if not len(edges):
            return self._rate / 2
        # The last band that stands out does so by its lowest bins alone.
        edge_hz = (edges[-1] + 1) * bin_hz
        return float(min(round(edge_hz / _GRID_HZ) * _GRID_HZ, self._rate / 2))


def bandwidth_hz(source: Source) -> float:
    """Highest frequency of `source` in hertz: half its rate unless its spectrum ends at an edge; 0 for silence."""
    meter = SpectrumMeter(source.sample_rate)
    for start in np.linspace(0, max(source.frames - _WINDOW_FRAMES, 0), _WINDOWS).astype(np.int64):
        meter.add(source.read(int(start), min(_WINDOW_FRAMES, source.frames)))
    return meter.bandwidth_hz()


def notices(info: FileInfo, source: Source) -> tuple[str, ...]:
    """What a person should know of a file and its decoded sound before working with it, one sentence each."""
    return (*info.notices, *spectrum_notices(info, bandwidth_hz(source)))


def spectrum_notices(info: FileInfo, edge_hz: float) -> tuple[str, ...]:
    """Sentences on lossy coding and a missing top end, for a spectrum that ends at `edge_hz`."""
    half = info.sample_rate / 2
    said = []
    if info.lossy:
        name = _LOSSY_NAMES.get(info.subtype, info.subtype.upper())
        said.append(f"The file is lossy ({name}): what the coder left out cannot be separated or brought back.")
    if 0 < edge_hz < min(half, 20_000.0):
        cause = "" if info.lossy else "; it was probably made from a lossy file or one of a lower sample rate"
        said.append(f"There is nothing above {edge_hz / 1000:.1f} kHz{cause}.")
    return tuple(said)
