"""Weights into networks and back, by safetensors only: a file that holds numbers and cannot run code."""

from __future__ import annotations

import hashlib
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.separation.neural.catalog import ModelCard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

NETWORKS = {
    "bandgru": "stemstudio.separation.neural.bandgru:BandGRU",
    "bandmixer": "stemstudio.separation.neural.bandmixer:BandMixer",
    "unet": "stemstudio.separation.neural.unet:UNet",
}
_COUNTER = "num_batches_tracked"  # of batch normalisation; means nothing once trained


def make_network(name: str, hyperparameters: Mapping[str, object]) -> nn.Module:
    """A fresh network called `name`; `BadInput` if there is none or the arguments do not fit."""
    if name not in NETWORKS:
        raise BadInput(f"There is no network {name!r}.", f"The networks are: {', '.join(NETWORKS)}.")
    module, kind = NETWORKS[name].split(":")
    try:
        return cast("nn.Module", getattr(import_module(module), kind)(**hyperparameters))
    except TypeError as error:
        raise BadInput(f"The network {name} has other hyperparameters ({error}).", "Mend the card.") from error


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_weights(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write `state`: matrices in 16-bit floating point, vectors in 32, since variances can pass what 16 bits hold."""
    from safetensors.torch import save_file

    half = {
        name: (value.half() if value.ndim > 1 else value.float()).contiguous()
        for name, value in state.items()
        if value.dtype.is_floating_point and not name.endswith(_COUNTER)
    }
    # One entry: the library writes several in an order of its own, and the same weights are to be the same file.
    save_file(half, path, {"about": json.dumps(dict(metadata), sort_keys=True)})


def load_network(card: ModelCard) -> nn.Module:
    """The network of `card` with its weights, in 32 bits, ready for use.

    Raises
    ------
    BadInput
        If the file is not the one that the card describes or does not fit the network.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    again = "Install StemStudio again, or get the model again."
    network = make_network(card.network, card.hyperparameters)
    try:
        if digest(card.weights) != card.sha256:
            raise BadInput(f"{card.weights.name} is not the file that its card describes.", again)
        state = load_file(card.weights)
    except OSError as error:
        raise from_os_error(error, card.weights) from error
    except SafetensorError as error:
        raise BadInput(f"{card.weights.name} holds no weights ({error}).", again) from error
    wanted = {name: value for name, value in network.state_dict().items() if not name.endswith(_COUNTER)}
    if {name: value.shape for name, value in wanted.items()} != {name: value.shape for name, value in state.items()}:
        raise BadInput(f"{card.weights.name} does not fit the network {card.network}.", again)
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise BadInput(f"{card.weights.name} holds values that are not numbers.", again)
    network.load_state_dict({name: value.float() for name, value in state.items()}, strict=False)
    return network.eval()
