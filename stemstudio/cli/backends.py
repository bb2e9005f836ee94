"""``stemstudio backends``: which separation methods there are and which are ready."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from stemstudio.cli.options import new_command
from stemstudio.cli.voice import Voice
from stemstudio.core.params import ParamSpec


def add_to(commands: Any) -> None:
    """Add the command."""
    new_command(
        commands, "backends", run, "List the separation methods, their stems and parameters, and what is ready."
    )


def run(_: argparse.Namespace, voice: Voice) -> int:
    """List them."""
    from stemstudio.separation.backend import Missing
    from stemstudio.separation.registry import backend, backend_ids, default_backend

    default = default_backend()
    listed = []
    for backend_id in backend_ids():
        method = backend(backend_id)
        info, state = method.info, method.availability()
        missing = f"{state.what} {state.how_to_fix}" if isinstance(state, Missing) else None
        listed.append(
            {
                "id": info.id,
                "title": info.title,
                "summary": info.summary,
                "family": info.family,
                "stems": info.stems,
                "params": [asdict(spec) for spec in info.params],
                "ready": missing is None,
                "missing": missing,
                "reference": info.reference,
                "default": info.id == default,
            }
        )
        voice.say(f"{info.id}{' (default)' if info.id == default else ''}: {info.title}. {info.summary}")
        voice.say(f"  stems: {', '.join(info.stems)}, residual")
        for spec in info.params:
            voice.say(f"  --set {_described(spec)}")
        voice.say(f"  {'ready' if missing is None else missing}\n  after {info.reference}\n")
    voice.done({"backends": listed})
    return 0


def _described(spec: ParamSpec) -> str:
    match spec.kind:
        case "bool":
            given = "true|false"
        case "choice":
            given = "|".join(value for value, _ in spec.choices)
        case _:
            low = "" if spec.low is None else f"{spec.low:g}"
            high = "" if spec.high is None else f"{spec.high:g}"
            given = f"{low}..{high}{' ' + spec.unit if spec.unit else ''}"
    return f"{spec.name}={given}, default {spec.default}. {spec.help}"
