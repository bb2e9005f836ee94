"""``stemstudio evaluate``: how close estimated stems are to the true ones."""

from __future__ import annotations

import argparse
import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.cli.options import new_command
from stemstudio.cli.voice import Voice, level, nth_part
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source

_BLOCK_FRAMES = 1 << 16
_SILENT_DBFS = -100.0
_MIXTURES = ("mix", "mixture")
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")

Sounds = dict[str, Source]
Scores = dict[str, float]


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
    references, estimates = _stem_files(options.reference), _stem_files(options.estimate)
    names = [name for name in references if name in estimates]
    if not names:
        raise BadInput(
            f"No file in {options.estimate} is named after a stem in {options.reference}.",
            f"Name the files alike: {', '.join(references)}.",
        )
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as room:
        clips = ClipStore(Path(room))
        true = _decoded(references, clips, voice.progress.part(0.0, 0.3))
        guessed = _decoded({name: estimates[name] for name in names}, clips, voice.progress.part(0.3, 0.6))
        frames = _common_frames(true, guessed)
        silent = [name for name in names if _level_dbfs(true[name], frames) <= _SILENT_DBFS]
        leaked = [{"stem": name, "leaked_db": level(_level_dbfs(guessed[name], frames))} for name in silent]
        heard = [name for name in names if name not in silent]
        scores = _scores(true, guessed, heard, frames, voice.progress.part(0.6, 1.0))
    mean = {key: float(np.nanmean([each[key] for each in scores.values()])) for key in next(iter(scores.values()), {})}
    voice.done(
        {
            "stems": {name: _levels(each) for name, each in scores.items()},
            "mean": _levels(mean),
            "silent": leaked,
            "missing": [name for name in references if name not in estimates],
        }
    )
    _tell(voice, scores, mean, leaked)
    return 0


def _tell(voice: Voice, scores: Mapping[str, Scores], mean: Scores, leaked: Sequence[Mapping[str, object]]) -> None:
    width = max(map(len, (*scores, "mean")))
    voice.say(f"{'dB':<{width}}" + "".join(f"{key.upper().replace('_', '-'):>9}" for key in mean))
    for name, values in (*scores.items(), ("mean", mean)):
        voice.say(f"{name:<{width}}" + "".join(f"{value:9.2f}" for value in values.values()))
    for each in leaked:
        voice.say(f"{each['stem']}: the true stem is silent, the estimate is at {each['leaked_db']} dB.")


def _stem_files(folder: Path) -> dict[str, Path]:
    """Files of a folder by stem name: what the last brackets hold, or all of the name."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise from_os_error(error, folder) from error
    found: dict[str, Path] = {}
    for path in paths:
        match = _IN_BRACKETS.search(path.stem)
        name = (match[1] if match else path.stem).strip().casefold()
        if name in _MIXTURES or path.suffix.lower() in (".txt", ".json", ".csv", ".md", ".png"):
            continue
        if name in found:
            raise BadInput(f"{found[name].name} and {path.name} are both the stem {name}.", "Keep one in each folder.")
        found[name] = path
    return found


def _decoded(paths: Mapping[str, Path], clips: ClipStore, reporter: Reporter) -> Sounds:
    from stemstudio.operations.importing import decode_song

    return {
        name: clips.open(decode_song(path, clips, nth_part(reporter, index, len(paths))).clip.id)
        for index, (name, path) in enumerate(paths.items())
    }


def _common_frames(true: Sounds, guessed: Sounds) -> int:
    sounds = {**{f"the true {name}": each for name, each in true.items()}, **guessed}
    first_name, first = next(iter(sounds.items()))
    for name, each in sounds.items():
        if (each.sample_rate, each.channels) != (first.sample_rate, first.channels):
            raise BadInput(
                f"{name} has {each.channels} channels at {each.sample_rate} Hz, "
                f"{first_name} {first.channels} at {first.sample_rate} Hz.",
                "Convert them to the same rate and channels.",
            )
    return min(each.frames for each in sounds.values())


def _level_dbfs(sound: Source, frames: int) -> float:
    energy = 0.0
    for start in range(0, frames, _BLOCK_FRAMES):
        block = sound.read(start, min(_BLOCK_FRAMES, frames - start)).astype(np.float64)
        energy += float(np.vdot(block, block))
    return 10 * math.log10(energy / (frames * sound.channels)) if energy else -math.inf


def _scores(true: Sounds, guessed: Sounds, names: list[str], frames: int, reporter: Reporter) -> dict[str, Scores]:
    """Scale-invariant measures of each stem, from inner products that add up block by block."""
    from stemstudio.evaluation.si_sdr import from_inner_products, inner_products

    order = list(true)
    sums: dict[str, list[Any]] = {}
    for start in range(0, frames, _BLOCK_FRAMES):
        n = min(_BLOCK_FRAMES, frames - start)
        references = [true[name].read(start, n) for name in order]
        for name in names:
            products = inner_products(references, guessed[name].read(start, n))
            sums[name] = [a + b for a, b in zip(sums[name], products, strict=True)] if name in sums else list(products)
        reporter.update((start + n) / frames, "Measuring")
    scores = {}
    for name in names:
        gram, cross, power = sums[name]
        found = from_inner_products(gram, cross, power, order.index(name))
        scores[name] = {"si_sdr": found.si_sdr, "si_sir": found.si_sir, "si_sar": found.si_sar}
    return scores


def _levels(values: Scores) -> dict[str, float | None]:
    return {key: level(value) for key, value in values.items()}
