from __future__ import annotations

import pytest
import torch

from stemstudio.training.losses import WAVE_LOSSES, mixture_consistent, over_stem_sums, si_sdr_loss


@pytest.mark.parametrize("name", sorted(WAVE_LOSSES))
def test_a_better_estimate_costs_less_and_the_gradient_points_there(name: str) -> None:
    generator = torch.Generator().manual_seed(1)
    target = torch.randn(2, 2, 8000, generator=generator)
    error = torch.randn(2, 2, 8000, generator=generator)
    loss = WAVE_LOSSES[name]
    near, far = target + 0.1 * error, (target + error).requires_grad_()
    value = loss(far, target)
    assert float(loss(near, target)) < float(value.detach())
    value.backward()
    assert float((far.grad * error).sum()) > 0


def test_si_sdr_is_known_and_does_not_care_for_scale() -> None:
    target, other = torch.tensor([[1.0, 1.0, -1.0, -1.0]]), torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    assert float(si_sdr_loss(target + 0.1 * other, target)) == pytest.approx(-20, abs=1e-3)
    assert float(si_sdr_loss(5 * target + 0.5 * other, target)) == pytest.approx(-20, abs=1e-3)


def test_stem_sums_see_one_error_more_often_than_two_that_cancel() -> None:
    target = torch.randn(1, 3, 1, 500, generator=torch.Generator().manual_seed(1))
    moved = target.clone()
    moved[:, 0] += 0.5
    moved[:, 1] -= 0.5
    l1 = WAVE_LOSSES["l1"]
    # Of the six sums of one or two of three stems, four hold exactly one of the moved ones.
    assert float(over_stem_sums(l1, moved, target)) == pytest.approx(0.5 * 4 / 6, rel=1e-4)


def test_consistency_makes_the_stems_the_mixture() -> None:
    estimate, mixture = torch.randn(2, 4, 2, 50), torch.randn(2, 2, 50)
    torch.testing.assert_close(mixture_consistent(estimate, mixture).sum(1), mixture)
