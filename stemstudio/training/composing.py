"""Material that code makes before a run: composed pieces, sung melodies, and recorded voices at another pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.progress import Reporter
from stemstudio.separation.neural.checkpoints import digest
from stemstudio.training.instruments import RATE
from stemstudio.training.provenance import Provenance
from stemstudio.training.score import compose
from stemstudio.training.synth import colour, render
from stemstudio.training.voices import restyle, sing_words

_LICENCES = {
    "piece": "made by code; FluidR3 GM soundfont: MIT",
    "words": "made by code; spoken by espeak-ng",
    "voice": "as the recording that it was made from",
}
_PIECE_S = 24.0


def _save(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.clip(samples, -1, 1).astype(np.float16))


def compose_pieces(folder: Path, count: int, seed: int, reporter: Reporter) -> None:
    """Render `count` pieces into clips of `folder`; those that are there already stay."""
    for number in range(count):
        if (folder / f"drums__piece{number}.npy").exists():
            continue
        reporter.update(number / count, "Composing")
        stems = render(np.random.default_rng((seed, number)), {}, _PIECE_S)
        for name in sorted(stems, key="drums".__eq__):  # drums come last: with them a piece is complete
            stem = name.rstrip("0123456789")
            _save(folder / f"{stem}__piece{number}{name.removeprefix(stem)}.npy", stems[name])


def sing_melodies(folder: Path, count: int, seed: int, reporter: Reporter) -> None:
    """Sing `count` composed melodies with synthesised words into clips of `folder`."""
    for number in range(count):
        path = folder / f"vocals__words{number}.npy"
        if path.exists():
            continue
        reporter.update(number / count, "Singing")
        rng = np.random.default_rng((seed, 1, number))
        piece = compose(rng, _PIECE_S)
        _save(path, colour(rng, "vocals", sing_words(rng, piece.melody, int(piece.seconds * RATE))))


def restyle_voices(folder: Path, sources: list[Path], copies: int, seed: int, reporter: Reporter) -> None:
    """Write `copies` of every voice in the folders `sources` at another pitch and tempo, without its pauses."""
    recordings = [path for source in sources for path in sorted(source.glob("vocals__*.npy"))] if copies else []
    for number, path in enumerate(recordings):
        for copy in range(copies):
            target = folder / f"vocals__voice{number}_{copy}.npy"
            if target.exists():
                continue
            reporter.update(number / len(recordings), "Moving voices")
            sound = _without_pauses(np.load(path).astype(np.float32))
            if sound.shape[1] > RATE:
                _save(target, restyle(np.random.default_rng((seed, 2, number, copy)), sound))


def _without_pauses(samples: Samples) -> Samples:
    """Cut out what is 40 dB under the peak for longer than half a second, and bring the peak to 0.8."""
    window = RATE // 20
    count = samples.shape[1] // window
    peaks = np.abs(samples[:, : count * window]).max(0).reshape(count, window).max(1) if count else np.zeros(0)
    if not count or not peaks.max():
        return samples[:, :0]
    kept = np.convolve(peaks > 0.01 * peaks.max(), np.ones(11), "same") > 0
    sounding: Samples = samples[:, : count * window][:, np.repeat(kept, window)]
    return sounding * np.float32(0.8 / peaks.max())


def provenance_of(folder: Path) -> list[Provenance]:
    """Rows of the data card for the clips in `folder`."""
    rows = []
    for path in sorted(folder.glob("*.npy")):
        stem, _, name = path.stem.partition("__")
        seconds = np.load(path, mmap_mode="r").shape[1] / RATE
        rows.append(
            Provenance("made by the lab", stem, path.name, _LICENCES[name[:5]], digest(path), seconds, held_out=False)
        )
    return rows
