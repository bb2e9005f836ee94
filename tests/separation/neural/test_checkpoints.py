from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from stemstudio.core.errors import BadInput, NotReady
from stemstudio.separation.neural.catalog import find_card, read_card
from stemstudio.separation.neural.checkpoints import digest, load_network, make_network
from stemstudio.separation.neural.small import MODEL_ID


class Harmful:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def swap_weights(folder: Path, content: bytes) -> None:
    weights, card = folder / f"{MODEL_ID}.safetensors", folder / f"{MODEL_ID}.toml"
    old = digest(weights)
    weights.write_bytes(content)
    card.write_text(card.read_text().replace(old, digest(weights)))


def test_weights_come_back_within_half_precision(model_folder: Path) -> None:
    card = find_card(MODEL_ID, model_folder)
    network = load_network(card)
    torch.manual_seed(3)
    original = make_network(card.network, card.hyperparameters)
    for (name, value), other in zip(original.state_dict().items(), network.state_dict().values(), strict=True):
        if "exit.weight" not in name:
            torch.testing.assert_close(value, other, rtol=1e-3, atol=1e-5)
    assert not network.training


def test_a_pickle_is_refused_and_not_run(model_folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    swap_weights(model_folder, pickle.dumps(Harmful(mark)))
    with pytest.raises(BadInput, match="no weights"):
        load_network(find_card(MODEL_ID, model_folder))
    assert not mark.exists()


def test_a_changed_file_is_refused(model_folder: Path) -> None:
    weights = model_folder / f"{MODEL_ID}.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(BadInput, match="not the file"):
        load_network(find_card(MODEL_ID, model_folder))


def test_weights_of_another_shape_are_refused(model_folder: Path) -> None:
    card = model_folder / f"{MODEL_ID}.toml"
    card.write_text(card.read_text().replace("hidden = 32", "hidden = 48"))
    with pytest.raises(BadInput, match="does not fit"):
        load_network(find_card(MODEL_ID, model_folder))


def test_weights_that_are_no_numbers_are_refused(model_folder: Path) -> None:
    from safetensors.torch import load_file, save

    state = load_file(model_folder / f"{MODEL_ID}.safetensors")
    state["bias"][0] = float("nan")
    swap_weights(model_folder, save(state))
    with pytest.raises(BadInput, match="not numbers"):
        load_network(find_card(MODEL_ID, model_folder))


@pytest.mark.parametrize("content", ["id = 1", "nonsense", 'id = "x"\ntitle = "y"', ""])
def test_a_file_that_is_no_card_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.toml").write_text(content)
    with pytest.raises(BadInput, match="model card"):
        read_card(tmp_path / "x.toml")


def test_a_card_cannot_name_a_file_elsewhere(model_folder: Path) -> None:
    card = model_folder / f"{MODEL_ID}.toml"
    card.write_text(card.read_text().replace('file = "', 'file = "../../etc/'))
    assert read_card(card).weights.parent == model_folder


def test_a_missing_model_and_a_missing_network_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        find_card("nothing", tmp_path)
    with pytest.raises(BadInput, match="The networks are: "):
        make_network("nothing", {})
    with pytest.raises(BadInput, match="hyperparameters"):
        make_network("unet", {"depth": 3})
