"""The models that people can get, as their cards describe them, and where their files are on this machine.

A card is ``models/<id>.toml`` beside the program for what is published, or in the user's folder of models for what a
person imported. The weights of published models lie in the user's folder.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from stemstudio.core.errors import BadInput, NotReady, from_os_error
from stemstudio.core.resources import models_folder


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of weights.

    Parameters
    ----------
    path : Path
        Where it is, or should be.
    url : str
        Where it is published; empty if nowhere.
    sha256 : str
        All 64 digits, or the first 8 where no more is published.
    size_bytes : int
        0 if unknown.
    shares : Mapping
        Stems that are made from it, and with which weight among the files of the model.
    """

    path: Path
    url: str
    sha256: str
    size_bytes: int
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its card describes it; what is for people is text.

    Parameters
    ----------
    id, title : str
    network : str
        Family: ``htdemucs``.
    backend : str
        Id of the method that runs it.
    stems : tuple of str
    files : tuple of ModelFile
    hyperparameters : Mapping
        What the file does not say about itself.
    code_licence, weights_licence, use, training_data, source : str
        `use` is one sentence: what the weights may be used for.
    scores : Mapping
    shipped : bool
        Whether it comes with the program.
    """

    id: str
    title: str
    network: str
    backend: str
    stems: tuple[str, ...]
    files: tuple[ModelFile, ...]
    hyperparameters: Mapping[str, Any]
    code_licence: str
    weights_licence: str
    use: str
    training_data: str
    source: str
    scores: Mapping[str, Any]
    shipped: bool

    @property
    def installed(self) -> bool:
        """Whether all files are there."""
        return not self.missing

    @property
    def missing(self) -> tuple[ModelFile, ...]:
        """Files that are not there."""
        return tuple(file for file in self.files if not file.path.is_file())

    @property
    def size_bytes(self) -> int:
        """Of all files: measured where they are there, else as the card says."""
        return sum(file.path.stat().st_size if file.path.is_file() else file.size_bytes for file in self.files)


def user_models_folder() -> Path:
    """Where a person's models are; ``STEMSTUDIO_HOME`` moves it with everything else. May not exist."""
    home = os.environ.get("STEMSTUDIO_HOME")
    if home:
        return Path(home).expanduser().absolute() / "data" / "models"
    import platformdirs

    return platformdirs.user_data_path("StemStudio", appauthor=False) / "models"


def models(backend: str = "") -> tuple[Model, ...]:
    """All models, or those of one method, sorted by id; a card in the user's folder that is none is left out."""
    found = {}
    for path in sorted(models_folder().glob("*.toml")):
        found[path.stem] = read_model(path)
    for path in sorted(user_models_folder().glob("*.toml")):
        try:
            found.setdefault(path.stem, read_model(path))
        except BadInput:
            continue
    return tuple(found[name] for name in sorted(found) if not backend or found[name].backend == backend)


def model(model_id: str) -> Model:
    """The model called `model_id`; `BadInput` that names the known ones if there is none."""
    known = {each.id: each for each in models()}
    if model_id not in known:
        raise BadInput(f"There is no model {model_id!r}.", f"The models are: {', '.join(known)}.")
    return known[model_id]


def read_model(path: Path) -> Model:
    """Read one card.

    Raises
    ------
    BadInput
        If the file is no card.
    """
    try:
        data = _parsed(path.read_text("utf-8"))
        stems = tuple(str(name) for name in data["stems"])
        shipped = "weights" in data
        folder = path.parent if shipped else user_models_folder()
        licence, training = data["licence"], data["training"]
        return Model(
            id=path.stem,
            title=str(data["title"]),
            network=str(data["network"]),
            backend=str(data.get("backend", path.stem)),
            stems=stems,
            files=tuple(_file(each, folder, stems) for each in ([data["weights"]] if shipped else data["files"])),
            hyperparameters=data.get("hyperparameters", {}),
            code_licence=str(licence["code"]),
            weights_licence=str(licence["weights"]),
            use=str(licence.get("use", "")),
            training_data=str(training["data"]),
            source=str(training["source"]),
            scores=data.get("scores", {}),
            shipped=shipped,
        )
    except OSError as error:
        raise from_os_error(error, path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadInput(f"{path} is not a model card ({error}).", "Get the model again.") from error


@lru_cache(maxsize=256)
def _parsed(text: str) -> Mapping[str, Any]:
    """Several methods ask for the same cards while the window opens."""
    return tomllib.loads(text)


def _file(data: Mapping[str, Any], folder: Path, stems: tuple[str, ...]) -> ModelFile:
    shares = data.get("shares", dict.fromkeys(stems, 1.0))
    return ModelFile(
        # The name alone: a card must not reach outside its folder.
        path=folder / Path(data["file"]).name,
        url=str(data.get("url", "")),
        sha256=str(data["sha256"]).lower(),
        size_bytes=int(data.get("bytes", 0)),
        shares={str(stem): float(share) for stem, share in shares.items()},
    )


def require(wanted: Model) -> None:
    """Raise `NotReady`, with what to do, if files of a model are missing."""
    if wanted.missing:
        raise NotReady(*what_is_missing(wanted))


def what_is_missing(wanted: Model) -> tuple[str, str]:
    """What is missing and how to get it, a sentence each."""
    file = wanted.missing[0]
    others = f" and {len(wanted.missing) - 1} more" if len(wanted.missing) > 1 else ""
    what = f"The weights {file.path.name}{others} of {wanted.title} are not installed."
    if not file.url:
        return what, f"Get it from its makers ({wanted.source}) and put it into {file.path.parent}, or import it."
    return what, (
        f"Get them with: stemstudio models get {wanted.id}; or download {file.url} and put it into {file.path.parent}."
    )
