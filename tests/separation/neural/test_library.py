"""The cards that travel with the program, what is imported, and that only what fits its network is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from stemstudio.core.errors import BadInput, NotReady
from stemstudio.core.resources import models_folder
from stemstudio.separation.backend import Missing, Ready
from stemstudio.separation.neural.checkpoints import digest
from stemstudio.separation.neural.demucs import HTDemucs
from stemstudio.separation.neural.demucs_weights import load_demucs
from stemstudio.separation.neural.hybrid_demucs import HybridDemucs
from stemstudio.separation.neural.importing import import_file, remove
from stemstudio.separation.neural.library import model, models, read_model, require, user_models_folder
from stemstudio.separation.registry import backend, backend_ids

TINY = {"channels": 8, "bottom": 16, "layers": 2, "heads": 8, "hidden": 32}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(4)
    state = HybridDemucs(**TINY).state_dict()
    torch.save(
        {"state": state, "kwargs": {"sources": ["drums", "bass", "other", "vocals"], "segment": 2}},
        tmp_path / "My Model!.th",
    )
    return tmp_path / "My Model!.th"


def test_every_card_tells_what_a_person_must_know() -> None:
    assert {"htdemucs", "htdemucs-ft", "htdemucs-6s", "hdemucs-mmi", "umxhq", "umxl"} <= {each.id for each in models()}
    for each in models():
        assert each.title
        assert each.backend in backend_ids()
        assert set(each.stems) <= set(backend(each.backend).info.stems)
        assert each.code_licence
        assert each.weights_licence
        assert each.use
        assert each.training_data
        assert each.source
        assert each.files
        for file in each.files:
            assert set(file.shares) <= set(each.stems)
            assert (
                each.shipped or file.url.startswith("https://") or (not file.url and each.source.startswith("https://"))
            )
            assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{8}|", file.sha256)
            assert file.size_bytes > 1e6
        assert {stem for file in each.files for stem in file.shares} == set(each.stems)
    assert "esearch" in model("htdemucs").use
    assert "NC" in model("umxl").weights_licence


def test_a_card_that_is_none_is_told() -> None:
    with pytest.raises(BadInput, match="card"):
        read_model(models_folder() / "README.md")
    with pytest.raises(BadInput, match="htdemucs-ft"):
        model("nothing")


def test_what_is_missing_is_named_with_its_place() -> None:
    state = HTDemucs().availability()
    assert isinstance(state, Missing)
    assert "955717e8-8726e21a.th" in state.what
    assert str(user_models_folder()) in state.how_to_fix
    assert "https://" in state.how_to_fix
    with pytest.raises(NotReady):
        require(model("htdemucs-ft"))


def test_an_unknown_file_becomes_a_model(weights: Path) -> None:
    made = import_file(weights)
    assert made.id == "my-model"
    assert made.backend == "htdemucs"
    assert made.installed
    assert made.files[0].path.suffix == ".safetensors"
    assert digest(weights) in made.source
    assert isinstance(HTDemucs().availability(), Ready)
    before, after = load_demucs(weights), load_demucs(made.files[0].path)
    assert (before.stems, before.segment) == (after.stems, after.segment)
    for name, value in before.network.state_dict().items():
        assert torch.equal(value, after.network.state_dict()[name])
    assert import_file(weights).id == "my-model-2"
    remove(made)
    assert "my-model" not in {each.id for each in models()}


def test_a_file_of_a_published_model_is_put_in_its_place(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stemstudio.separation.neural import importing

    monkeypatch.setattr(importing, "digest", lambda _: model("htdemucs").files[0].sha256)
    assert import_file(weights).id == "htdemucs"
    assert model("htdemucs").installed
    assert weights.is_file()


def test_a_file_of_no_known_network_is_refused(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(3)}, tmp_path / "x.pth")
    with pytest.raises(BadInput, match="no network"):
        import_file(tmp_path / "x.pth")
    with pytest.raises(BadInput, match="does not exist"):
        import_file(tmp_path / "y.pth")
    assert not user_models_folder().exists()


def state_with(change: str) -> dict[str, torch.Tensor]:
    state = HybridDemucs(**TINY).state_dict()
    match change:
        case "missing":
            del state["decoder.1.rewrite.bias"]
        case "unknown":
            state["decoder.1.more"] = torch.zeros(2)
        case "shape":
            state["decoder.1.rewrite.bias"] = torch.zeros(3)
        case "kind":
            state["decoder.1.rewrite.bias"] = state["decoder.1.rewrite.bias"].int()
        case "nan":
            state["decoder.1.rewrite.bias"][0] = float("nan")
        case "deep":
            state |= {f"encoder.{index}.conv.weight": torch.zeros(1) for index in range(4, 3000)}
        case "wide":
            state["encoder.0.conv.weight"] = torch.zeros(1).expand(10**5, 4, 8, 1).clone()
    return state


@pytest.mark.parametrize("change", ["missing", "unknown", "shape", "kind", "nan", "deep", "wide"])
def test_tensors_that_do_not_fit_are_refused(tmp_path: Path, change: str) -> None:
    torch.save(state_with(change), tmp_path / "x.th")
    with pytest.raises(BadInput, match=r"x\.th"):
        load_demucs(tmp_path / "x.th")


@pytest.mark.parametrize(
    "arguments",
    [{"cac": False}, {"segment": 1e9}, {"t_heads": 10**9}, {"multi_freqs": [0.5]}, {"segment": "x"}, {"t_heads": 7}],
)
def test_arguments_that_cannot_be_are_refused(tmp_path: Path, arguments: dict[str, object]) -> None:
    torch.save({"state": state_with(""), "kwargs": arguments}, tmp_path / "x.th")
    with pytest.raises(BadInput):
        load_demucs(tmp_path / "x.th")
