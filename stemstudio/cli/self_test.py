"""``stemstudio self-test``: whether the engine works on this machine, from decoding to the written file."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.audio.decode import Decoder
from stemstudio.audio.encode import AudioWriter
from stemstudio.cli.options import new_command
from stemstudio.cli.voice import Voice
from stemstudio.core.buffer import Samples

_RATE, _SECONDS = 44100, 2
_NULL_DB = -120.0


def add_to(commands: Any) -> None:
    """Add the command."""
    new_command(commands, "self-test", run, "Open the engine, separate two seconds, export them, and say ok.")


def run(_: argparse.Namespace, voice: Voice) -> int:
    """Separate and compare."""
    from stemstudio.cli.plan import Plan
    from stemstudio.cli.separation_run import separate_file

    with tempfile.TemporaryDirectory(prefix="stemstudio-") as name:
        folder, music = Path(name), _music()
        with AudioWriter(folder / "mix.wav", _RATE, 2, bits=32) as writer:
            writer.write(music)
        plan = Plan.of(bits=32)
        result = separate_file(folder / "mix.wav", folder / "stems", plan, voice.progress)
        total = sum(_decoded(path).astype(np.float64) for path in result.outputs.values())
        error_db = 10 * np.log10(np.mean((music - total) ** 2) / np.mean(music**2) + 1e-30)
    if not error_db < _NULL_DB:
        raise RuntimeError(f"the stems of {plan.backend_id} miss the mix by {error_db:.1f} dB")
    voice.done(
        {"ok": True, "backend": plan.backend_id, "null_db": round(float(error_db), 1), "seconds": result.seconds}
    )
    voice.say(
        f"ok: {_SECONDS} seconds separated by {plan.backend_id} in {result.seconds:.2f} s, null {error_db:.0f} dB"
    )
    return 0


def _music() -> Samples:
    """A chord and a beat, different on both sides."""
    t = np.arange(_RATE * _SECONDS) / _RATE
    chord = sum(np.sin(2 * np.pi * hertz * t) for hertz in (220.0, 277.2, 329.6))
    beat = np.exp(-40 * (t % 0.5)) * np.random.default_rng(0).normal(0, 1, len(t))
    return np.stack([0.1 * chord + 0.2 * beat, 0.08 * chord + 0.25 * beat]).astype(np.float32)


def _decoded(path: Path) -> Samples:
    with Decoder(path) as decoder:
        return np.concatenate(list(decoder), axis=1)
