"""BS-RoFormer and Mel-Band RoFormer against the `BS-RoFormer` package, in the version of the published weights."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress
from stemstudio.separation.neural.roformer_weights import load_roformer
from stemstudio.separation.neural.vocal_roformer import VocalRoFormer
from tests.parity.conftest import Kept, draw, far, song, sound

BANDS = (2,) * 24 + (4,) * 12 + (12,) * 8 + (24,) * 8 + (48,) * 8 + (128, 129)
KINDS = ["bs", "mel", "two-stems"]


def official(kind: str):
    """A small network of the package."""
    package = pytest.importorskip("bs_roformer")
    if version("BS-RoFormer") != "0.4.1":
        pytest.skip("another version of BS-RoFormer")
    # Flash attention off: the package asks for a graphics card otherwise.
    shape = {"dim": 16, "depth": 2, "stereo": True, "time_transformer_depth": 1, "freq_transformer_depth": 1,
             "dim_head": 8, "heads": 2, "flash_attn": False, "stft_hop_length": 441,
             "mask_estimator_depth": 2}  # fmt: skip
    if kind == "mel":
        return draw(package.MelBandRoformer(num_stems=1, num_bands=60, linear_transformer_depth=0, **shape))
    return draw(package.BSRoformer(num_stems=2 if kind == "two-stems" else 1, freqs_per_bands=BANDS, **shape))


@pytest.mark.parametrize("kind", KINDS)
def test_an_official_file_gives_the_official_output(kind: str, tmp_path: Path, monkeypatch) -> None:
    network = official(kind)
    torch.save(network.state_dict(), tmp_path / "x.ckpt")
    loaded = load_roformer(tmp_path / "x.ckpt", 441)
    mix = torch.from_numpy(sound(2.0))[None]
    frames = mix.shape[-1] // 441 * 441
    gone_too(monkeypatch)
    with torch.no_grad():
        wanted = network(mix).reshape(1, -1, 2, frames)
        assert far(loaded(mix)[..., :frames], wanted) < 1e-4


def gone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lowest bin out of what the package gives, as the program does that the weights were published with."""
    inverse = torch.istft

    def without(spectrum, *arguments, **options):
        spectrum = spectrum.clone()
        spectrum[..., 0, :] = 0
        return inverse(spectrum, *arguments, **options)

    monkeypatch.setattr(torch, "istft", without)


def test_the_recorded_output_comes_out(recorded, tmp_path: Path, monkeypatch) -> None:
    from stemstudio.separation.neural.roformer import RoFormer

    mix = torch.from_numpy(sound(2.0))[None]

    def excerpt(out: torch.Tensor) -> np.ndarray:
        return out.reshape(2, -1)[:, 1000:80000:500].detach().numpy()

    gone_too(monkeypatch)
    wanted = recorded("roformer", lambda: excerpt(official("bs")(mix)))
    ends = np.cumsum(BANDS)
    network = RoFormer(
        bands=[range(end - count, end) for end, count in zip(ends, BANDS, strict=True)], size=2048, hop=441, stems=1,
        width=16, depth=2, time_depth=1, band_depth=1, heads=2, head_width=8, expansion=4, mask_widths=[64],
        norm_each=False,
    )  # fmt: skip
    draw(network)
    assert far(excerpt(network(mix)), wanted) < 1e-4


def test_a_track_of_one_segment_is_the_official_one(user_models: Path, monkeypatch) -> None:
    network = official("mel")
    torch.save(network.state_dict(), user_models / "x.ckpt")
    (user_models / "test.toml").write_text(
        'title = "T"\nnetwork = "x"\nbackend = "roformer"\nstems = ["vocals", "accompaniment"]\n'
        '[hyperparameters]\nhop = 441\nsegment = 88200\n[[files]]\nfile = "x.ckpt"\nsha256 = "0"\n'
        '[licence]\ncode = "a"\nweights = "b"\n[training]\ndata = "c"\nsource = "d"\n'
    )
    gone_too(monkeypatch)
    with torch.no_grad():
        wanted = network(torch.from_numpy(sound(2.0))[None])[0].numpy()
    backend, sink = VocalRoFormer(), Kept()
    given = {"model": "test", "precision": "full", "device": "cpu"}
    backend.separate(song(2.0), resolve(backend.info.params, given), sink, Progress())
    assert far(sink.stems["vocals"], wanted) < 1e-4
    assert far(sink.stems["accompaniment"] + sink.stems["vocals"], sound(2.0)) < 1e-6
