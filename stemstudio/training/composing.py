"""Material that code makes before a run: pieces, arrangements, parts, sung melodies, and recorded voices made over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.core.progress import Reporter
from stemstudio.separation.neural.checkpoints import digest
from stemstudio.training.arranging import arrange
from stemstudio.training.config import RunConfig
from stemstudio.training.instruments import RATE
from stemstudio.training.producing import produce
from stemstudio.training.provenance import Provenance
from stemstudio.training.score import compose
from stemstudio.training.sounds import Sounds, hits, instruments, load, perform, singers
from stemstudio.training.synth import colour, render
from stemstudio.training.voices import restyle, sing_vowels, sing_words

_LICENCES = {
    "piece": "made by code; FluidR3 GM soundfont: MIT; drum hits as the sounds of this run",
    "parts": "made by code; FluidR3 GM soundfont: MIT",
    "notes": "made by code from the sounds of this run",
    "words": "made by code; spoken by espeak-ng",
    "vowel": "made by code from the sung vowels of this run",
    "voice": "as the recording that it was made from",
    "moved": "as the recording that it was made from",
}
"""By the first five letters of a clip's name."""
_PIECE_S = 24.0
_BASS_PARTS = 8  # every so many parts, one is played on a bass


def make_material(config: RunConfig, folder: Path, sources: list[Path], reporter: Reporter) -> list[Provenance]:
    """Make what `config` asks for in `folder`, voices out of those in the folders `sources`; what is there stays."""
    compose_pieces(folder, config.synthetic, config.seed, config.sounds, reporter.part(0.0, 0.3))
    arrange_parts(folder, config.arranged, config.seed, reporter.part(0.3, 0.5))
    play_notes(folder, config.played, config.seed, config.sounds, reporter.part(0.5, 0.6))
    sing_melodies(folder, config.sung, config.seed, config.sounds, reporter.part(0.6, 0.7))
    make_over(folder, sources, "voice", config.restyled, config.seed, restyle, reporter.part(0.7, 0.9))
    make_over(folder, sources, "moved", config.produced, config.seed, produce, reporter.part(0.9, 1.0))
    played = [
        Provenance("sounds", sounds.role, path.name, sounds.licence, digest(path), 0.0, held_out=False)
        for sounds in config.sounds
        for path in sounds.found()
    ]
    return [*provenance_of(folder), *played]


def _save(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.clip(samples, -1, 1).astype(np.float16))


def compose_pieces(folder: Path, count: int, seed: int, sounds: Sequence[Sounds], reporter: Reporter) -> None:
    """Render `count` pieces, some with the drum hits of `sounds`, into clips of `folder`."""
    missing = [number for number in range(count) if not (folder / f"drums__piece{number}.npy").exists()]
    shots = hits(sounds) if missing else {}
    for number in missing:
        reporter.update(number / count, "Composing")
        stems = render(np.random.default_rng((seed, number)), shots, _PIECE_S)
        for name in sorted(stems, key="drums".__eq__):  # drums come last: with them a piece is complete
            stem = name.rstrip("0123456789")
            _save(folder / f"{stem}__piece{number}{name.removeprefix(stem)}.npy", stems[name])


def arrange_parts(folder: Path, count: int, seed: int, reporter: Reporter) -> None:
    """Render `count` arrangements without voices (see `arranging`) into clips of `folder`."""
    for number in range(count):
        path = folder / f"other__parts{number}.npy"
        if not path.exists():
            reporter.update(number / count, "Arranging")
            _save(path, arrange(number, seed, _PIECE_S)[1])


def play_notes(folder: Path, count: int, seed: int, sounds: Sequence[Sounds], reporter: Reporter) -> None:
    """Play `count` parts with single notes of `sounds` into clips of `folder`."""
    notes = {stem: instruments(sounds, stem) for stem in ("bass", "other")} if count else {}
    for number in range(count):
        stem = "bass" if number % _BASS_PARTS == 0 else "other"
        path = folder / f"{stem}__notes{number}.npy"
        if path.exists() or not notes[stem]:
            continue
        reporter.update(number / count, "Playing")
        rng = np.random.default_rng((seed, 4, number))
        sound = load(notes[stem][int(rng.integers(len(notes[stem])))])
        if sound.shape[1] > RATE // 100:
            _save(path, perform(rng, stem, sound))


def sing_melodies(folder: Path, count: int, seed: int, sounds: Sequence[Sounds], reporter: Reporter) -> None:
    """Sing `count` melodies into clips of `folder`: on words and, where `sounds` has vowels, on those in turn."""
    choir = singers(sounds) if count else []
    for number in range(count):
        kind = "vowel" if choir and number % 2 else "words"
        path = folder / f"vocals__{kind}{number}.npy"
        if path.exists():
            continue
        reporter.update(number / count, "Singing")
        rng = np.random.default_rng((seed, 1, number))
        piece = compose(rng, _PIECE_S)
        frames = int(piece.seconds * RATE)
        singer = choir[number // 2 % len(choir)] if choir else {}
        sung = (
            sing_vowels(rng, singer, piece.melody, frames) if kind == "vowel" else sing_words(rng, piece.melody, frames)
        )
        _save(path, colour(rng, "vocals", sung))


def make_over(
    folder: Path,
    sources: list[Path],
    kind: str,
    copies: int,
    seed: int,
    change: Callable[[np.random.Generator, Samples], Samples],
    reporter: Reporter,
) -> None:
    """Write `copies` of every voice in the folders `sources`, without its pauses and as `change` makes it over."""
    recordings = [path for source in sources for path in sorted(source.glob("vocals__*.npy"))] if copies else []
    for number, path in enumerate(recordings):
        for copy in range(copies):
            target = folder / f"vocals__{kind}{number}_{copy}.npy"
            if target.exists():
                continue
            reporter.update(number / len(recordings), "Making voices over")
            sound = _without_pauses(np.load(path).astype(np.float32))
            if sound.shape[1] > RATE:
                _save(target, change(np.random.default_rng((seed, 2, number, copy)), sound))


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


def provenance_of(folder: Path) -> Iterator[Provenance]:
    """Rows of the data card for the clips in `folder`."""
    for path in sorted(folder.glob("*.npy")):
        stem, _, name = path.stem.partition("__")
        seconds = np.load(path, mmap_mode="r").shape[1] / RATE
        yield Provenance("made by the lab", stem, path.name, _LICENCES[name[:5]], digest(path), seconds, held_out=False)
