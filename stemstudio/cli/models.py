"""``stemstudio models``: which models there are, what they may be used for, and getting, checking, removing them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from stemstudio.cli.options import new_command
from stemstudio.cli.voice import Voice, nth_part
from stemstudio.core.errors import BadInput
from stemstudio.separation.neural.library import Model, ModelFile

_ACTIONS = ("list", "show", "get", "import", "verify", "remove")


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands, "models", run, "List the models, their licences and scores; get, import, verify or remove one."
    )
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="list")
    parser.add_argument("subject", nargs="?", metavar="ID|FILE", help="the model; for import, a file of weights")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Do what is asked for, and say what the models are then."""
    from stemstudio.separation.neural.library import model, models

    if options.action == "list":
        listed = models()
        for each in listed:
            state = "installed" if each.installed else f"{each.size_bytes / 1e6:.0f} MB to get"
            voice.say(f"{each.id}: {each.title} ({state}). {', '.join(each.stems)}. Weights: {each.weights_licence}.")
        voice.done({"models": [_told(each) for each in listed]})
        return 0
    if options.subject is None:
        wants = "a file" if options.action == "import" else "a model"
        raise BadInput(f"models {options.action} needs {wants}.", f"Say: stemstudio models {options.action} ...")
    if options.action == "import":
        from stemstudio.separation.neural.importing import import_file

        chosen = import_file(Path(options.subject))
        left = f"; {len(chosen.missing)} more files are missing" if chosen.missing else ""
        voice.say(f"{options.subject} belongs to {chosen.id}{left}.")
    else:
        chosen = model(options.subject)
        {"show": _show, "get": _get, "verify": _verify, "remove": _remove}[options.action](chosen, voice)
    voice.done({"models": [_told(model(chosen.id))] if options.action != "remove" else [_told(chosen)]})
    return 0


def _show(chosen: Model, voice: Voice) -> None:
    voice.say(f"{chosen.id}: {chosen.title}\n  method: {chosen.backend}\n  stems: {', '.join(chosen.stems)}")
    voice.say(f"  licence: code {chosen.code_licence}, weights {chosen.weights_licence}. {chosen.use}")
    voice.say(f"  trained on: {chosen.training_data}\n  source: {chosen.source}")
    for name, value in chosen.scores.items():
        voice.say(f"  {name}: {value}")
    for file in chosen.files:
        state = "installed" if file.path.is_file() else "missing"
        voice.say(f"  {file.path} ({state})\n    {file.url}\n    SHA-256 {file.sha256 or 'not published'}")


def _get(chosen: Model, voice: Voice) -> None:
    from stemstudio.separation.neural.download import download

    # Before the first byte: nobody should learn of it afterwards.
    voice.say(f"{chosen.title}: weights {chosen.weights_licence}. {chosen.use}")
    missing = chosen.missing
    for index, file in enumerate(missing):
        if not file.sha256:
            voice.say(f"No checksum of {file.path.name} is published; it is trusted to come from {file.url}.")
        download(file, nth_part(voice.progress, index, len(missing)))
    voice.say(f"{chosen.title} is installed.")


def _verify(chosen: Model, voice: Voice) -> None:
    from stemstudio.separation.neural.download import check_digest
    from stemstudio.separation.neural.library import require

    require(chosen)
    for file in chosen.files:
        check_digest(file.path, file)
        voice.say(f"{file.path.name}: {_checked(file)}")


def _checked(file: ModelFile) -> str:
    match len(file.sha256):
        case 64:
            return "the published file"
        case 0:
            return "no checksum is published"
        case digits:
            return f"agrees with the {digits} digits that are published"


def _remove(chosen: Model, voice: Voice) -> None:
    from stemstudio.separation.neural.importing import remove

    voice.say(f"{remove(chosen) / 1e6:.0f} MB are free again.")


def _told(each: Model) -> dict[str, object]:
    return {
        "id": each.id,
        "title": each.title,
        "network": each.network,
        "backend": each.backend,
        "stems": each.stems,
        "installed": each.installed,
        "bytes": each.size_bytes,
        "sha256": each.files[0].sha256 if len(each.files) == 1 else "",
        "files": [{"path": str(file.path), "url": file.url, "sha256": file.sha256} for file in each.files],
        "code_licence": each.code_licence,
        "weights_licence": each.weights_licence,
        "use": each.use,
        "training_data": each.training_data,
        "source": each.source,
        "scores": dict(each.scores),
    }
