from __future__ import annotations

import pytest
import torch

from stemstudio.separation.neural.bands import BANDS, FEATURES
from stemstudio.separation.neural.checkpoints import NETWORKS, make_network

SMALL = {
    "unet": {"widths": (8, 8, 12, 16), "hidden": 16, "dilations": (1, 2)},
    "bandgru": {"width": 16, "hidden": 8, "depth": 1},
    "bandmixer": {"width": 16, "dilations": (1, 2)},
}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_network_maps_features_to_masks_that_sum_to_one(name: str) -> None:
    torch.manual_seed(1)
    network = make_network(name, SMALL[name]).eval()
    masks = network(torch.randn(2, FEATURES, 10, BANDS))
    assert masks.shape == (2, 4, 2, 10, BANDS)
    torch.testing.assert_close(masks.sum(1), torch.ones(2, 2, 10, BANDS))
    assert float(masks.detach().min()) >= 0


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_weight_of_a_network_learns(name: str) -> None:
    torch.manual_seed(1)
    network = make_network(name, SMALL[name])
    masks = network(torch.randn(2, FEATURES, 10, BANDS))
    (masks * torch.randn(masks.shape)).sum().backward()
    for parameter, value in network.named_parameters():
        assert value.grad is not None, parameter
        assert bool(torch.isfinite(value.grad).all()), parameter


def test_a_folded_band_keeps_its_place() -> None:
    """A change in one band of the bias changes the masks of that band alone."""
    torch.manual_seed(1)
    network = make_network("unet", SMALL["unet"]).eval()
    x = torch.randn(1, FEATURES, 4, BANDS)
    before = network(x)
    with torch.no_grad():
        network.get_parameter("bias")[1, 0, 10] += 3.0
    changed = (network(x) - before).abs().amax((0, 1, 2, 3))
    assert torch.nonzero(changed > 1e-6).flatten().tolist() == [21]
