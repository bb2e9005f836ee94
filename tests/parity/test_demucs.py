"""Hybrid Demucs and HTDemucs against the `demucs` package, and against torchaudio's copy."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from stemstudio.core.params import resolve
from stemstudio.core.progress import Progress
from stemstudio.separation.neural.demucs import HDemucs, HTDemucs, HTDemucsSix
from stemstudio.separation.neural.demucs_weights import load_demucs
from stemstudio.separation.neural.hybrid_demucs import HybridDemucs
from tests.parity.conftest import Kept, draw, far, song, sound, torchaudio_models

FOUR = ["drums", "bass", "other", "vocals"]
SIX = [*FOUR, "guitar", "piano"]
TINY = {
    "htdemucs": ({"channels": 8, "bottom": 16, "layers": 3, "heads": 8, "hidden": 64}, 1.3),
    "htdemucs-6s": ({"channels": 8, "layers": 2, "heads": 8, "hidden": 256, "sources": 6}, 1.3),
    "hdemucs": ({"channels": 16, "depth": 6, "compress": 4, "residual_in_decoder": False}, 3.1),
}


def official(kind: str):
    """The official network of the same size, with the same weights."""
    package = pytest.importorskip("demucs.htdemucs" if kind != "hdemucs" else "demucs.hdemucs")
    match kind:
        case "htdemucs":
            network = package.HTDemucs(
                FOUR, channels=8, bottom_channels=16, dconv_mode=3, dconv_comp=8, t_layers=3, segment=Fraction(13, 10)
            )
        case "htdemucs-6s":
            network = package.HTDemucs(
                SIX, channels=8, dconv_mode=3, dconv_comp=8, t_layers=2, segment=Fraction(13, 10)
            )
        case _:
            network = package.HDemucs(FOUR, channels=16)
    return draw(network)


def save(network, path: Path, *, half: bool = False) -> Path:
    """Write `network` with the official code for it."""
    states, omegaconf = pytest.importorskip("demucs.states"), pytest.importorskip("omegaconf")
    arguments = omegaconf.OmegaConf.create({"dset": {"segment": 11}, "optim": {"lr": 3e-4}, "seed": None})
    torch.save(states.serialize_model(network, arguments, half=half), path)
    return path


def excerpt(out: torch.Tensor) -> np.ndarray:
    """A few hundred numbers from everywhere."""
    return out[0, :, :, 100 :: out.shape[-1] // 40].detach().numpy()


@pytest.mark.parametrize("kind", sorted(TINY))
def test_the_recorded_output_comes_out(kind: str, recorded) -> None:
    hyperparameters, seconds = TINY[kind]
    mix = torch.from_numpy(sound(seconds))[None]
    wanted = recorded(kind, lambda: excerpt(official(kind)(mix)))
    found = draw(HybridDemucs(**hyperparameters))(mix)
    assert far(excerpt(found), wanted) < 1e-4


@pytest.mark.parametrize("kind", sorted(TINY))
def test_an_official_file_gives_the_official_output(kind: str, tmp_path: Path) -> None:
    network = official(kind)
    loaded = load_demucs(save(network, tmp_path / "x.th"))
    assert loaded.stems == tuple(SIX if kind == "htdemucs-6s" else FOUR)
    mix = torch.from_numpy(sound(TINY[kind][1]))[None]
    with torch.no_grad():
        assert far(loaded.network(mix), network(mix)) < 1e-4


def test_half_precision_files_are_read(tmp_path: Path) -> None:
    network = official("htdemucs")
    loaded = load_demucs(save(network, tmp_path / "x.th", half=True))
    assert loaded.segment == 57330
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], value.half().float())


@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_lengths_that_no_segment_fits(tmp_path: Path, seconds: float) -> None:
    network = official("hdemucs")
    loaded = load_demucs(save(network, tmp_path / "x.th"))
    mix = torch.from_numpy(sound(seconds))[None]
    with torch.no_grad():
        assert far(loaded.network(mix), network(mix)) < 1e-4


def test_torchaudio_s_layout_gives_torchaudio_s_output(tmp_path: Path) -> None:
    network = draw(torchaudio_models().HDemucs(FOUR, nfft=4096, depth=6, channels=16))
    torch.save(network.state_dict(), tmp_path / "x.pt")
    loaded = load_demucs(tmp_path / "x.pt")
    mix = torch.from_numpy(sound(3.1))[None]
    with torch.no_grad():
        assert far(loaded.network(mix), network(mix)) < 1e-4
    assert loaded.stems == tuple(FOUR)


def card(folder: Path, backend: str, stems: list[str], files: list[tuple[Path, dict[str, float]]]) -> None:
    """Make `files` a model of `backend`."""
    lines = [f'title = "Test"\nnetwork = "x"\nbackend = "{backend}"\nstems = {sorted(stems)!r}']
    for path, shares in files:
        given = ", ".join(f"{stem} = {share}" for stem, share in shares.items())
        lines.append(f'[[files]]\nfile = "{path.name}"\nsha256 = "00000000"\nshares = {{ {given} }}')
    lines.append('[licence]\ncode = "a"\nweights = "b"\n[training]\ndata = "c"\nsource = "d"\n')
    (folder / "test.toml").write_text("\n".join(lines))


def whole_track(model, seconds: float, **how) -> dict[str, np.ndarray]:
    """What the official program makes of a song, with its normalisation around it."""
    apply = pytest.importorskip("demucs.apply")
    wave = torch.from_numpy(sound(seconds))
    middle = wave.mean(0)
    mean, std = middle.mean(), middle.std() + 1e-8
    out = apply.apply_model(model, ((wave - mean) / std)[None], overlap=0.25, **how)[0] * std + mean
    return dict(zip(model.sources, out.numpy(), strict=True))


def ours(backend, seconds: float, **values) -> dict[str, np.ndarray]:
    sink = Kept()
    given = {"model": "test", "precision": "full", "device": "cpu", **values}
    backend.separate(song(seconds), resolve(backend.info.params, given), sink, Progress())
    return sink.stems


@pytest.mark.parametrize("seconds", [0.4, 3.25])
def test_a_whole_track_is_the_official_one(user_models: Path, seconds: float) -> None:
    network = official("htdemucs")
    path = save(network, user_models / "x.th")
    card(user_models, "htdemucs", FOUR, [(path, dict.fromkeys(FOUR, 1.0))])
    wanted = whole_track(network, seconds, shifts=0)
    found = ours(HTDemucs(), seconds)
    for stem in FOUR:
        assert far(found[stem], wanted[stem]) < 1e-4, stem


def test_six_stems_keep_their_names(user_models: Path) -> None:
    network = official("htdemucs-6s")
    path = save(network, user_models / "x.th")
    card(user_models, "htdemucs-6s", SIX, [(path, dict.fromkeys(SIX, 1.0))])
    wanted, found = whole_track(network, 2.0, shifts=0), ours(HTDemucsSix(), 2.0)
    for stem in SIX:
        assert far(found[stem], wanted[stem]) < 1e-4, stem


def test_shifted_runs_are_averaged_as_officially(user_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = official("htdemucs")
    path = save(network, user_models / "x.th")
    card(user_models, "htdemucs", FOUR, [(path, dict.fromkeys(FOUR, 1.0))])
    # Officially the shifts are drawn; here they are spread evenly. 22050 less the offset is the delay.
    offsets = iter([22050, 22050 - 7350, 22050 - 14700])
    monkeypatch.setattr(random, "randint", lambda *_: next(offsets))
    wanted, found = whole_track(network, 3.3, shifts=3), ours(HTDemucs(), 3.3, shifts=3)
    for stem in FOUR:
        assert far(found[stem], wanted[stem]) < 1e-3, stem


def test_segments_of_hybrid_demucs_end_short_as_officially(user_models: Path) -> None:
    network = official("hdemucs")
    path = save(network, user_models / "x.th")
    card(user_models, "hdemucs", FOUR, [(path, dict.fromkeys(FOUR, 1.0))])
    wanted, found = whole_track(network, 8.6, shifts=0, segment=3), ours(HDemucs(), 8.6, segment=3)
    for stem in FOUR:
        assert far(found[stem], wanted[stem]) < 1e-4, stem


def test_a_bag_weighs_its_networks_as_officially(user_models: Path) -> None:
    apply = pytest.importorskip("demucs.apply")
    networks = [official("htdemucs"), official("htdemucs")]
    with torch.no_grad():
        networks[1].decoder[3].conv_tr.weight.mul_(-0.5)
    weights = [[1.0, 0.0, 2.0, 1.0], [0.0, 1.0, 1.0, 1.0]]
    files = [save(network, user_models / f"{index}.th") for index, network in enumerate(networks)]
    card(
        user_models,
        "htdemucs",
        FOUR,
        [(f, dict(zip(FOUR, w, strict=True))) for f, w in zip(files, weights, strict=True)],
    )
    wanted = whole_track(apply.BagOfModels(networks, weights), 2.5, shifts=0)
    found = ours(HTDemucs(), 2.5)
    for stem in FOUR:
        assert far(found[stem], wanted[stem]) < 1e-4, stem
    alone = ours(HTDemucs(), 2.5, only="bass")
    assert far(alone["bass"], wanted["bass"]) < 1e-4
    assert not alone["vocals"].any()
