"""From the stems of a song to a room of loudspeakers, to headphones, and to a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import AudioWriter
from stemstudio.audio.loudness import TruePeakMeter
from stemstudio.core.buffer import Samples
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.jobs.job import Job, Lane
from stemstudio.mixing.binaural import BinauralSource
from stemstudio.mixing.folddown import matrix
from stemstudio.mixing.layouts import BINAURAL, layout
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.mixing.placement import Placement, default_placement, measured_panning
from stemstudio.mixing.split import PARTS, split
from stemstudio.mixing.upmix import CEILING_DB, FoldDown, UpmixInput, UpmixSource
from stemstudio.operations.graph import ChainShelf, clip_source, mix_input, processed_stem, stem_source
from stemstudio.project.document import Stem, Track

_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class UpmixChoice:
    """What to make: an id of `layouts.LAYOUT_TITLES`, the way of folding down, bits (32 is float), and the ceiling."""

    layout: str = "5.1"
    fold_down: FoldDown = "keep"
    bits: int = 24
    ceiling_db: float = CEILING_DB


@dataclass(frozen=True)
class UpmixReport:
    """What was written, as measured on the samples before they were rounded to the file's width.

    Parameters
    ----------
    path : Path
    channels : tuple of str
        Names of the loudspeakers, or ears, in the file's order.
    fold_down_null_db : float
        Level of the fold-down minus the mix, relative to the mix; of the room that was heard where ears were written.
    true_peak_dbtp : float
        Loudest of all channels.
    surround_correlation : float
        Largest correlation of two surround channels of the room, in magnitude.
    gain_db : float
        What everything was turned down by, because the mix is louder than the loudspeakers together may be.
    levels_db : tuple of float
        RMS of each channel.
    clipped : int
    """

    path: Path
    channels: tuple[str, ...]
    fold_down_null_db: float
    true_peak_dbtp: float
    surround_correlation: float
    gain_db: float
    levels_db: tuple[float, ...]
    clipped: int


def stem_placement(stem: Stem, clips: ClipStore) -> Placement:
    """Place of a stem: where a person put it, else where its kind and its own panning belong."""
    return stem.placement or default_placement(stem.name, measured_panning(stem_source(stem, clips)))


def room_stems(track: Track) -> tuple[Stem, ...]:
    """Return what is placed: the stems of `track`, or the three parts of a song that has none (`mixing.split`)."""
    silence = replace(track.mixture, id="")
    return track.stems or tuple(Stem(f"{track.id}:{name}", name, silence) for name in PARTS)


def room_inputs(
    track: Track,
    clips: ClipStore,
    shelf: ChainShelf | None = None,
    placement: Callable[[Stem], Placement] | None = None,
) -> tuple[UpmixInput, ...]:
    """Return the stems of `track` that are heard, with their effects and strips, each in its place.

    Effects of the mix are left out: they work on two channels. `placement` tells places that are known already.
    """
    if not track.stems:
        parts = split(clip_source(track.mixture, clips))
        return tuple(UpmixInput(parts[stem.name], default_placement(stem.name)) for stem in room_stems(track))
    shelf = shelf or ChainShelf()
    strips = [mix_input(processed_stem(stem, track, clips, shelf), stem.strip) for stem in track.stems]
    inputs = []
    for stem, strip, heard in zip(track.stems, strips, Mixer(tuple(strips)).audible, strict=True):
        place = placement(stem) if placement else stem_placement(stem, clips)
        inputs.append(UpmixInput(Mixer((replace(strip, mute=not heard, solo=False),)), place))
    return tuple(inputs)


def room(inputs: Sequence[UpmixInput], choice: UpmixChoice, gain_db: float = 0.0) -> UpmixSource:
    """Return `inputs` in the loudspeakers of the chosen layout; those of 7.1.4 for binaural."""
    return UpmixSource(inputs, layout(choice.layout), choice.fold_down, ceiling_db=choice.ceiling_db, gain_db=gain_db)


def heard_in(room: UpmixSource, choice: UpmixChoice) -> Source:
    """What is delivered: the room itself, or the ears in it."""
    return BinauralSource(room, room.layout, ceiling_db=choice.ceiling_db) if choice.layout == BINAURAL else room


def safe_gain_db(inputs: Sequence[UpmixInput], choice: UpmixChoice, reporter: Reporter) -> float:
    """Gain, 0 dB or less, at which the loudspeakers together can carry the mix under the ceiling and fold down to it.

    0 dB for any mix that is less than 4 dB over full scale.
    """
    if choice.fold_down == "free":
        return 0.0
    mix = Mixer(tuple(MixInput(each.source) for each in inputs))
    least_power = np.linalg.pinv(matrix(layout(choice.layout).channels).astype(np.float64)).astype(np.float32)
    meter = TruePeakMeter(len(least_power))
    for start, block in blocks(mix, _BLOCK_FRAMES):
        meter.add(least_power @ block)
        reporter.update((start + block.shape[1]) / max(mix.frames, 1), "Measuring the mix")
    over_db = meter.dbtp() - (choice.ceiling_db - 0.1)
    return -over_db if over_db > 0.0 else 0.0


def write_upmix(inputs: Sequence[UpmixInput], choice: UpmixChoice, path: Path, reporter: Reporter) -> UpmixReport:
    """Write `inputs` as one WAV file of the chosen layout to `path`, or nothing; measures what it writes."""
    gain_db = safe_gain_db(inputs, choice, reporter.part(0.0, 0.1))
    made = room(inputs, choice, gain_db)
    heard = heard_in(made, choice)
    measures = _Measures(made, heard.channels)
    reporter = reporter.part(0.1, 1.0)
    with AudioWriter(path, heard.sample_rate, heard.channels, bits=choice.bits, frames=heard.frames) as writer:
        for start, block in blocks(heard, _BLOCK_FRAMES):
            writer.write(block)
            measures.add(start, block)
            reporter.update((start + block.shape[1]) / max(heard.frames, 1), f"Writing {path.name}")
    names = ("left", "right") if choice.layout == BINAURAL else made.layout.names
    return measures.report(writer.path, names, gain_db, writer.clipped)


def export_upmix(track: Track, clips: ClipStore, choice: UpmixChoice, path: Path) -> Job[UpmixReport]:
    """Write `track` as it stands in the room to `path`."""
    inputs = room_inputs(track, clips)
    return Job(f"Writing “{path.name}”", Lane.IO, lambda reporter: write_upmix(inputs, choice, path, reporter))


class _Measures:
    def __init__(self, room: UpmixSource, channels: int) -> None:
        self._room = room
        self._peak = TruePeakMeter(channels)
        self._energy = np.zeros(channels)
        self._surrounds = list(room.layout.surrounds)
        self._products = np.zeros((len(self._surrounds),) * 2)
        self._error = self._mix = 0.0
        self._frames = 0

    def add(self, start: int, block: Samples) -> None:
        frames = block.shape[1]
        room = block if len(block) == self._room.channels else self._room.read(start, frames)
        mix = self._room.original(start, frames).astype(np.float64)
        self._peak.add(block)
        self._energy += np.einsum("cf,cf->c", block, block, dtype=np.float64)
        around = room[self._surrounds].astype(np.float64)
        self._products += around @ around.T
        self._error += float(np.sum((matrix(len(room)).astype(np.float64) @ room - mix) ** 2))
        self._mix += float(np.sum(mix**2))
        self._frames += frames

    def report(self, path: Path, names: tuple[str, ...], gain_db: float, clipped: int) -> UpmixReport:
        power = np.sqrt(np.diag(self._products))
        scale = np.outer(power, power)
        alike = np.abs(self._products) / np.where(scale > 0, scale, 1)
        np.fill_diagonal(alike, 0)
        return UpmixReport(
            path=path,
            channels=names,
            fold_down_null_db=_decibels(self._error, self._mix),
            true_peak_dbtp=self._peak.dbtp(),
            surround_correlation=float(alike.max()),
            gain_db=gain_db,
            levels_db=tuple(_decibels(energy, self._frames) for energy in self._energy),
            clipped=clipped,
        )


def _decibels(power: float, reference: float) -> float:
    return 10 * math.log10(power / reference) if power > 0 and reference > 0 else -math.inf
