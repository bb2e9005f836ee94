"""``stemstudio evaluate``: how close estimated stems are to the true ones."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from stemstudio.audio.clips import ClipStore
from stemstudio.cli.options import new_command
from stemstudio.cli.stem_files import stem_files
from stemstudio.cli.voice import Voice, level, nth_part
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.evaluation.evaluate import Evaluation, StemScores, evaluate
from stemstudio.operations.importing import decode_song

Sounds = dict[str, Source]


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands, "evaluate", run, "Measure estimated stems against the true ones, paired by file name."
    )
    for name in ("reference", "estimate"):
        parser.add_argument(
            f"--{name}",
            metavar="DIR",
            type=Path,
            required=True,
            help="files named like vocals.wav or Song (vocals).wav",
        )


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Pair, measure, tell."""
    references, estimates = stem_files(options.reference), stem_files(options.estimate)
    names = [name for name in references if name in estimates]
    if not names:
        raise BadInput(
            f"No file in {options.estimate} is named after a stem in {options.reference}.",
            f"Name the files alike: {', '.join(references)}.",
        )
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as room:
        clips = ClipStore(Path(room))
        true = _decoded(references, clips, voice.progress.part(0.0, 0.2))
        guessed = _decoded({name: estimates[name] for name in names}, clips, voice.progress.part(0.2, 0.4))
        _check_alike(true, guessed)
        voice.progress.update(0.4, "Measuring")
        result = evaluate(true, guessed, voice.progress.part(0.4, 1.0))
    voice.done(
        {
            "stems": {name: _levels(scores) for name, scores in result.stems.items()},
            "mean": _levels(result.mean),
            "silent": [{"stem": each.stem, "leaked_db": level(each.leaked_db)} for each in result.silent],
            "missing": [name for name in references if name not in estimates],
        }
    )
    _tell(voice, result)
    return 0


def _levels(scores: StemScores) -> dict[str, float | None]:
    return {key: level(value) for key, value in asdict(scores).items()}


def _tell(voice: Voice, result: Evaluation) -> None:
    rows = {**result.stems, "mean": result.mean}
    width = max(map(len, rows))
    columns = [field.name for field in fields(StemScores)]
    voice.say(f"{'dB':<{width}}" + "".join(f"{name.upper().replace('_', '-'):>9}" for name in columns))
    for name, scores in rows.items():
        voice.say(f"{name:<{width}}" + "".join(f"{getattr(scores, column):9.2f}" for column in columns))
    for each in result.silent:
        voice.say(f"{each.stem}: the true stem is silent, the estimate is at {each.leaked_db:.1f} dB.")


def _decoded(paths: Mapping[str, Path], clips: ClipStore, reporter: Reporter) -> Sounds:
    return {
        name: clips.open(decode_song(path, clips, nth_part(reporter, index, len(paths))).clip.id)
        for index, (name, path) in enumerate(paths.items())
    }


def _check_alike(true: Sounds, guessed: Sounds) -> None:
    sounds = {**{f"the true {name}": each for name, each in true.items()}, **guessed}
    first_name, first = next(iter(sounds.items()))
    for name, each in sounds.items():
        if (each.sample_rate, each.channels) != (first.sample_rate, first.channels):
            raise BadInput(
                f"{name} has {each.channels} channels at {each.sample_rate} Hz, "
                f"{first_name} {first.channels} at {first.sample_rate} Hz.",
                "Convert them to the same rate and channels.",
            )
