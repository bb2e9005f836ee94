"""``stemstudio train``: make or improve a separator on one's own multitracks."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from stemstudio.cli.options import new_command
from stemstudio.cli.voice import Voice


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(commands, "train", run, "Train a separator; what on and how is in one TOML file.")
    parser.add_argument("file", metavar="RUN.toml", type=Path, help="the run; an interrupted one goes on")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after this time; run again to go on")
    parser.add_argument("--allow-unknown-licence", action="store_true", help="for models that stay at home")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Train, and say where the model is."""
    from stemstudio.training.command import train
    from stemstudio.training.config import read_config

    card = train(
        read_config(options.file),
        allow_unknown_licence=options.allow_unknown_licence,
        seconds=options.seconds,
        reporter=voice.progress,
    )
    voice.say(f"The model is described in {card}.")
    voice.done({"card": str(card)})
    return 0
