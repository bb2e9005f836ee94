"""Take a file of weights that a person has: put a known one in its place, make a model of an unknown one."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.separation.neural.checkpoint_files import read_checkpoint
from stemstudio.separation.neural.checkpoints import digest
from stemstudio.separation.neural.demucs_weights import is_demucs, load_demucs
from stemstudio.separation.neural.library import Model, ModelFile, model, models, user_models_folder

_BACKENDS = {4: "htdemucs", 6: "htdemucs-6s"}


def import_file(path: Path) -> Model:
    """Make the weights in `path` usable; the file itself is left where it is.

    A file of a published model is known by its SHA-256, and copied to its place. Another one of a known network is
    converted to safetensors, with a card of its own.

    Raises
    ------
    BadInput
        If the file is unsafe, damaged, or of no known network.
    """
    try:
        found = digest(path)
        for each in models():
            for file in each.files:
                if _is_same(file, path, found):
                    read_checkpoint(path)
                    _place(path, file.path)
                    return each
        return _convert(path, found)
    except OSError as error:
        raise from_os_error(error, error.filename or path) from error


def _is_same(file: ModelFile, path: Path, found: str) -> bool:
    return found.startswith(file.sha256) if file.sha256 else path.name == file.path.name


def _place(path: Path, target: Path) -> None:
    if target.is_file() and target.samefile(path):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(path, part)
    part.replace(target)


def _convert(path: Path, found: str) -> Model:
    from safetensors.torch import save_file

    checkpoint = read_checkpoint(path)
    if not is_demucs(checkpoint.tensors):
        raise BadInput(
            f"{path.name} is of no network that StemStudio knows, or a part of a model of several files.",
            "The known ones are listed by: stemstudio models list.",
        )
    loaded = load_demucs(path)
    transformer = loaded.network.crosstransformer is not None
    backend = _BACKENDS.get(len(loaded.stems), "") if transformer else "hdemucs"
    if not backend:
        raise BadInput(f"{path.name} has {len(loaded.stems)} stems, which no method takes.", "Take another model.")
    model_id = _free_id(path.stem)
    folder = user_models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    weights, part = folder / f"{model_id}.safetensors", folder / f"{model_id}.safetensors.part"
    arguments = {"sources": loaded.stems, "segment": f"{loaded.segment}/44100"}
    if "t_heads" in checkpoint.arguments:
        arguments["t_heads"] = checkpoint.arguments["t_heads"]
    state = {
        name: value.half().contiguous() if _fits_half(value) else value.contiguous()
        for name, value in checkpoint.tensors.items()
    }
    save_file(state, part, {"arguments": json.dumps(arguments)})
    part.replace(weights)
    _write_card(folder / f"{model_id}.toml", path, found, backend, loaded.stems, weights)
    return model(model_id)


def _fits_half(value: object) -> bool:
    import torch

    # Weights published in 16 bits stay as they are; others lose nothing.
    return isinstance(value, torch.Tensor) and value.dtype == torch.float16


def _free_id(name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "model"
    taken = {each.id for each in models()}
    return next(each for each in (base, *(f"{base}-{n}" for n in range(2, 1000))) if each not in taken)


def _write_card(path: Path, origin: Path, found: str, backend: str, stems: tuple[str, ...], weights: Path) -> None:
    # Each text as a JSON string, which is a TOML string too.
    title, source = (
        json.dumps(origin.stem, ensure_ascii=True),
        json.dumps(f"Imported from {origin.name}, SHA-256 {found}"),
    )
    path.write_text(
        f'title = {title}\nnetwork = "{backend}"\nbackend = "{backend}"\nstems = {json.dumps(stems)}\n\n'
        f'[[files]]\nfile = "{weights.name}"\nsha256 = "{digest(weights)}"\nbytes = {weights.stat().st_size}\n\n'
        '[licence]\ncode = "unknown"\nweights = "unknown"\n'
        'use = "The file does not say; ask who gave it to you."\n\n'
        f'[training]\ndata = "unknown"\nsource = {source}\n',
        "utf-8",
    )


def remove(wanted: Model) -> int:
    """Delete the files of a model, and its card if it was imported; returns how many bytes that freed.

    Raises
    ------
    BadInput
        If it came with the program.
    """
    if wanted.shipped:
        raise BadInput(f"{wanted.title} comes with StemStudio.", "It cannot be removed alone.")
    freed = 0
    try:
        for file in wanted.files:
            for path in (file.path, file.path.with_name(file.path.name + ".part")):
                if path.is_file():
                    freed += path.stat().st_size
                    path.unlink()
        (user_models_folder() / f"{wanted.id}.toml").unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, error.filename) from error
    return freed
