"""Losses on sums over bands (see `mixing`)."""

from __future__ import annotations

import torch
from torch import Tensor

from stemstudio.training.mixing import Batch


def stem_errors(masks: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Squared error and energy of each stem and frame: two (batch, 4, frames).

    Where bass and other are one recording, the bass row holds both and the other row is zero.
    """
    joint = batch.joint[:, None, None, None]
    vocals, drums, bass, other = masks.unbind(1)
    masks = torch.stack([vocals, drums, torch.where(joint, bass + other, bass), torch.where(joint, 0.0, other)], 1)
    cross = batch.cross
    if bool(batch.joint.any()):
        cross = cross.clone()
        cross[batch.joint, 2] += cross[batch.joint, 3]
        cross[batch.joint, 3] = 0
    error = (masks.square() * batch.mix[:, None] - 2 * masks * cross).sum((2, 4)) + batch.energy
    return error.clamp(min=0), batch.energy


def log_error(masks: Tensor, batch: Batch, window: int = 64, floor: float = 1e-3) -> Tensor:
    """Mean over stems and windows of ten times the logarithm of squared error over mixture energy.

    This is minus the signal-to-distortion ratio in decibels but for a constant that the masks cannot change
    (Heitkaemper et al., 2020, "Demystifying TasNet"), with a floor `floor` below the mixture at which a stem is good
    enough, so that a silent stem counts too.
    """
    error, _ = stem_errors(masks, batch)
    mix = batch.mix.sum((1, 3))
    error, mix = (x.unfold(-1, window, window).sum(-1) for x in (error, mix))
    total = mix.mean(-1, keepdim=True)
    ratio = (error + floor * (mix + 0.05 * total)[:, None]) / (mix + 0.05 * total + 1e-9)[:, None]
    each = 10 * torch.log10(ratio)
    weight = torch.ones_like(each)
    weight[batch.joint, 2], weight[batch.joint, 3] = 1.5, 0.0
    return (each * weight).sum() / weight.sum()
