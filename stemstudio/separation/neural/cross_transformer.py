"""Two sequences, the spectrum's and the waveform's, that attend to themselves and to each other in turns.

The core of HTDemucs: S. Rouard, F. Massa, A. Défossez (2023), "Hybrid transformers for music source separation",
ICASSP, section 3. Norms stand before attention and after the layer, and every branch has a learned scale (Touvron et
al., 2021).
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_LONGEST_PERIOD = 10000.0


class CrossTransformer(nn.Module):
    """The two stacks of layers.

    Parameters
    ----------
    width : int
        Channels of both sequences.
    hidden : int
        Channels inside the feed-forward parts.
    layers, heads : int
    """

    def __init__(self, width: int, hidden: int, layers: int, heads: int) -> None:
        super().__init__()
        self.norm_in, self.norm_in_t = nn.LayerNorm(width), nn.LayerNorm(width)
        self.layers = nn.ModuleList(_layer(index, width, hidden, heads) for index in range(layers))
        self.layers_t = nn.ModuleList(_layer(index, width, hidden, heads) for index in range(layers))

    def forward(self, spectrum: Tensor, wave: Tensor) -> tuple[Tensor, Tensor]:
        """Map (batch, width, places, frames) and (batch, width, steps) to such tensors."""
        _, width, places, frames = spectrum.shape
        x = spectrum.permute(0, 3, 2, 1).flatten(1, 2)
        y = wave.transpose(1, 2)
        x = self.norm_in(x) + _place_and_time(width, places, frames).to(x)
        y = self.norm_in_t(y) + _time(width, y.shape[1]).to(y)
        for layer, layer_t in zip(self.layers, self.layers_t, strict=True):
            if isinstance(layer, _Cross):
                x, y = layer(x, y), layer_t(y, x)
            else:
                x, y = layer(x), layer_t(y)
        return x.unflatten(1, (frames, places)).permute(0, 3, 2, 1), y.transpose(1, 2)


def _layer(index: int, width: int, hidden: int, heads: int) -> nn.Module:
    return _Cross(width, hidden, heads) if index % 2 else _Self(width, hidden, heads)


class _Attention(nn.Module):
    """Attention with heads; the projections of query, key and value are one matrix."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        """Attend from `x` to `other`, or to itself; both (batch, steps, width)."""
        weight, bias = self.in_proj_weight, self.in_proj_bias
        if other is None:
            query, key, value = functional.linear(x, weight, bias).chunk(3, -1)
        else:
            width = x.shape[-1]
            query = functional.linear(x, weight[:width], bias[:width])
            key, value = functional.linear(other, weight[width:], bias[width:]).chunk(2, -1)
        query, key, value = (
            part.reshape(*part.shape[:2], self.heads, -1).transpose(1, 2) for part in (query, key, value)
        )
        found = functional.scaled_dot_product_attention(query, key, value)
        return cast("Tensor", self.out_proj(found.transpose(1, 2).flatten(2)))


class _Scale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((width,), 1e-4))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


class _WholeNorm(nn.GroupNorm):
    """Normalises all steps and channels of a sequence together."""

    def __init__(self, width: int) -> None:
        super().__init__(1, width)

    def forward(self, x: Tensor) -> Tensor:
        # As a layer norm over everything: the library's group norm wants the channels first, which costs two copies.
        flat = functional.layer_norm(x.flatten(1).float(), (x.shape[1] * x.shape[2],), eps=self.eps)
        return (flat.view(x.shape) * self.weight + self.bias).to(x.dtype)


class _Self(nn.Module):
    """Attention within one sequence, then a feed-forward part."""

    def __init__(self, width: int, hidden: int, heads: int) -> None:
        super().__init__()
        self.self_attn = _Attention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width), _WholeNorm(width)
        self.gamma_1, self.gamma_2 = _Scale(width), _Scale(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.gamma_1(self.self_attn(self.norm1(x)))
        x = x + self.gamma_2(self.linear2(functional.gelu(self.linear1(self.norm2(x)))))
        return cast("Tensor", self.norm_out(x))


class _Cross(nn.Module):
    """Attention from one sequence to the other, then a feed-forward part."""

    def __init__(self, width: int, hidden: int, heads: int) -> None:
        super().__init__()
        self.cross_attn = _Attention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.norm_out = _WholeNorm(width)
        self.gamma_1, self.gamma_2 = _Scale(width), _Scale(width)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        x = x + self.gamma_1(self.cross_attn(self.norm1(x), self.norm2(other)))
        x = x + self.gamma_2(self.linear2(functional.gelu(self.linear1(self.norm3(x)))))
        return cast("Tensor", self.norm_out(x))


def _time(width: int, steps: int) -> Tensor:
    """Sines and cosines of the position (Vaswani et al., 2017), all cosines first: (1, steps, width)."""
    half = width // 2
    rate = _LONGEST_PERIOD ** (torch.arange(half) / (half - 1))
    phase = torch.arange(steps)[:, None] / rate
    return torch.cat([phase.cos(), phase.sin()], -1)[None]


def _place_and_time(width: int, places: int, frames: int) -> Tensor:
    """Half the channels tell the frame, half the place along frequency: (1, frames * places, width)."""
    half = width // 2
    rate = torch.exp(torch.arange(0.0, half, 2) * (-math.log(_LONGEST_PERIOD) / half))

    def wave(count: int) -> Tensor:
        phase = torch.arange(float(count))[:, None] * rate
        return torch.stack([phase.sin(), phase.cos()], -1).flatten(1)

    by_frame = wave(frames)[:, None].expand(frames, places, half)
    by_place = wave(places)[None].expand(frames, places, half)
    return torch.cat([by_frame, by_place], -1).flatten(0, 1)[None]
