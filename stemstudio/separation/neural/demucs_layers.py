"""What the two branches of Hybrid Demucs are made of.

A. Défossez (2021), "Hybrid spectrogram and waveform source separation", ISMIR workshop on music source separation.
Names of parameters are those of the published weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

KERNEL, STRIDE = 8, 4
_NORM_GROUPS = 4
_HEADS, _DECAYS = 4, 4
_LSTM_STEPS = 200


@dataclass(frozen=True, slots=True)
class LayerShape:
    """One encoder layer and its decoder, in one branch.

    Parameters
    ----------
    outer, inner : int
        Channels on either side; the decoder goes from `inner` to `decoded`.
    decoded : int
    kernel, stride : int
    frequency : bool
        Along frequency instead of time.
    padded : bool
        By a quarter of the kernel, so that the length is divided by the stride exactly.
    norm : bool
    hidden : int
        Channels in the residual branch; 0 if there is none.
    decoder_hidden : int
        The same in the decoder.
    memory : bool
        Whether the residual branch has a recurrent part and attention.
    bare : bool
        Nothing but the convolution: where the waveform's branch joins the spectrum's.
    """

    outer: int
    inner: int
    decoded: int
    kernel: int
    stride: int
    frequency: bool
    padded: bool
    norm: bool
    hidden: int
    decoder_hidden: int
    memory: bool
    bare: bool = False

    @property
    def padding(self) -> int:
        """Samples on each side."""
        return self.kernel // 4 if self.padded else 0


class Encoder(nn.Module):
    """Convolution, residual branch, gate."""

    def __init__(self, shape: LayerShape) -> None:
        super().__init__()
        self.shape = shape
        if shape.frequency:
            size, stride, padding = (shape.kernel, 1), (shape.stride, 1), (shape.padding, 0)
            self.conv: nn.Module = nn.Conv2d(shape.outer, shape.inner, size, stride, padding)
        else:
            self.conv = nn.Conv1d(shape.outer, shape.inner, shape.kernel, shape.stride, shape.padding)
        if shape.bare:
            return
        self.norm1, self.norm2 = _norm(shape, shape.inner), _norm(shape, 2 * shape.inner)
        self.rewrite = (nn.Conv2d if shape.frequency else nn.Conv1d)(shape.inner, 2 * shape.inner, 1)
        self.dconv = Residual(shape.inner, shape.hidden, memory=shape.memory) if shape.hidden else None

    def forward(self, x: Tensor, joining: Tensor | None = None) -> Tensor:
        """Map (batch, outer, [places,] frames) to (batch, inner, ...); `joining` is added inside."""
        if not self.shape.frequency:
            x = x.flatten(1, -2)
            x = functional.pad(x, (0, -x.shape[-1] % self.shape.stride))
        x = self.conv(x)
        if self.shape.bare:
            return x
        if joining is not None:
            x = x + joining[:, :, None]
        x = functional.gelu(self.norm1(x))
        if self.dconv is not None:
            x = _along_time(self.dconv, x)
        return functional.glu(self.norm2(self.rewrite(x)), 1)


class Decoder(nn.Module):
    """The way back: gate with its neighbours in sight, residual branch, transposed convolution."""

    def __init__(self, shape: LayerShape, *, last: bool) -> None:
        super().__init__()
        self.shape, self.last = shape, last
        if shape.frequency:
            size, stride = (shape.kernel, 1), (shape.stride, 1)
            self.conv_tr: nn.Module = nn.ConvTranspose2d(shape.inner, shape.decoded, size, stride)
        else:
            self.conv_tr = nn.ConvTranspose1d(shape.inner, shape.decoded, shape.kernel, shape.stride)
        self.norm2 = _norm(shape, shape.decoded)
        if shape.bare:
            return
        self.norm1 = _norm(shape, 2 * shape.inner)
        self.rewrite = (nn.Conv2d if shape.frequency else nn.Conv1d)(shape.inner, 2 * shape.inner, 3, padding=1)
        self.dconv = Residual(shape.inner, shape.decoder_hidden, memory=shape.memory) if shape.decoder_hidden else None

    def forward(self, x: Tensor | None, skip: Tensor | None, length: int) -> tuple[Tensor, Tensor]:
        """Return the layer's output of `length` frames, and what stood before its last convolution."""
        if skip is not None:
            x = skip if x is None else x.reshape(skip.shape) + skip
            x = functional.glu(self.norm1(self.rewrite(x)), 1)
            if self.dconv is not None:
                x = _along_time(self.dconv, x)
        assert x is not None
        out = self.norm2(self.conv_tr(x))
        padding = self.shape.padding
        if not self.shape.frequency:
            out = out[..., padding : padding + length]
        elif padding:
            out = out[..., padding:-padding, :]
        return out if self.last else functional.gelu(out), x


def _norm(shape: LayerShape, channels: int) -> nn.Module:
    return nn.GroupNorm(_NORM_GROUPS, channels) if shape.norm else nn.Identity()


def _along_time(module: nn.Module, x: Tensor) -> Tensor:
    """Let `module`, which knows (batch, channels, frames), work on every place of a spectrum on its own."""
    if x.dim() == 3:
        return cast("Tensor", module(x))
    places = x.shape[2]
    out: Tensor = module(x.transpose(1, 2).flatten(0, 1))
    return out.reshape(-1, places, *out.shape[1:]).transpose(1, 2)


class Residual(nn.Module):
    """Two narrow dilated branches beside the signal."""

    def __init__(self, channels: int, hidden: int, *, memory: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for dilation in (1, 2):
            parts: list[nn.Module] = [
                nn.Conv1d(channels, hidden, 3, dilation=dilation, padding=dilation),
                nn.GroupNorm(1, hidden),
                nn.GELU(),
            ]
            if memory:
                parts += [_Recurrent(hidden), _LocalAttention(hidden)]
            parts += [nn.Conv1d(hidden, 2 * channels, 1), nn.GroupNorm(1, 2 * channels), nn.GLU(1), _Scale(channels)]
            self.layers.append(nn.Sequential(*parts))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, frames) to the same shape."""
        for layer in self.layers:
            x = x + layer(x)
        return x


class _Scale(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((channels,), 1e-4))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale[:, None] * x


class _Recurrent(nn.Module):
    """Two layers of LSTM in both directions, over pieces that overlap by half where the sound is long."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, channels, 2, bidirectional=True)
        self.linear = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, frames = x.shape
        if frames <= _LSTM_STEPS:
            return x + self._remember(x)
        step = _LSTM_STEPS // 2
        count = -(-frames // step)
        padded = functional.pad(x, (0, (count + 1) * step - frames))
        pieces = padded.unfold(2, _LSTM_STEPS, step).transpose(1, 2).reshape(-1, channels, _LSTM_STEPS)
        pieces = self._remember(pieces).reshape(batch, count, channels, _LSTM_STEPS)
        # Of each piece the middle counts, where it knows what comes before and after.
        edge = step // 2
        first, inner, last = pieces[:, 0, :, :-edge], pieces[:, 1:-1, :, edge:-edge], pieces[:, -1, :, edge:]
        joined = torch.cat([first, inner.transpose(1, 2).flatten(2), last], -1)
        return x + joined[..., :frames]

    def _remember(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear(self.lstm(x.permute(2, 0, 1))[0])
        return out.permute(1, 2, 0)


class _LocalAttention(nn.Module):
    """Attention by content alone, held to the neighbourhood by a learned penalty on distance."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.content, self.query, self.key = (nn.Conv1d(channels, channels, 1) for _ in range(3))
        self.query_decay = nn.Conv1d(channels, _HEADS * _DECAYS, 1)
        self.proj = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, frames = x.shape
        heads = (batch, _HEADS, -1, frames)
        query, key, content = (part(x).reshape(heads) for part in (self.query, self.key, self.content))
        decay = torch.sigmoid(self.query_decay(x)).reshape(heads) / 2
        # All penalties grow with the same distance, so their sum per listening frame is enough.
        slope = (decay * torch.arange(1, _DECAYS + 1, device=x.device)[:, None]).sum(2) / _DECAYS**0.5
        position = torch.arange(frames, device=x.device)
        distance = (position[:, None] - position[None]).abs()
        scores = query.transpose(-1, -2) @ key / key.shape[2] ** 0.5 - slope[..., None] * distance
        scores.masked_fill_(torch.eye(frames, device=x.device, dtype=torch.bool), -100)
        heard = content @ scores.softmax(-1).transpose(-1, -2).to(content.dtype)
        out: Tensor = self.proj(heard.flatten(1, 2))
        return x + out
