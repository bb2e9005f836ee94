"""Model cards: what a set of weights is, where it comes from, and what it may be used for.

A card is ``models/<id>.toml``; the weights it names lie beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemstudio.core.errors import BadInput, NotReady, from_os_error
from stemstudio.core.resources import models_folder


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model as its card describes it.

    Parameters
    ----------
    id : str
    title : str
    network : str
        Name of the network in `checkpoints.NETWORKS`.
    hyperparameters : Mapping
        Arguments of the network.
    weights : Path
        The safetensors file.
    sha256 : str
        Of the weights.
    stems : tuple of str
    code_licence, weights_licence, training_data, source : str
        For people.
    scores : Mapping
        As in the card.
    """

    id: str
    title: str
    network: str
    hyperparameters: Mapping[str, Any]
    weights: Path
    sha256: str
    stems: tuple[str, ...]
    code_licence: str
    weights_licence: str
    training_data: str
    source: str
    scores: Mapping[str, Any]

    @property
    def installed(self) -> bool:
        """Whether the weights are there."""
        return self.weights.is_file()


def read_card(path: Path) -> ModelCard:
    """Read one card.

    Raises
    ------
    BadInput
        If the file is no card.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
        return ModelCard(
            id=data["id"],
            title=data["title"],
            network=data["network"],
            # TOML knows lists only; a network's arguments are tuples.
            hyperparameters={
                name: tuple(value) if isinstance(value, list) else value
                for name, value in data["hyperparameters"].items()
            },
            weights=path.parent / Path(data["weights"]["file"]).name,
            sha256=data["weights"]["sha256"],
            stems=tuple(data["stems"]),
            code_licence=data["licence"]["code"],
            weights_licence=data["licence"]["weights"],
            training_data=data["training"]["data"],
            source=data["training"]["source"],
            scores=data.get("scores", {}),
        )
    except OSError as error:
        raise from_os_error(error, path) from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is not a model card ({error}).", "Get the model again.") from error


def find_card(model_id: str, folder: Path | None = None) -> ModelCard:
    """Card of the model `model_id` in `folder` (the models that ship, if None).

    Raises
    ------
    NotReady
        If there is none.
    """
    path = (models_folder() if folder is None else folder) / f"{model_id}.toml"
    if not path.is_file():
        raise NotReady(f"The model {model_id} is not installed.", "Install StemStudio again or train it in the lab.")
    return read_card(path)
