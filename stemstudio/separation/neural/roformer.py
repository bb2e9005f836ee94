"""RoFormers for bands: BS-RoFormer, whose bands stand side by side, and Mel-Band RoFormer, whose bands overlap.

W.-T. Lu, J.-C. Wang, Q. Kong, Y.-N. Hung (2024), "Music source separation with band-split RoPE transformer", ICASSP;
J.-C. Wang, W.-T. Lu, M. Won (2023), "Mel-band RoFormer for music source separation", ISMIR late-breaking. Each band of
the complex spectrum becomes a vector; transformers go along time and along bands in turns; each stem gets a complex
mask. Positions are turned into angles (Su et al., 2021). Names of parameters are those of the published weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class RoFormer(nn.Module):
    """Stems from a stereo mixture.

    Parameters
    ----------
    bands : sequence of sequence of int
        The bins of each band; a mask where bands overlap is the mean of theirs.
    size, hop : int
        Samples of the transform and between frames.
    stems, width, depth : int
    time_depth, band_depth : int
        Layers along time and along bands at each depth.
    heads, head_width : int
    expansion : int
        How much wider the feed-forward parts are.
    mask_widths : sequence of int
        Of the hidden layers of what makes the masks.
    norm_each : bool
        Whether a norm stands after each transformer (Mel-Band) instead of one at the end.
    """

    def __init__(
        self,
        *,
        bands: Sequence[Sequence[int]],
        size: int,
        hop: int,
        stems: int,
        width: int,
        depth: int,
        time_depth: int,
        band_depth: int,
        heads: int,
        head_width: int,
        expansion: int,
        mask_widths: Sequence[int],
        norm_each: bool,
    ) -> None:
        super().__init__()
        self.size, self.hop, self.bands = size, hop, [list(band) for band in bands]
        widths = [4 * len(band) for band in bands]  # two channels, real and imaginary
        self.band_split = _Bands(widths, width)

        def transformer(layers: int) -> _Transformer:
            return _Transformer(width, layers, heads, head_width, expansion, norm=norm_each)

        self.layers = nn.ModuleList(
            nn.ModuleList([transformer(time_depth), transformer(band_depth)]) for _ in range(depth)
        )
        self.final_norm = nn.Identity() if norm_each else _Norm(width)
        self.mask_estimators = nn.ModuleList(_Masks(width, mask_widths, widths) for _ in range(stems))

    def forward(self, mix: Tensor) -> Tensor:
        """Map (batch, 2, frames) to (batch, stems, 2, frames)."""
        batch, channels, frames = mix.shape
        window = torch.hann_window(self.size, device=mix.device)
        spectrum = torch.stft(mix.flatten(0, 1), self.size, self.hop, window=window, return_complex=True)
        spectrum = spectrum.view(batch, channels, *spectrum.shape[1:]).permute(0, 3, 2, 1)  # frames, bins, channels
        parts = torch.view_as_real(spectrum)
        x = self.band_split([parts[:, :, band].flatten(2) for band in self.bands])
        for along_time, along_bands in cast("Sequence[tuple[nn.Module, nn.Module]]", self.layers):
            x = along_time(x.transpose(1, 2).flatten(0, 1)).view(batch, len(self.bands), x.shape[1], -1).transpose(1, 2)
            x = along_bands(x.flatten(0, 1)).view(x.shape)
        x = self.final_norm(x)
        masks = torch.stack([self._mask(estimate(x), spectrum) for estimate in self.mask_estimators], 1)
        found = (masks * spectrum[:, None]).permute(0, 1, 4, 3, 2)
        # The lowest bin tells nothing but a constant, and networks leave rubbish there.
        found[..., 0, :] = 0
        sound = torch.istft(found.flatten(0, 2), self.size, self.hop, window=window, length=frames)
        return sound.view(batch, len(self.mask_estimators), channels, frames)

    def _mask(self, by_band: list[Tensor], spectrum: Tensor) -> Tensor:
        """Join masks (batch, frames, 4 bins) of the bands into one of the shape of `spectrum`."""
        total = spectrum.new_zeros(spectrum.shape)
        count = torch.zeros(spectrum.shape[2], device=spectrum.device)
        for band, mask in zip(self.bands, by_band, strict=True):
            parts = mask.float().reshape(*mask.shape[:2], len(band), spectrum.shape[3], 2)
            total[:, :, band] += torch.view_as_complex(parts)
            count[band] += 1
        return total / count[:, None]


class _Norm(nn.Module):
    """Root-mean-square norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = functional.normalize(x, dim=-1) * (x.shape[-1] ** 0.5 * self.gamma)
        return out


class _Bands(nn.Module):
    """One vector from what each band holds."""

    def __init__(self, widths: Sequence[int], width: int) -> None:
        super().__init__()
        self.to_features = nn.ModuleList(nn.Sequential(_Norm(inside), nn.Linear(inside, width)) for inside in widths)

    def forward(self, bands: list[Tensor]) -> Tensor:
        return torch.stack([make(band) for make, band in zip(self.to_features, bands, strict=True)], 2)


class _Masks(nn.Module):
    """A mask for each band from its vector."""

    def __init__(self, width: int, hidden: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        self.to_freqs = nn.ModuleList(nn.Sequential(_perceptron(width, hidden, 2 * out), nn.GLU(-1)) for out in widths)

    def forward(self, x: Tensor) -> list[Tensor]:
        return [make(x[:, :, index]) for index, make in enumerate(self.to_freqs)]


def _perceptron(width: int, hidden: Sequence[int], out: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for before, after in pairwise((width, *hidden, out)):
        parts += [nn.Linear(before, after), nn.Tanh()]
    return nn.Sequential(*parts[:-1])


class _Transformer(nn.Module):
    def __init__(self, width: int, depth: int, heads: int, head_width: int, expansion: int, *, norm: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList([_Attention(width, heads, head_width), _FeedForward(width, expansion)]) for _ in range(depth)
        )
        self.norm = _Norm(width) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        for attend, feed in cast("Sequence[tuple[nn.Module, nn.Module]]", self.layers):
            x = x + attend(x)
            x = x + feed(x)
        return cast("Tensor", self.norm(x))


class _FeedForward(nn.Module):
    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        inner = width * expansion
        self.net = nn.Sequential(
            _Norm(width), nn.Linear(width, inner), nn.GELU(), nn.Identity(), nn.Linear(inner, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return cast("Tensor", self.net(x))


class _Rotation(nn.Module):
    """Turns pairs of neighbouring channels by angles that grow with the position."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.freqs = nn.Parameter(torch.ones(width // 2))

    def forward(self, steps: int) -> Tensor:
        """Unit complex numbers (steps, width / 2)."""
        angle = torch.arange(steps, device=self.freqs.device)[:, None] * self.freqs
        return torch.polar(torch.ones_like(angle), angle)


def _turned(x: Tensor, by: Tensor) -> Tensor:
    pairs = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * by).flatten(-2).to(x.dtype)


class _Attention(nn.Module):
    """Attention whose heads have gates."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        inner = heads * head_width
        self.norm = _Norm(width)
        self.rotary_embed = _Rotation(head_width)
        self.to_qkv = nn.Linear(width, 3 * inner, bias=False)
        self.to_gates = nn.Linear(width, heads)
        self.to_out = nn.Sequential(nn.Linear(inner, width, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        query, key, value = self.to_qkv(x).view(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        angles = self.rotary_embed(x.shape[1])
        found = functional.scaled_dot_product_attention(_turned(query, angles), _turned(key, angles), value)
        found = found.transpose(1, 2) * self.to_gates(x).sigmoid()[..., None]
        return cast("Tensor", self.to_out(found.flatten(2)))
