"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from stemstudio.cli.voice import Voice

Run = Callable[[argparse.Namespace, Voice], int]


def new_command(commands: Any, name: str, run: Run, help_text: str) -> argparse.ArgumentParser:
    """Add the command `name` that calls `run`."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_text, description=help_text)
    parser.add_argument("--json", action="store_true", help="print one JSON object per line and nothing else")
    parser.set_defaults(run=run)
    return parser


def seconds(text: str) -> float:
    """Parse a time in seconds, ``83.5`` or ``1:23.5`` or ``1:02:03``."""
    value = 0.0
    for part in text.split(":"):
        number = float(part)
        if not 0 <= number < float("inf"):
            raise ValueError(text)
        value = value * 60 + number
    return value


def setting(text: str) -> tuple[str, str]:
    """Parse ``name=value``."""
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    return name.strip(), value.strip()


def words(text: str) -> tuple[str, ...]:
    """Parse ``a,b,c``."""
    return tuple(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
