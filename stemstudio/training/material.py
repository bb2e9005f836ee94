"""The lab's library: decoded clips on disk and where in them something sounds.

A clip is a float16 ``.npy`` of shape (2, frames) at 44.1 kHz. Its stem is the part of the name before ``__``; clips of
one folder whose names start with ``SUM__`` are whole stems of one song and line up with each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stemstudio.core.buffer import Samples
from stemstudio.training.instruments import RATE

JOINT = "bass+other"
"""Category of a recording in which one instrument plays both."""
_WINDOW = RATE // 2


@dataclass(slots=True)
class Clip:
    """One decoded recording; `active` holds the level of every half second as a fraction of the loudest."""

    path: Path
    stem: str
    weight: float
    data: np.ndarray = field(repr=False)
    active: np.ndarray = field(repr=False)

    def read(self, start: int, frames: int) -> Samples:
        """Frames from `start`, silence beyond the end."""
        out = np.zeros((2, frames), np.float32)
        part = self.data[:, max(start, 0) : start + frames]
        out[:, : part.shape[1]] = part
        return out

    def draw_start(self, rng: np.random.Generator, frames: int) -> int:
        """Where to read `frames`: somewhere in reach of a half second that sounds."""
        sounding = np.flatnonzero(self.active > 0.05)
        at = int(rng.choice(sounding)) * _WINDOW if sounding.size else 0
        return int(np.clip(at - rng.integers(0, frames), 0, max(0, self.data.shape[1] - frames)))


def _activity(data: np.ndarray) -> np.ndarray:
    count = max(1, data.shape[1] // _WINDOW)
    # Every eighth sample says enough about the level and reads an eighth as much.
    level = np.array(
        [np.sqrt(np.mean(data[:, i * _WINDOW : (i + 1) * _WINDOW : 8].astype(np.float32) ** 2)) for i in range(count)]
    )
    return level / max(float(level.max()), 1e-9)


def open_clip(path: Path, stem: str, weight: float = 1.0) -> Clip:
    """Map the file at `path`; its activity is measured once and kept beside it."""
    data = np.load(path, mmap_mode="r")
    kept = path.with_suffix(".activity")
    if kept.exists():
        active = np.fromfile(kept, np.float32)
    else:
        active = _activity(data).astype(np.float32)
        active.tofile(kept)
    return Clip(path, stem, weight, data, active)


@dataclass(slots=True)
class Library:
    """Clips by stem for free mixing, and songs (stem to clip) for mixing as their makers did."""

    clips: dict[str, list[Clip]]
    songs: dict[str, dict[str, Clip]]

    def draw(self, rng: np.random.Generator, stem: str) -> Clip:
        """A clip of `stem`, by weight."""
        pool = self.clips[stem]
        weights = np.array([clip.weight for clip in pool])
        return pool[int(rng.choice(len(pool), p=weights / weights.sum()))]


def open_library(folders: dict[Path, float]) -> Library:
    """Open every folder with its weight, which is shared out among the folder's clips of one stem."""
    clips: dict[str, list[Clip]] = {}
    songs: dict[str, dict[str, Clip]] = {}
    for folder, weight in folders.items():
        found: dict[str, list[Clip]] = {}
        for path in sorted(folder.glob("*.npy")):
            stem, _, name = path.stem.partition("__")
            if stem == "SUM":
                songs.setdefault(folder.name, {})[name] = open_clip(path, name)
            else:
                found.setdefault(stem, []).append(open_clip(path, stem))
        for stem, some in found.items():
            # A stem's sound weighs by how long it sounds, not by how many files hold it.
            seconds = np.array([max(1.0, float((clip.active > 0.05).sum())) for clip in some])
            for clip, part in zip(some, seconds / seconds.sum(), strict=True):
                clip.weight = weight * float(part)
            clips.setdefault(stem, []).extend(some)
    return Library(clips, songs)
