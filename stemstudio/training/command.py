"""``stemstudio train RUN.toml``: prepare the material, train, score, and write the model."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from torch import nn

from stemstudio.core.errors import UserError
from stemstudio.core.progress import Progress, Reporter
from stemstudio.separation.neural.checkpoints import make_network
from stemstudio.training.cleaning import inspect, write_report
from stemstudio.training.composing import make_material
from stemstudio.training.config import RunConfig, read_config
from stemstudio.training.exporting import export
from stemstudio.training.heldout import score, windows
from stemstudio.training.loop import Trainer, settle_statistics
from stemstudio.training.material import Clip, open_library
from stemstudio.training.mixing import Mixer
from stemstudio.training.plots import plot_log
from stemstudio.training.preparing import folder_name, prepare, prepare_loose
from stemstudio.training.provenance import Provenance, licence_of, write_data_card
from stemstudio.training.readers import loose, read

_MENDABLE = 3
_SETTLING = 8  # draws over which the statistics of the finished network are measured


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="stemstudio train", description=__doc__)
    parser.add_argument("run", type=Path, help="the run's TOML file")
    parser.add_argument("--allow-unknown-licence", action="store_true", help="for models that stay at home")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after this time; run again to go on")
    options = parser.parse_args(argv)
    try:
        card = train(
            read_config(options.run),
            allow_unknown_licence=options.allow_unknown_licence,
            seconds=options.seconds,
            reporter=Progress(),
        )
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return _MENDABLE
    sys.stdout.write(f"{card}\n")
    return 0


def train(
    config: RunConfig, *, allow_unknown_licence: bool = False, seconds: float = math.inf, reporter: Reporter
) -> Path:
    """Carry out a run, or go on with one that was stopped; returns the path of the model's card.

    Raises
    ------
    BadInput
        If the material is not usable or states no licence.
    """
    import torch

    rank, processes = _join_processes()
    config.folder.mkdir(parents=True, exist_ok=True)
    if rank:
        torch.distributed.barrier()  # the first process prepares what all of them read
    rows, folders, held = _prepare(config, allow_unknown_licence, reporter)
    library = open_library(folders)
    if rank == 0:
        _write_papers(config, rows, {**library.songs, **held})
        if processes > 1:
            torch.distributed.barrier()
    torch.manual_seed(config.seed)
    network = make_network(config.network, config.hyperparameters)
    trainer = Trainer.of(config, network)
    trainer.resume()
    batches = [batch for song in held.values() for batch in windows(song)]

    def held_out(candidate: nn.Module) -> dict[str, float]:
        found = score(candidate, batches)
        words = ", ".join(f"{stem} {value:.2f}" for stem, value in found.items())
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} step {trainer.step}: loss {trainer.last_loss:.2f}; {words}\n")
        return found

    mixer = Mixer(library, config.seed + 7919 * rank, config.batch, config.frames, config.as_made)
    trainer.run(
        mixer,
        workers=config.workers,
        save_every_s=config.save_every_s,
        score_every_s=config.score_every_s,
        score=held_out if batches and rank == 0 else None,
        # Several processes have to stop at the same step, and their clocks differ.
        seconds=seconds if processes == 1 else math.inf,
    )
    network.load_state_dict(trainer.averaged)
    if rank == 0:
        settle_statistics(network, [batch for step in range(_SETTLING) for batch in mixer.batches(step)])
        plot_log(config.folder / "log.csv", config.folder / "log.png")
        scores = held_out(network) if batches else {}
        return export(config, config.folder / "model", network.state_dict(), rows, scores, trainer.step)
    return config.folder / "model" / f"{config.id}.toml"


def _write_papers(config: RunConfig, rows: list[Provenance], songs: dict[str, dict[str, Clip]]) -> None:
    write_data_card(config.folder / "data_card.csv", rows)
    if not (config.folder / "findings.csv").exists():
        findings = [finding for song, stems in songs.items() for finding in inspect(song, stems)]
        write_report(config.folder / "findings.csv", findings)


def _prepare(
    config: RunConfig, allow_unknown: bool, reporter: Reporter
) -> tuple[list[Provenance], dict[Path, float], dict[str, dict[str, Clip]]]:
    rows: list[Provenance] = []
    folders: dict[Path, float] = {}
    kept_back: dict[Path, float] = {}
    for number, material in enumerate(config.material):
        licence = licence_of(material.path, material.licence, allow_unknown=allow_unknown)
        target = config.folder / "material" / str(number)
        if material.stem:
            paths = loose(material.path, material.stem, material.files)
            rows += prepare_loose(paths, material.stem, target, licence, reporter)
            folders[target] = material.weight
            continue
        held = frozenset(material.held_out)
        found = prepare(read(material.reader, material.path), target, licence, held, reporter)
        rows += found
        songs = sorted(folder for folder in target.iterdir() if folder.is_dir())
        for folder in songs:
            (kept_back if folder.name in {folder_name(song) for song in held} else folders)[folder] = (
                material.weight / len(songs)
            )
    made = config.folder / "material" / "made"
    sounds = [
        replace(some, licence=licence_of(some.path, some.licence, allow_unknown=allow_unknown))
        for some in config.sounds
    ]
    rows += make_material(replace(config, sounds=tuple(sounds)), made, list(folders), reporter)
    if made.exists():
        folders[made] = config.made_weight
    return rows, folders, open_library(kept_back).songs


def _join_processes() -> tuple[int, int]:
    """Join the processes that torchrun started: number of this one, and how many there are."""
    import torch

    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    return int(os.environ.get("RANK", "0")), processes
