"""From a collection's files to the clips that training reads: decoded once, at 44.1 kHz stereo, in half precision."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.progress import Reporter
from stemstudio.separation.neural.checkpoints import digest
from stemstudio.training.instruments import RATE
from stemstudio.training.provenance import Provenance
from stemstudio.training.readers import Recording

_LOOP_S = 12.0


def decode(path: Path, stream: int = 0) -> Samples:
    """All of an audio stream as float32 (2, frames) at 44.1 kHz; mono is doubled, more than two channels are folded."""
    import av

    parts = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        for frame in container.decode(audio=stream):
            parts += [out.to_ndarray() for out in resampler.resample(frame)]
        parts += [out.to_ndarray() for out in resampler.resample(None)]
    return np.concatenate(parts, 1).astype(np.float32) if parts else np.zeros((2, 0), np.float32)


def prepare(
    recordings: list[Recording], folder: Path, licence: str, held_out: frozenset[str], reporter: Reporter
) -> list[Provenance]:
    """Decode `recordings` into ``folder/<song>/<stem>__<name>.npy`` and their sums by stem; tell where all comes from.

    A song that is there already is not decoded again.
    """
    rows: list[Provenance] = []
    songs: dict[str, list[Recording]] = {}
    for recording in recordings:
        songs.setdefault(recording.song, []).append(recording)
    for number, (song, parts) in enumerate(songs.items()):
        reporter.update(number / len(songs), f"Decoding {song}")
        target = folder / folder_name(song)
        seconds = _prepare_song(parts, target) if not (target / "complete").exists() else _seconds(parts, target)
        hashes = {path: digest(path) for path in {part.path for part in parts}}
        rows += [
            Provenance(song, part.stem, part.path.name, licence, hashes[part.path], seconds[part], song in held_out)
            for part in parts
        ]
    return rows


def prepare_loose(paths: list[Path], stem: str, folder: Path, licence: str, reporter: Reporter) -> list[Provenance]:
    """Decode recordings of `stem` that belong to no song into ``folder/<stem>__<name>.npy``, short ones repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, path in enumerate(paths):
        reporter.update(number / len(paths), f"Decoding {path.name}")
        target = folder / f"{stem}__{folder_name(path.stem)}.npy"
        if not target.exists():
            samples = decode(path)
            times = -(-int(_LOOP_S * RATE) // max(samples.shape[1], 1))
            np.save(target, np.tile(samples, (1, times)).astype(np.float16))
        seconds = np.load(target, mmap_mode="r").shape[1] / RATE
        rows.append(Provenance("loose recordings", stem, path.name, licence, digest(path), seconds, held_out=False))
    return rows


def folder_name(name: str) -> str:
    """Turn a song's name into one that every disk takes."""
    return re.sub(r"[^\w. -]", "_", name)


def _clip_path(part: Recording, target: Path) -> Path:
    return target / f"{part.stem}__{folder_name(part.path.parent.name)}_{folder_name(part.path.stem)}_{part.stream}.npy"


def _prepare_song(parts: list[Recording], target: Path) -> dict[Recording, float]:
    target.mkdir(parents=True, exist_ok=True)
    sums: dict[str, Samples] = {}
    seconds: dict[Recording, float] = {}
    for part in parts:
        samples = decode(part.path, part.stream)
        seconds[part] = samples.shape[1] / RATE
        np.save(_clip_path(part, target), samples.astype(np.float16))
        sums[part.stem] = _added(sums[part.stem], samples) if part.stem in sums else samples
    for stem, samples in sums.items():
        np.save(target / f"SUM__{stem}.npy", samples.astype(np.float16))
    (target / "complete").touch()
    return seconds


def _seconds(parts: list[Recording], target: Path) -> dict[Recording, float]:
    return {part: np.load(_clip_path(part, target), mmap_mode="r").shape[1] / RATE for part in parts}


def _added(a: Samples, b: Samples) -> Samples:
    """Sum of two sounds of different length."""
    out = np.zeros((2, max(a.shape[1], b.shape[1])), np.float32)
    out[:, : a.shape[1]] += a
    out[:, : b.shape[1]] += b
    return out
