"""``stemstudio separate FILE... -o DIR``: stems of each song as files that add up to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from stemstudio.cli.options import new_command, seconds, setting, words
from stemstudio.cli.plan import BITS, Plan
from stemstudio.cli.separation_run import Outcome, separate_file
from stemstudio.cli.voice import Voice, duration, level, nth_part
from stemstudio.core.errors import NoRoom, UserError

_FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a", "aiff")


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands,
        "separate",
        run,
        "Separate songs into stems of the same rate, channels and length that add up to the song.",
    )
    add = parser.add_argument
    add("files", metavar="FILE", type=Path, nargs="+")
    add(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder for the stems; files of the same name are replaced",
    )
    add("--backend", metavar="ID", help="separation method (see: stemstudio backends); the best one ready by default")
    add("--model", metavar="ID", help="model of the method")
    add(
        "--stems",
        metavar="A,B",
        type=words,
        default=(),
        help="write only these; a residual that is kept is then all the rest",
    )
    add("--set", metavar="NAME=VALUE", type=setting, action="append", default=[], dest="settings", help="a parameter")
    add("--start", metavar="S", type=seconds, default=0.0, help="begin here: seconds or minutes:seconds")
    add("--end", metavar="S", type=seconds, help="end here")
    add("--format", choices=_FORMATS, default="wav", help="m4a is AAC")
    add("--bits", choices=BITS, default="24", help="32f is floating point; 16 is dithered; lossy formats have none")
    add(
        "--name",
        metavar="TEMPLATE",
        default="{track} ({stem})",
        help="file names, from {track} {stem} {backend} {index}",
    )
    add(
        "--residual",
        choices=("keep", "spread", "drop"),
        default="keep",
        help="what no stem took: a file of its own, shared out equally among the stems, or left out",
    )
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Separate each file; one that fails does not stop the others."""
    plan = Plan.of(
        backend_id=options.backend,
        model=options.model,
        settings=dict(options.settings),
        stems=options.stems,
        residual=options.residual,
        start_s=options.start,
        end_s=options.end,
        file_format=options.format,
        bits=BITS[options.bits],
        template=options.name,
        device=options.device,
    )
    status = 0
    for index, path in enumerate(options.files):
        try:
            outcome = separate_file(path, options.output, plan, nth_part(voice.progress, index, len(options.files)))
        except NoRoom:
            raise  # nor will the others find any
        except UserError as error:
            voice.complain(str(error))
            status = 3
        else:
            _tell(outcome, voice)
    return status


def _tell(outcome: Outcome, voice: Voice) -> None:
    plan = outcome.plan
    voice.done(
        {
            "input": str(outcome.input),
            "backend": plan.backend_id,
            "model": plan.model,
            "sample_rate": outcome.sample_rate,
            "frames": outcome.frames,
            "outputs": {name: str(path) for name, path in outcome.outputs.items()},
            "null_db": level(outcome.null_db),
            "seconds": round(outcome.seconds, 3),
            "realtime_factor": round(outcome.seconds * outcome.sample_rate / outcome.frames, 4),
            "channels": outcome.channels,
            "format": plan.file_format,
            "bits": plan.bits,
            "residual": plan.residual,
            "values": dict(plan.values),
            "clipped": outcome.clipped,
            "notices": outcome.notices,
        }
    )
    length_s = outcome.frames / outcome.sample_rate
    voice.say(
        f"{outcome.input.name}: {duration(length_s)} of sound separated by {plan.backend_id} in "
        f"{outcome.seconds:.1f} s, {length_s / max(outcome.seconds, 1e-9):.1f} times as fast as it plays."
    )
    for path in outcome.outputs.values():
        voice.say(f"  {path}")
    for notice in outcome.notices:
        voice.say(f"  {notice}")
