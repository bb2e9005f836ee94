"""One TOML file describes a run (an example stands in the lab's part of the README)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.training.sounds import Sounds


@dataclass(frozen=True, slots=True)
class Material:
    """One collection: where, in which layout (`readers`), with what share of the draws, under which licence.

    ``held_out`` names songs that training never hears. With a ``stem``, the ``files`` (patterns of names) in the
    folder are loose recordings of that stem that belong to no song; short ones are repeated.
    """

    path: Path
    reader: str = "plain"
    weight: float = 1.0
    licence: str = ""
    held_out: tuple[str, ...] = ()
    stem: str = ""
    files: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A run.

    Parameters
    ----------
    id, title : str
        Of the model that is made.
    folder : Path
        Where clips, state, log and model go.
    network : str
        Name in `checkpoints.NETWORKS`, with its `hyperparameters`.
    seed, steps : int
        Steps are draws of the mixer; each gives three batches of `batch` items.
    frames : int
        Length of an item in transform frames of 46 ms.
    update : int
        Items in one update of the weights.
    accumulate : int
        Updates whose gradients are added before the weights change.
    peak_rate, warm_up, average, clip : see `loop.Trainer`
    precision : {'bf16', 'fp32'}
    loss : {'balanced', 'log', 'mse'}
    as_made : float
        Share of passages with the song's own balance; the rest is mixed across songs.
    synthetic, arranged, played, sung, restyled, produced : int
        What code adds to the material: composed pieces and voiceless arrangements (both need fluidsynth), parts played
        with notes of `sounds`, melodies sung with the vowels of `sounds` and with synthesised words (needs espeak-ng),
        copies of every recorded voice at another pitch and tempo, and such through a producer's effects.
    made_weight : float
        Share of the draws that all this has.
    sounds : tuple of Sounds
        What the pieces and parts are played with besides the soundfont (``[[sounds]]``).
    weights_licence : str
        Of the model that is made.
    """

    id: str
    folder: Path
    material: tuple[Material, ...]
    title: str = ""
    network: str = "unet"
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1
    steps: int = 1000
    batch: int = 4
    frames: int = 128
    update: int = 2
    accumulate: int = 1
    peak_rate: float = 2e-3
    warm_up: int = 50
    average: float = 0.999
    clip: float = 5.0
    precision: str = "bf16"
    loss: str = "balanced"
    as_made: float = 0.4
    synthetic: int = 0
    arranged: int = 0
    played: int = 0
    sung: int = 0
    restyled: int = 0
    produced: int = 0
    made_weight: float = 1.0
    workers: int = 1
    save_every_s: float = 180.0
    score_every_s: float = 300.0
    weights_licence: str = "not stated"
    sounds: tuple[Sounds, ...] = ()


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _check(kind: type, values: Mapping[str, Any], where: str) -> None:
    known = {entry.name for entry in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise BadInput(f"{where} has an unknown entry {unknown[0]!r}.", f"Known are: {', '.join(sorted(known))}.")


def _tables(data: dict[str, Any], name: str, kind: type, needed: Sequence[str], path: Path) -> Iterator[dict[str, Any]]:
    """Take the tables ``[[name]]`` out of `data`, checked, their paths counted from the folder of the file `path`."""
    for entry in data.pop(name, []):
        _check(kind, entry, f"A [[{name}]] of {path.name}")
        missing = next((word for word in needed if word not in entry), None)
        if missing:
            raise BadInput(f"A [[{name}]] of {path.name} has no {missing}.", "Give it one.")
        yield {**_tuples(entry), "path": path.parent / entry["path"]}


def read_config(path: Path) -> RunConfig:
    """Read a run; relative paths count from the file's folder.

    Raises
    ------
    BadInput
        If the file is no TOML, lacks something or holds something unknown.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise from_os_error(error, path) from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not TOML ({error}).", "Mend the file.") from error
    here = path.parent
    collections = [Material(**entry) for entry in _tables(data, "material", Material, ("path",), path)]
    sounds = [Sounds(**entry) for entry in _tables(data, "sounds", Sounds, ("path", "role", "files"), path)]
    _check(RunConfig, data, path.name)
    for needed in ("id", "folder"):
        if needed not in data:
            raise BadInput(f"{path.name} has no {needed}.", f"Add a line: {needed} = ...")
    if not collections:
        raise BadInput(f"{path.name} has no [[material]].", "Name at least one folder of stems.")
    data["hyperparameters"] = _tuples(data.get("hyperparameters", {}))
    config = RunConfig(
        **{**data, "folder": here / data["folder"], "material": tuple(collections), "sounds": tuple(sounds)}
    )
    for name, allowed in (("precision", ("bf16", "fp32")), ("loss", ("balanced", "log", "mse"))):
        if getattr(config, name) not in allowed:
            raise BadInput(f"{name} is {getattr(config, name)!r}.", f"Choose one of: {', '.join(allowed)}.")
    return config
