"""A convolutional U-Net over bands, with a waist that hears the whole frame and seconds around it.

After Jansson et al. (2017), "Singing voice separation with deep U-Net convolutional networks", and the frequency-only
mixing of Choi et al. (2020), "Investigating U-Nets with various intermediate blocks for spectrogram-based singing
voice separation". Frequency is halved at each depth, time never: a frame lasts 46 ms already. At the waist the
whole frame becomes one vector, and dilated convolutions (Yu and Koltun, 2016) carry it through time.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from stemstudio.separation.neural.bands import BANDS, FEATURES, STEMS, masks_from_logits


def _conv(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )


class _Stage(nn.Module):
    """Two convolutions with a shortcut."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.first, self.second = _conv(inside, outside), _conv(outside, outside)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        out: Tensor = x + self.second(x)
        return out


class _Waist(nn.Module):
    """The whole frame as one vector, and convolutions over time that reach further and further."""

    def __init__(self, channels: int, places: int, hidden: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.inward = nn.Conv1d(channels * places, hidden, 1)
        self.steps = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(hidden),
                nn.ReLU(),
                nn.Conv1d(hidden, hidden, 3, padding=dilation, dilation=dilation),
            )
            for dilation in dilations
        )
        self.outward = nn.Conv1d(hidden, channels * places, 1)
        # Without it the sum of all those steps drowns what the finer depths hand over.
        self.level = nn.BatchNorm1d(channels * places)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, frames, places = x.shape
        inner = self.inward(x.transpose(2, 3).reshape(batch, channels * places, frames))
        for step in self.steps:
            inner = inner + step(inner)
        out: Tensor = self.level(self.outward(inner)).reshape(batch, channels, places, frames)
        return x + out.transpose(2, 3)


class UNet(nn.Module):
    """Masks from band levels.

    Parameters
    ----------
    widths : sequence of int
        Channels at each depth, the finest first.
    hidden : int
        Width of the waist.
    dilations : sequence of int
        Distances in frames of the waist's convolutions over time.
    fold : int
        Neighbouring bands that share one place along frequency, told apart by channels: twice as many make it twice
        as quick.
    """

    def __init__(
        self,
        widths: tuple[int, ...] = (24, 32, 48, 64, 96),
        hidden: int = 384,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 16),
        fold: int = 2,
    ) -> None:
        super().__init__()
        self.fold = fold
        places = BANDS // fold
        pairs = list(pairwise(widths))
        self.tilt = nn.Parameter(torch.zeros(FEATURES * fold, 1, places))
        self.entry = _Stage(FEATURES * fold, widths[0])
        self.place = nn.Parameter(torch.zeros(widths[0], 1, places))
        self.down = nn.ModuleList(nn.Conv2d(a, b, (1, 2), (1, 2)) for a, b in pairs)
        self.coders = nn.ModuleList(_Stage(b, b) for _, b in pairs)
        self.waist = _Waist(widths[-1], places >> len(pairs), hidden, dilations)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, (1, 2), (1, 2)) for a, b in reversed(pairs))
        self.decoders = nn.ModuleList(_Stage(a, a) for a, _ in reversed(pairs))
        self.exit = nn.Conv2d(widths[0], 2 * len(STEMS) * fold, 1)
        self.bias = nn.Parameter(torch.zeros(2 * len(STEMS) * fold, 1, places))

    def forward(self, x: Tensor) -> Tensor:
        """Map features (batch, FEATURES, frames, BANDS) to masks (batch, stems, 2, frames, BANDS)."""
        batch, channels, frames, bands = x.shape
        x = x.reshape(batch, channels, frames, bands // self.fold, self.fold)
        x = x.permute(0, 1, 4, 2, 3).flatten(1, 2)
        x = self.entry(x + self.tilt) + self.place
        kept = []
        for down, coder in zip(self.down, self.coders, strict=True):
            kept.append(x)
            x = coder(down(x))
        x = self.waist(x)
        for up, decoder in zip(self.up, self.decoders, strict=True):
            x = decoder(up(x) + kept.pop())
        logits = (self.exit(x) + self.bias).float()
        logits = logits.reshape(batch, len(STEMS), 2, self.fold, frames, bands // self.fold)
        return masks_from_logits(logits.permute(0, 1, 2, 4, 5, 3).flatten(4))
