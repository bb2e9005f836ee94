"""Open-Unmix and its Wiener filter against the `openunmix` package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress
from stemstudio.separation.neural.openunmix import OpenUnmix, load_openunmix
from stemstudio.separation.neural.unmix import OpenUnmixSeparator
from stemstudio.separation.neural.wiener_em import wiener
from tests.parity.conftest import Kept, draw, far, song, sound, torchaudio_models

FOUR = ["vocals", "drums", "bass", "other"]
HIDDEN = 16


@pytest.fixture
def package():
    pytest.importorskip("openunmix.filtering") if "torchaudio" in __import__("sys").modules else torchaudio_models()
    return pytest.importorskip("openunmix.model")


def network_of(package, index: int):
    return draw_shifted(package.OpenUnmix(nb_bins=2049, hidden_size=HIDDEN, max_bin=1487), index)


def draw_shifted(network, index: int):
    """`draw`, and each stem a little different."""
    draw(network)
    with torch.no_grad():
        network.fc3.weight.mul_(1 + 0.5 * index)
        network.output_mean.mul_(0.3)
    return network


def spectrum() -> torch.Tensor:
    window = torch.hann_window(4096)
    return torch.stft(torch.from_numpy(sound(9.0)), 4096, 1024, window=window, return_complex=True)


def magnitudes_of(mixture: torch.Tensor) -> torch.Tensor:
    shares = torch.from_numpy(np.random.RandomState(2).rand(4, *mixture.shape).astype(np.float32))
    return shares / shares.sum(0) * mixture.abs()


def test_the_recorded_magnitudes_come_out(recorded, request) -> None:
    mixture = spectrum().abs()[None]

    def excerpt(out: torch.Tensor) -> np.ndarray:
        return out[0, :, ::97, ::31].detach().numpy()

    def official() -> np.ndarray:
        return excerpt(network_of(request.getfixturevalue("package"), 1)(mixture))

    wanted = recorded("openunmix", official)
    assert far(excerpt(draw_shifted(OpenUnmix(hidden=HIDDEN), 1)(mixture)), wanted) < 1e-4


@pytest.mark.parametrize("zipped", [True, False])
def test_an_official_file_gives_the_official_output(package, tmp_path: Path, zipped: bool) -> None:
    network = network_of(package, 0)
    torch.save(network.state_dict(), tmp_path / "x.pth", _use_new_zipfile_serialization=zipped)
    mixture = spectrum().abs()[None]
    with torch.no_grad():
        assert far(load_openunmix(tmp_path / "x.pth")(mixture), network(mixture)) < 1e-4


@pytest.mark.parametrize("iterations", [0, 1, 2])
def test_the_filter_is_the_official_one(package, iterations: int) -> None:
    filtering = pytest.importorskip("openunmix.filtering")
    mixture = spectrum()[..., :300] * 5
    magnitudes = magnitudes_of(mixture)
    official = filtering.wiener(
        magnitudes.permute(3, 2, 1, 0).double(), torch.view_as_real(mixture.permute(2, 1, 0)).double(), iterations
    )
    wanted = torch.view_as_complex(official.permute(4, 2, 1, 0, 3).contiguous())
    found = wiener(magnitudes, mixture, iterations)
    assert far(torch.view_as_real(found), torch.view_as_real(wanted)) < 1e-4


@pytest.mark.parametrize("iterations", [0, 1])
def test_a_whole_track_is_the_official_one(package, user_models: Path, iterations: int) -> None:
    networks = {stem: network_of(package, index) for index, stem in enumerate(FOUR)}
    lines = [f'title = "Test"\nnetwork = "openunmix"\nbackend = "openunmix"\nstems = {FOUR!r}']
    for stem, network in networks.items():
        torch.save(network.state_dict(), user_models / f"{stem}.pth")
        lines.append(f'[[files]]\nfile = "{stem}.pth"\nsha256 = "0"\nshares = {{ {stem} = 1.0 }}')
    lines.append('[licence]\ncode = "a"\nweights = "b"\n[training]\ndata = "c"\nsource = "d"\n')
    (user_models / "test.toml").write_text("\n".join(lines))
    with torch.no_grad():
        official = package.Separator(networks, niter=iterations)(torch.from_numpy(sound(9.0))[None])[0].numpy()
    backend, sink = OpenUnmixSeparator(), Kept()
    given = {"model": "test", "iterations": iterations, "precision": "full", "device": "cpu"}
    backend.separate(song(9.0), resolve(backend.info.params, given), sink, Progress())
    for stem, wanted in zip(FOUR, official, strict=True):
        assert far(sink.stems[stem], wanted) < 1e-3, stem
