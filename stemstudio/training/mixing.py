"""Dynamic mixing: every batch is mixed anew from the library, the same for the same seed and step.

A batch carries no audio. Masks are real and constant within a band, so the squared error of a masked mixture X against
a stem S needs only two sums over each band: of |X|^2 and of Re(X conj S), besides the energy of S. Those sums, the
features and nothing else go to the network's process.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from stemstudio.core.buffer import Samples
from stemstudio.separation.neural.bands import HOP, N_FFT, STEMS, band_edges, features
from stemstudio.training.augment import drive, equaliser, place, rms, vary_speed
from stemstudio.training.bandsums import band_sums
from stemstudio.training.material import JOINT, Library

_LEVEL_DB = {"vocals": (-3.0, 5.0), "drums": (0.0, 5.0), "bass": (-4.0, 5.0), "other": (-5.0, 5.0), JOINT: (-2.0, 5.0)}
_ABSENT = {"vocals": 0.25, "drums": 0.12, "bass": 0.15, "other": 0.12}
_LAYERS = {
    "vocals": (0.65, 0.25, 0.1),
    "drums": (0.6, 0.3, 0.1),
    "bass": (0.95, 0.05),
    "other": (0.4, 0.35, 0.25),
    JOINT: (1.0,),
}


@dataclass(slots=True)
class Batch:
    """Sums over bands for training; index 2 of the stem axis is bass, or bass with other where `joint` is set.

    features (batch, 4, frames, BANDS); mix (batch, 2, frames, BANDS); cross (batch, 4, 2, frames, BANDS);
    energy (batch, 4, frames): energy of the stems by frame; joint (batch,) bool.
    """

    features: Tensor
    mix: Tensor
    cross: Tensor
    energy: Tensor
    joint: Tensor

    def parts(self, size: int) -> list[Batch]:
        """Cut into batches of at most `size` items."""
        pieces = zip(*(getattr(self, field.name).split(size) for field in fields(self)), strict=True)
        return [Batch(*piece) for piece in pieces]


def _layered(rng: np.random.Generator, library: Library, stem: str, frames: int) -> Samples:
    """One to three clips of `stem` on top of each other at a drawn level."""
    out = np.zeros((2, frames), np.float32)
    for layer in range(1 + int(rng.choice(len(_LAYERS[stem]), p=_LAYERS[stem]))):
        clip = library.draw(rng, stem)
        speed = float(2 ** (rng.uniform(-5, 5) / 12)) if rng.random() < 0.75 else 1.0
        span = int(frames * speed) + 4
        samples = vary_speed(clip.read(clip.draw_start(rng, span), span), speed, frames)
        if rng.random() < 0.3:
            samples = drive(rng, samples)
        level = rms(samples)
        if level > 1e-5:
            out += place(rng, samples) * np.float32(10 ** (rng.normal(0, 4 if layer else 0.01) / 20) / level)
    return out


def _remix(rng: np.random.Generator, library: Library, frames: int) -> tuple[dict[str, Samples], bool]:
    joint = bool(library.clips.get(JOINT)) and rng.random() < 0.22
    stems = {}
    for stem in STEMS:
        name = JOINT if joint and stem == "bass" else stem
        if rng.random() < _ABSENT[stem] or (joint and stem == "other" and rng.random() < 0.4):
            continue
        mean, deviation = _LEVEL_DB[name]
        stems[stem] = _layered(rng, library, name, frames) * np.float32(0.1 * 10 ** (rng.normal(mean, deviation) / 20))
    return stems, joint


def _as_made(rng: np.random.Generator, library: Library, frames: int) -> tuple[dict[str, Samples], bool]:
    """A passage of one song with its own balance, give or take."""
    song = library.songs[str(rng.choice(sorted(library.songs)))]
    speed = float(2 ** (rng.uniform(-3, 3) / 12)) if rng.random() < 0.75 else 1.0
    span = int(frames * speed) + 4
    guide = song["vocals"] if "vocals" in song and rng.random() < 0.7 else song[str(rng.choice(sorted(song)))]
    start, swap = guide.draw_start(rng, span), rng.random() < 0.5
    stems: dict[str, Samples] = {}
    for name, clip in song.items():
        if rng.random() < 0.08:
            continue
        samples = vary_speed(clip.read(start, span), speed, frames)[:: -1 if swap else 1]
        samples = samples * np.float32(10 ** (rng.normal(0, 3.5) / 20) * rng.choice([-1, 1]))
        stem = "bass" if name == JOINT else name
        stems[stem] = stems[stem] + samples if stem in stems else samples
    return stems, JOINT in song


def spectra_of(stems: list[dict[str, Samples]], frames: int) -> Tensor:
    """Transforms of middle and sides of all stems of all items: complex64 (batch, 4, 2, frames, bins)."""
    sound = np.zeros((len(stems), len(STEMS), 2, frames), np.float32)
    for item, row in zip(stems, sound, strict=True):
        for k, stem in enumerate(STEMS):
            if stem in item:
                row[k, 0], row[k, 1] = (
                    (item[stem][0] + item[stem][1]) * 0.5**0.5,
                    (item[stem][0] - item[stem][1]) * 0.5**0.5,
                )
    flat = torch.from_numpy(sound).flatten(0, 2)
    spectrum = torch.stft(flat, N_FFT, HOP, window=torch.hann_window(N_FFT), return_complex=True).transpose(1, 2)
    return spectrum.reshape(*sound.shape[:3], *spectrum.shape[1:])


def sums(spectra: Tensor, deal: np.ndarray, gain: np.ndarray, joint: list[bool]) -> Batch:
    """Mix stems (batch, 4, 2, frames, bins), dealt out by `deal` with `gain` by bin, and sum over bands."""
    mix, sides, cross, energy = map(torch.from_numpy, band_sums(spectra.numpy(), deal, gain, band_edges()))
    return Batch(features(mix, *sides.clamp(min=0).unbind(1)), mix, cross, energy, torch.tensor(joint))


class Mixer:
    """Draws batches of `size` items of `frames` transform frames from `library`."""

    def __init__(
        self,
        library: Library,
        seed: int,
        size: int,
        frames: int,
        as_made: float = 0.4,
    ) -> None:
        self._library, self._seed, self._size, self._as_made = library, seed, size, as_made
        self._samples = (frames - 1) * HOP

    def batches(self, step: int) -> list[Batch]:
        """Return three batches from the draw of step `step`: as drawn, and twice with voices and drums dealt anew."""
        rng = np.random.default_rng((self._seed, step))
        items, joint = [], []
        for _ in range(self._size):
            draw = _as_made if self._library.songs and rng.random() < self._as_made else _remix
            stems, is_joint = draw(rng, self._library, self._samples)
            items.append(stems)
            joint.append(is_joint)
        spectra = spectra_of(items, self._samples)
        flat = np.ones(N_FFT // 2 + 1, np.float32)
        curves = [[equaliser(rng, flat.size) if rng.random() < 0.5 else flat for _ in STEMS] for _ in items]
        gain = np.array(curves, np.float32)
        deal = np.repeat(np.arange(self._size)[:, None], len(STEMS), 1)
        found = [sums(spectra, deal, gain, joint)]
        for _ in range(2):
            again, louder = deal.copy(), gain.copy()
            for k in (0, 1):
                again[:, k] = rng.permutation(self._size)
                louder[:, k] *= (10 ** (rng.normal(0, 3, (self._size, 1)) / 20)).astype(np.float32)
            found.append(sums(spectra, again, louder, joint))
        return found
