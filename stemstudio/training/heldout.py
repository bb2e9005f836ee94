"""Scores on songs that training never hears, quick enough to run every few minutes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from stemstudio.separation.neural.bands import HOP, N_FFT, STEMS
from stemstudio.training.losses import stem_errors
from stemstudio.training.material import JOINT, Clip
from stemstudio.training.mixing import Batch, spectra_of, sums

ACTIVE_DB = -30.0
"""A stem counts in a window where it is louder than this against the mixture."""


def windows(song: dict[str, Clip], frames: int = 256) -> list[Batch]:
    """Cut a song into batches of one window of `frames` transform frames each."""
    samples = (frames - 1) * HOP
    length = max(clip.data.shape[1] for clip in song.values())
    flat = np.ones((1, len(STEMS), N_FFT // 2 + 1), np.float32)
    deal = np.zeros((1, len(STEMS)), np.int64)
    found = []
    for start in range(0, length - samples, samples):
        stems: dict[str, np.ndarray] = {}
        for name, clip in song.items():
            stem = "bass" if name == JOINT else name
            stems[stem] = stems.get(stem, 0) + clip.read(start, samples)
        found.append(sums(spectra_of([stems], samples), deal, flat, [JOINT in song]))
    return found


@torch.no_grad()
def score(network: nn.Module, batches: list[Batch], window: int = 64) -> dict[str, float]:
    """Mean signal-to-distortion ratio in dB of each stem over the windows in which it is active."""
    network.eval()
    found: dict[str, list[float]] = {stem: [] for stem in STEMS}
    for batch in batches:
        error, energy = stem_errors(network(batch.features), batch)
        mix = batch.mix.sum((1, 3))
        error, energy, mix = (_windowed(x, window) for x in (error, energy, mix))
        for k, stem in enumerate(STEMS):
            active = energy[0, k] > 10 ** (ACTIVE_DB / 10) * mix[0].mean()
            ratio = 10 * torch.log10((energy[0, k] + 1e-9) / (error[0, k] + 1e-9))
            found[stem] += [float(x) for x in ratio[active]]
    return {stem: float(np.mean(values)) for stem, values in found.items() if values}


def _windowed(x: Tensor, window: int) -> Tensor:
    return x.unfold(-1, window, window).sum(-1)
