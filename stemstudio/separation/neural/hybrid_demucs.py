"""Hybrid Demucs and its successor with a transformer in the middle.

A. Défossez (2021), "Hybrid spectrogram and waveform source separation" (six layers, no transformer), and S. Rouard,
F. Massa, A. Défossez (2023), "Hybrid transformers for music source separation", ICASSP (four layers). A U-Net over the
complex spectrum and one over the waveform; their outputs are added. Names of parameters are those of the published
weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stemstudio.separation.neural.cross_transformer import CrossTransformer
from stemstudio.separation.neural.demucs_layers import KERNEL, STRIDE, Decoder, Encoder, LayerShape

_EMBEDDING_GAIN = 0.2 * 10.0  # its weight in the sum, times the scale that it is stored at
_TIME_STRIDE = 2


class HybridDemucs(nn.Module):
    """Stems from a mixture.

    Parameters
    ----------
    sources : int
        Number of stems.
    channels : int
        Of the outermost layer; doubled at each further one.
    depth : int
        Layers.
    size : int
        Samples of the transform.
    channels_in : int
        Audio channels.
    compress : int
        How many times narrower residual branches are.
    residual_in_decoder : bool
    norm_from, memory_from : int
        First layer with norms, and with recurrence and attention.
    bottom : int
        Channels inside the transformer; 0 for those of the last layer.
    layers, heads, hidden : int
        Of the transformer; none if there are no layers.
    """

    def __init__(
        self,
        *,
        sources: int = 4,
        channels: int = 48,
        depth: int = 4,
        size: int = 4096,
        channels_in: int = 2,
        compress: int = 8,
        residual_in_decoder: bool = True,
        norm_from: int = 4,
        memory_from: int = 4,
        bottom: int = 0,
        layers: int = 0,
        heads: int = 8,
        hidden: int = 0,
    ) -> None:
        super().__init__()
        self.sources, self.size = sources, size
        self.joins_at: int | None = None  # the layer at which the waveform's branch ends
        self.encoder, self.tencoder = nn.ModuleList(), nn.ModuleList()
        decoders, time_decoders = [], []
        places, outer = size // 2, 0
        for index in range(depth):
            inner = channels << index
            frequency = places > 1
            joins = frequency and places <= KERNEL
            shared = {
                "inner": inner,
                "norm": index >= norm_from,
                "hidden": inner // compress,
                "decoder_hidden": inner // compress if residual_in_decoder else 0,
                "memory": index >= memory_from,
            }
            spectrum = LayerShape(
                outer=outer or 2 * channels_in,
                decoded=outer or 2 * channels_in * sources,
                kernel=min(KERNEL, places) if frequency else 2 * _TIME_STRIDE,
                stride=STRIDE if frequency else _TIME_STRIDE,
                frequency=frequency,
                padded=not joins,
                **shared,  # type: ignore[arg-type]  # mypy does not see into the dictionary
            )
            self.encoder.append(Encoder(spectrum))
            decoders.append(Decoder(spectrum, last=index == 0))
            if frequency:
                self.joins_at = index if joins else None
                wave = LayerShape(
                    outer=outer or channels_in,
                    decoded=outer or channels_in * sources,
                    kernel=KERNEL,
                    stride=STRIDE,
                    frequency=False,
                    padded=True,
                    bare=joins,
                    **shared,  # type: ignore[arg-type]  # mypy does not see into the dictionary
                )
                self.tencoder.append(Encoder(wave))
                time_decoders.append(Decoder(wave, last=index == 0))
            outer = inner
            places = 1 if places <= KERNEL else places // STRIDE
        self.decoder, self.tdecoder = nn.ModuleList(reversed(decoders)), nn.ModuleList(reversed(time_decoders))
        self.freq_emb = _FrequencyEmbedding(size // 2 // STRIDE, channels)
        self.crosstransformer = CrossTransformer(bottom or outer, hidden, layers, heads) if layers else None
        if bottom:
            self.channel_upsampler, self.channel_upsampler_t = (nn.Conv1d(outer, bottom, 1) for _ in range(2))
            self.channel_downsampler, self.channel_downsampler_t = (nn.Conv1d(bottom, outer, 1) for _ in range(2))
        self.bottom = bottom

    def forward(self, mix: Tensor) -> Tensor:
        """Map (batch, channels, frames) to (batch, sources, channels, frames)."""
        batch, _, frames = mix.shape
        spectrum = self._spectrum(mix)
        x, mean, std = _normalised(spectrum)
        wave, wave_mean, wave_std = _normalised(mix)
        joins_at = self.joins_at
        skips, wave_skips, lengths, wave_lengths = [], [], [], []
        for index, encode in enumerate(self.encoder):
            lengths.append(x.shape[-1])
            joining = None
            if index < len(self.tencoder):
                wave_lengths.append(wave.shape[-1])
                wave = self.tencoder[index](wave)
                if joins_at == index:
                    joining = wave
                else:
                    wave_skips.append(wave)
            x = encode(x, joining)
            if index == 0:
                x = x + self.freq_emb()
            skips.append(x)
        inner: Tensor | None = None  # without a transformer nothing but the skips reaches the decoder
        inner_wave: Tensor | None = None
        if self.crosstransformer is not None:
            inner, inner_wave = self._attend(x, wave)
        for index, decode in enumerate(self.decoder):
            inner, before = decode(inner, skips.pop(), lengths.pop())
            which = index - (len(self.decoder) - len(self.tdecoder))
            if which >= 0:
                if which == 0 and joins_at is not None:
                    inner_wave, _ = self.tdecoder[which](before[:, :, 0], None, wave_lengths.pop())
                else:
                    inner_wave, _ = self.tdecoder[which](inner_wave, wave_skips.pop(), wave_lengths.pop())
        assert inner is not None
        assert inner_wave is not None
        stems = self._sound(inner.float() * std + mean, frames)
        stems += (inner_wave.float() * wave_std + wave_mean).view(batch, self.sources, -1, frames)
        return stems

    def _attend(self, x: Tensor, wave: Tensor) -> tuple[Tensor, Tensor]:
        assert self.crosstransformer is not None
        if not self.bottom:
            both: tuple[Tensor, Tensor] = self.crosstransformer(x, wave)
            return both
        places = x.shape[2]
        x = self.channel_upsampler(x.flatten(2)).unflatten(2, (places, -1))
        x, wave = self.crosstransformer(x, self.channel_upsampler_t(wave))
        x = self.channel_downsampler(x.flatten(2)).unflatten(2, (places, -1))
        return x, self.channel_downsampler_t(wave)

    def _spectrum(self, mix: Tensor) -> Tensor:
        """Real and imaginary parts as channels, one frame for every hop begun: (batch, 2 channels, size/2, frames)."""
        hop = self.size // 4
        count = -(-mix.shape[-1] // hop)
        edge = hop // 2 * 3
        padded = _reflected(mix, edge, edge + count * hop - mix.shape[-1])
        window = torch.hann_window(self.size, device=mix.device)
        spectrum = torch.stft(
            padded.flatten(0, 1), self.size, hop, window=window, normalized=True, return_complex=True
        )[:, :-1, 2 : 2 + count]
        parts = torch.view_as_real(spectrum).permute(0, 3, 1, 2)
        return parts.reshape(mix.shape[0], -1, *spectrum.shape[1:])

    def _sound(self, parts: Tensor, frames: int) -> Tensor:
        """The way back from (batch, sources 2 channels, size/2, frames)."""
        hop = self.size // 4
        batch = parts.shape[0]
        spectrum = parts.view(-1, 2, *parts.shape[2:]).permute(0, 2, 3, 1).contiguous()
        spectrum = functional.pad(torch.view_as_complex(spectrum), (2, 2, 0, 1))
        edge = hop // 2 * 3
        window = torch.hann_window(self.size, device=parts.device)
        length = -(-frames // hop) * hop + 2 * edge
        sound = torch.istft(spectrum, self.size, hop, window=window, normalized=True, length=length)
        return sound[:, edge : edge + frames].reshape(batch, self.sources, -1, frames)


class _FrequencyEmbedding(nn.Module):
    """What tells the convolutions where along frequency they are."""

    def __init__(self, places: int, channels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(places, channels)

    def forward(self) -> Tensor:
        return _EMBEDDING_GAIN * self.embedding.weight.T[None, :, :, None]


def _normalised(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    over = tuple(range(1, x.dim()))
    mean, std = x.mean(over, keepdim=True), x.std(over, keepdim=True)
    return (x - mean) / (1e-5 + std), mean, std


def _reflected(x: Tensor, left: int, right: int) -> Tensor:
    """`x` mirrored at its ends; followed by silence first where it is too short for that."""
    missing = max(left, right) - x.shape[-1] + 1
    if missing > 0:
        behind = min(right, missing)
        x = functional.pad(x, (missing - behind, behind))
        left, right = left - (missing - behind), right - behind
    return functional.pad(x, (left, right), "reflect")
