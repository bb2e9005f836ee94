"""A mixer over bands: no recurrence, no attention, only maps along one axis at a time.

After Tolstikhin et al. (2021), "MLP-Mixer", with long-reaching gated convolutions over time in place of a state-space
scan: groups of bands become vectors, and each block mixes time (depthwise, dilated), groups (a dense map) and features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stemstudio.separation.neural.bandgru import GROUPS, GroupedLinear, join, split
from stemstudio.separation.neural.bands import BANDS, FEATURES, STEMS, masks_from_logits


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.time_norm, self.group_norm, self.feature_norm = (
            nn.LayerNorm(width),
            nn.LayerNorm(width),
            nn.LayerNorm(width),
        )
        self.time = nn.Conv1d(width, width, 7, padding=3 * dilation, dilation=dilation, groups=width)
        self.time_in, self.time_out = nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.groups_in, self.groups_out = nn.Linear(GROUPS, 2 * GROUPS), nn.Linear(2 * GROUPS, GROUPS)
        self.wide, self.narrow = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames, groups, width = x.shape
        value, gate = self.time_in(self.time_norm(x)).chunk(2, -1)
        value = self.time(value.permute(0, 2, 3, 1).reshape(batch * groups, width, frames))
        value = value.reshape(batch, groups, width, frames).permute(0, 3, 1, 2)
        x = x + self.time_out(value * torch.sigmoid(gate))
        mixed = self.groups_out(functional.gelu(self.groups_in(self.group_norm(x).transpose(2, 3))))
        x = x + mixed.transpose(2, 3)
        out: Tensor = x + self.narrow(functional.gelu(self.wide(self.feature_norm(x))))
        return out


class BandMixer(nn.Module):
    """Masks from band levels; `width` features a group, one block for each of `dilations`."""

    def __init__(self, width: int = 160, dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 4)) -> None:
        super().__init__()
        self.entry = GroupedLinear(GROUPS, FEATURES * BANDS // GROUPS, width)
        self.blocks = nn.ModuleList(_Block(width, dilation) for dilation in dilations)
        self.hidden = GroupedLinear(GROUPS, width, 2 * width)
        self.exit = GroupedLinear(GROUPS, 2 * width, 2 * len(STEMS) * BANDS // GROUPS)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (batch, FEATURES, frames, BANDS) to masks (batch, stems, 2, frames, BANDS)."""
        x = self.entry(split(x))
        for block in self.blocks:
            x = block(x)
        return masks_from_logits(join(self.exit(functional.gelu(self.hidden(x)))).float())
