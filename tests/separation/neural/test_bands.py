from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from stemstudio.separation.neural.bands import (
    BANDS,
    N_FFT,
    band_edges,
    features,
    masks_from_logits,
    middle_sides,
    pool,
    spread,
)


def test_the_bands_cover_every_bin_once() -> None:
    edges = band_edges()
    assert edges.size == BANDS + 1
    assert (edges[0], edges[-1]) == (0, N_FFT // 2 + 1)
    assert (np.diff(edges) > 0).all()
    assert (np.diff(edges)[:64] == 1).all()


def test_pool_sums_each_band() -> None:
    power = torch.rand(2, 3, N_FFT // 2 + 1)
    edges = band_edges()
    expected = [power[..., a:b].sum(-1) for a, b in pairwise(edges)]
    torch.testing.assert_close(pool(power), torch.stack(expected, -1), rtol=1e-4, atol=1e-5)


def test_spread_gives_each_bin_the_value_of_its_band() -> None:
    mask = torch.rand(2, BANDS)
    spread_out = spread(mask)
    assert spread_out.shape == (2, N_FFT // 2 + 1)
    widths = torch.from_numpy(np.diff(band_edges()))
    torch.testing.assert_close(pool(spread_out) / widths, mask)


def test_middle_and_sides_go_back_and_keep_the_energy() -> None:
    stereo = torch.randn(3, 2, 50)
    turned = middle_sides(stereo)
    torch.testing.assert_close(turned.square().sum(), stereo.square().sum())
    torch.testing.assert_close(middle_sides(turned), stereo)


def test_features_do_not_depend_on_the_level() -> None:
    energy, left, right = torch.rand(1, 2, 5, BANDS), torch.rand(1, 5, BANDS), torch.rand(1, 5, BANDS)
    torch.testing.assert_close(
        features(energy, left, right), features(energy * 1e-4, left * 1e-4, right * 1e-4), rtol=1e-4, atol=1e-4
    )
    assert bool(torch.isfinite(features(energy * 0, left * 0, right * 0)).all())


def test_masks_sum_to_one() -> None:
    masks = masks_from_logits(torch.randn(2, 4, 2, 3, BANDS) * 30)
    torch.testing.assert_close(masks.sum(1), torch.ones(2, 2, 3, BANDS))
