"""A convolutional U-Net over bands with a recurrent waist.

After Jansson et al. (2017), "Singing voice separation with deep U-Net convolutional networks", and the frequency-only
mixing of Choi et al. (2020), "Investigating U-Nets with various intermediate blocks for spectrogram-based singing
voice separation". Frequency is halved five times, time never: a frame lasts 46 ms already. At the waist the whole
frame becomes one vector and a bidirectional GRU (Cho et al., 2014) carries it through time.
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
    """The whole frame as one vector, carried through time in both directions."""

    def __init__(self, channels: int, bands: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.inward = nn.Linear(channels * bands, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.gru = nn.GRU(hidden, hidden // 2, layers, batch_first=True, bidirectional=True)
        self.outward = nn.Linear(hidden, channels * bands)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, frames, bands = x.shape
        flat = x.permute(0, 2, 1, 3).reshape(batch, frames, channels * bands)
        inner = self.norm(self.inward(flat))
        inner = inner + self.gru(inner)[0]
        out: Tensor = self.outward(inner).reshape(batch, frames, channels, bands)
        return x + out.permute(0, 2, 1, 3)


class UNet(nn.Module):
    """Masks from band levels.

    Parameters
    ----------
    widths : sequence of int
        Channels at each depth, the finest first.
    hidden : int
        Width of the recurrent waist.
    layers : int
        Layers of the GRU.
    """

    def __init__(self, widths: tuple[int, ...] = (24, 32, 48, 64, 96, 128), hidden: int = 384, layers: int = 2) -> None:
        super().__init__()
        self.entry = _Stage(FEATURES, widths[0])
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(nn.Conv2d(a, b, (1, 2), (1, 2)) for a, b in pairs)
        self.coders = nn.ModuleList(_Stage(b, b) for _, b in pairs)
        self.waist = _Waist(widths[-1], BANDS >> len(pairs), hidden, layers)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, (1, 2), (1, 2)) for a, b in reversed(pairs))
        self.decoders = nn.ModuleList(_Stage(a, a) for a, _ in reversed(pairs))
        self.tilt = nn.Parameter(torch.zeros(FEATURES, 1, BANDS))
        self.place = nn.Parameter(torch.zeros(widths[0], 1, BANDS))
        self.exit = nn.Conv2d(widths[0], 2 * len(STEMS), 1)
        self.bias = nn.Parameter(torch.zeros(2 * len(STEMS), 1, BANDS))

    def forward(self, x: Tensor) -> Tensor:
        """Map features (batch, FEATURES, frames, BANDS) to masks (batch, stems, 2, frames, BANDS)."""
        x = self.entry(x + self.tilt) + self.place
        kept = []
        for down, coder in zip(self.down, self.coders, strict=True):
            kept.append(x)
            x = coder(down(x))
        x = self.waist(x)
        for up, decoder in zip(self.up, self.decoders, strict=True):
            x = decoder(up(x) + kept.pop())
        logits = self.exit(x) + self.bias
        return masks_from_logits(logits.float().unflatten(1, (len(STEMS), 2)))
