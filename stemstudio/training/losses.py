"""Losses: on sums over bands, for networks that give masks (see `mixing`), and on waveforms, for any other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional

from stemstudio.training.mixing import Batch

WaveLoss = Callable[[Tensor, Tensor], Tensor]


def _joined(masks: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Masks, products with the mixture and energies by stem; where bass and other are one recording, they are one row.

    That row is the third; the fourth is zero there. The two are taken as uncorrelated where they add up.
    """
    joint = batch.joint[:, None, None, None]
    vocals, drums, bass, other = masks.unbind(1)
    masks = torch.stack([vocals, drums, torch.where(joint, bass + other, bass), torch.where(joint, 0.0, other)], 1)
    cross, energy = batch.cross, batch.energy
    if bool(batch.joint.any()):
        cross, energy = cross.clone(), energy.clone()
        for sums in (cross, energy):
            sums[batch.joint, 2] += sums[batch.joint, 3]
            sums[batch.joint, 3] = 0
    return masks, cross, energy


def stem_errors(masks: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Squared error and energy of each stem and frame: two (batch, 4, frames); see `_joined` for their rows."""
    masks, cross, energy = _joined(masks, batch)
    error = (masks.square() * batch.mix[:, None] - 2 * masks * cross).sum((2, 4)) + energy
    return error.clamp(min=0), energy


def log_error(masks: Tensor, batch: Batch, window: int = 64, silence: float = 0.8, floor: float = 2e-3) -> Tensor:
    """Mean over stems and windows of ten times the logarithm of squared error over mixture energy.

    This is minus the signal-to-distortion ratio in decibels but for a constant that the masks cannot change
    (Heitkaemper et al., 2020, "Demystifying TasNet"), with a floor `floor` below the mixture at which a stem is good
    enough, so that a silent stem counts too, with the weight `silence`.
    """
    error, _ = stem_errors(masks, batch)
    mix = batch.mix.sum((1, 3))
    window = min(window, mix.shape[-1])
    error, mix = (x.unfold(-1, window, window).sum(-1) for x in (error, mix))
    total = mix.mean(-1, keepdim=True)
    scale = (mix + 0.05 * total + 1e-9)[:, None]  # of a window, and not zero where all is silent
    ratio = error / scale + floor
    each = 10 * torch.log10(ratio)
    present = batch.energy.unfold(-1, window, window).sum(-1) > 1e-4 * mix[:, None]
    # Silence is learned soon; given its full weight, the network learns at first that silence is a safe answer.
    weight = torch.where(present, 1.0, silence)
    weight[batch.joint, 2] *= 1.5
    weight[batch.joint, 3] = 0.0
    return (each * weight).sum() / weight.sum()


def squared_error(masks: Tensor, batch: Batch) -> Tensor:
    """Squared error of the stems over the energy of the mixture, the mean of all items."""
    error, _ = stem_errors(masks, batch)
    return (error.sum((1, 2)) / (batch.mix.sum((1, 2, 3)) + 1e-9)).mean()


def scale_invariant(masks: Tensor, batch: Batch, window: int = 64) -> Tensor:
    """Minus the mean SI-SDR in dB over windows and the stems that are heard in them, held between -20 and 30 dB.

    On its own it leaves the level of a stem open; see `balanced`.
    """
    masks, cross, energy = _joined(masks, batch)
    window = min(window, cross.shape[3])
    inner, guess, wanted, mix = (
        x.unfold(-1, window, window).sum(-1)
        for x in (
            (masks * cross).sum((2, 4)),
            (masks.square() * batch.mix[:, None]).sum((2, 4)),
            energy,
            batch.mix.sum((1, 3))[:, None],
        )
    )
    target = inner.clamp(min=0).square() / (wanted + 1e-9)
    ratio = ((guess - target).clamp(min=0) + 1e-3 * wanted + 1e-9) / (target + 1e-2 * wanted + 1e-9)
    heard = (wanted > 1e-3 * mix).float()
    return (10 * torch.log10(ratio) * heard).sum() / heard.sum().clamp(min=1)


def balanced(masks: Tensor, batch: Batch) -> Tensor:
    """Half `log_error`, half `scale_invariant`: the one holds the level, the other does not reward holding back."""
    return (log_error(masks, batch) + scale_invariant(masks, batch)) / 2


LOSSES = {"balanced": balanced, "log": log_error, "mse": squared_error}


def si_sdr_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """Minus the mean SI-SDR in dB of sounds (..., frames) (Le Roux et al., 2019)."""
    scale = (estimate * target).sum(-1, keepdim=True) / (target.square().sum(-1, keepdim=True) + 1e-8)
    wanted = scale * target
    ratio = (wanted.square().sum(-1) + 1e-8) / ((estimate - wanted).square().sum(-1) + 1e-8)
    return -10 * torch.log10(ratio).mean()


def multi_resolution_stft(estimate: Tensor, target: Tensor, sizes: tuple[int, ...] = (512, 1024, 2048)) -> Tensor:
    """Spectral convergence and log-magnitude distance over several transforms (Yamamoto et al., 2020, eq. 3 to 6)."""
    total = torch.zeros((), device=estimate.device)
    for size in sizes:
        window = torch.hann_window(size, device=estimate.device)
        a, b = (
            torch.stft(x.flatten(0, -2), size, size // 4, window=window, return_complex=True).abs().clamp(min=1e-7)
            for x in (estimate, target)
        )
        total = total + torch.linalg.norm(b - a) / torch.linalg.norm(b) + (b.log() - a.log()).abs().mean()
    return total / len(sizes)


def over_stem_sums(loss: WaveLoss, estimate: Tensor, target: Tensor) -> Tensor:
    """Mean of `loss` over all sums of one, two, ... all but one of the stems in (batch, stems, ..., frames).

    The combination loss of Sawata et al. (2021), "All for one and one for all: improving music separation by bridging
    networks", eq. 7: errors that cancel between stems are seen.
    """
    stems = range(target.shape[1])
    groups = [list(group) for count in range(1, len(stems)) for group in combinations(stems, count)]
    values = [loss(estimate[:, group].sum(1), target[:, group].sum(1)) for group in groups]
    return torch.stack(values).mean()


def mixture_consistent(estimate: Tensor, mixture: Tensor) -> Tensor:
    """Share what the stems (batch, stems, ..., frames) lack to the mixture out among them evenly.

    Wisdom et al. (2019), "Differentiable consistency constraints for improved deep speech enhancement", eq. 4.
    """
    return estimate + (mixture - estimate.sum(1)).unsqueeze(1) / estimate.shape[1]


WAVE_LOSSES: dict[str, WaveLoss] = {
    "l1": functional.l1_loss,
    "mse": functional.mse_loss,
    "huber": functional.huber_loss,
    "si_sdr": si_sdr_loss,
    "mr_stft": multi_resolution_stft,
}
