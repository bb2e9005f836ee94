"""A recurrent network over bands and over time, after the band-split RNN.

Luo and Yu (2023), "Music source separation with band-split RNN". Thirty-two groups of bands become vectors; GRUs
run along time (shared by the groups) and along the groups (shared by the frames), in turns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stemstudio.separation.neural.bands import BANDS, FEATURES, STEMS, masks_from_logits

GROUPS = 32


class GroupedLinear(nn.Module):
    """One linear map for each group: (..., groups, inside) to (..., groups, outside)."""

    def __init__(self, groups: int, inside: int, outside: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(groups, inside, outside).uniform_(-1, 1) * (3 / inside) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(groups, outside))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., groups, inside) to (..., groups, outside)."""
        return torch.einsum("...gi,gio->...go", x, self.weight) + self.bias


def split(x: Tensor) -> Tensor:
    """Gather (batch, channels, frames, BANDS) into groups: (batch, frames, GROUPS, channels * bands of a group)."""
    batch, channels, frames, bands = x.shape
    x = x.reshape(batch, channels, frames, GROUPS, bands // GROUPS)
    return x.permute(0, 2, 3, 1, 4).flatten(3)


def join(x: Tensor) -> Tensor:
    """Undo `split` for mask logits: (batch, stems, 2, frames, BANDS)."""
    batch, frames, groups, _ = x.shape
    x = x.reshape(batch, frames, groups, len(STEMS), 2, BANDS // groups)
    return x.permute(0, 3, 4, 1, 2, 5).flatten(4)


class _Turn(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gru = nn.GRU(width, hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.out(self.gru(self.norm(x))[0])
        return out


class BandGRU(nn.Module):
    """Masks from band levels: `width` features a group, `hidden` units a direction, `depth` turns of both."""

    def __init__(self, width: int = 128, hidden: int = 96, depth: int = 3) -> None:
        super().__init__()
        inside = FEATURES * BANDS // GROUPS
        self.entry = GroupedLinear(GROUPS, inside, width)
        self.over_time = nn.ModuleList(_Turn(width, hidden) for _ in range(depth))
        self.over_groups = nn.ModuleList(_Turn(width, hidden) for _ in range(depth))
        self.hidden = GroupedLinear(GROUPS, width, 2 * width)
        self.exit = GroupedLinear(GROUPS, 2 * width, 2 * len(STEMS) * BANDS // GROUPS)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (batch, FEATURES, frames, BANDS) to masks (batch, stems, 2, frames, BANDS)."""
        x = self.entry(split(x))
        batch, frames, groups, width = x.shape
        for over_time, over_groups in zip(self.over_time, self.over_groups, strict=True):
            x = over_time(x.transpose(1, 2).reshape(batch * groups, frames, width))
            x = x.reshape(batch, groups, frames, width).transpose(1, 2).reshape(batch * frames, groups, width)
            x = over_groups(x).reshape(batch, frames, groups, width)
        x = self.exit(torch.nn.functional.gelu(self.hidden(x)))
        return masks_from_logits(join(x).float())
