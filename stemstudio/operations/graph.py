"""From the document to sound: the one render path of playback, spectrogram, meters and export."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.source import Source
from stemstudio.effects.chain import Chain, ChainSlot
from stemstudio.effects.hosted.plugin import PREFIX
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.project.document import ClipRef, Patch, Stem, Strip, Track

if TYPE_CHECKING:
    from stemstudio.effects.chain_source import ChainSource

_SHELF_SIZE = 24

Overlay = Mapping[str, tuple[int, Source]]
"""By the name of a stem: where other sound begins that is heard in place of its own, and that sound."""


class PatchedSource:
    """A base source with patches written over it; later patches win.

    A stem may have thousands of patches: each is opened when it is first read, and a read looks only at those it meets.
    """

    def __init__(self, base: Source, patches: tuple[Patch, ...], clips: ClipStore) -> None:
        self._base, self._patches, self._clips = base, patches, clips
        self._starts = np.array([patch.start for patch in patches])
        self._ends = self._starts + [patch.clip.frames for patch in patches]
        self._opened: dict[int, Source] = {}
        self.sample_rate, self.channels, self.frames = base.sample_rate, base.channels, base.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        out = self._base.read(start, frames)
        for index in np.flatnonzero((self._starts < start + frames) & (self._ends > start)).tolist():
            patch_start = self._patches[index].start
            first, last = max(start, patch_start), min(start + frames, int(self._ends[index]))
            out[:, first - start : last - start] = self._patch(index).read(first - patch_start, last - first)
        return out

    def _patch(self, index: int) -> Source:
        if index not in self._opened:  # two threads may open it twice, which does no harm
            self._opened[index] = clip_source(self._patches[index].clip, self._clips)
        return self._opened[index]


def clip_source(clip: ClipRef, clips: ClipStore) -> Source:
    """Sound of a clip; silence of its length if its file is missing, so that the rest of a project stays usable."""
    silence = Silence(clip.sample_rate, clip.channels, clip.frames)
    try:
        return clips.open(clip.id) if clip.id else silence
    except BadInput:
        return silence


@dataclass(frozen=True)
class Silence:
    """A source of nothing."""

    sample_rate: int
    channels: int
    frames: int

    def read(self, start: int, frames: int) -> Samples:  # noqa: ARG002 - silent everywhere
        """See `Source.read`."""
        return np.zeros((self.channels, frames), np.float32)


def stem_source(stem: Stem, clips: ClipStore) -> Source:
    """Sound of a stem before its place in the mix."""
    base = clip_source(stem.clip, clips)
    return PatchedSource(base, stem.patches, clips) if stem.patches else base


def track_mix(
    track: Track, clips: ClipStore, overlay: Overlay | None = None, shelf: ChainShelf | None = None
) -> Source:
    """Mix of a track as its strips and chains say; a track without stems plays its mixture.

    Parameters
    ----------
    track : Track
    clips : ClipStore
    overlay : mapping, optional
        Takes the place of passages that a person only tries out.
    shelf : ChainShelf, optional
        Where effects that were at work already are found again.
    """
    shelf, overlay = shelf or ChainShelf(), overlay or {}
    sound = (track.stems, tuple(overlay.items())) if track.stems else track.mixture
    return shelf.chained(stem_mix(track, clips, overlay, shelf), sound, track.chain)


def stem_mix(track: Track, clips: ClipStore, overlay: Overlay, shelf: ChainShelf) -> Mixer:
    """Mix of a track before the effects of the mix; its inputs are the stems in their order, then new ones."""
    if not track.stems:
        return Mixer((MixInput(clip_source(track.mixture, clips)),))
    sounds = {stem.name: stem_source(stem, clips) for stem in track.stems}
    inputs = [
        mix_input(_processed(stem, track, sounds, overlay.get(stem.name), shelf), stem.strip) for stem in track.stems
    ]
    silence = Silence(track.mixture.sample_rate, track.mixture.channels, track.mixture.frames)
    new = overlay.keys() - {stem.name for stem in track.stems}
    return Mixer((*inputs, *(MixInput(overlaid(silence, overlay[name])) for name in sorted(new))))


def sound_at(track: Track, stem: str, clips: ClipStore, shelf: ChainShelf | None = None) -> Source | None:
    """Sound of a stem behind its effects, of the whole mix if `stem` is empty; None if there is no such stem."""
    if not stem:
        return track_mix(track, clips, shelf=shelf)
    found = next((each for each in track.stems if each.name == stem), None)
    return None if found is None else processed_stem(found, track, clips, shelf)


def processed_stem(stem: Stem, track: Track, clips: ClipStore, shelf: ChainShelf | None = None) -> Source:
    """Sound of a stem behind its effects, before its place in the mix."""
    sounds = {each.name: stem_source(each, clips) for each in track.stems}
    return _processed(stem, track, sounds, None, shelf or ChainShelf())


def _processed(
    stem: Stem, track: Track, sounds: Mapping[str, Source], passage: tuple[int, Source] | None, shelf: ChainShelf
) -> Source:
    if not stem.chain:
        return overlaid(sounds[stem.name], passage)
    wanted = {slot.sidechain for slot in stem.chain if slot.sidechain}
    controls = tuple((each.name, each.clip, each.patches) for each in track.stems if each.name in wanted)
    key = (stem.clip, stem.patches, passage, controls)
    sidechains = {name: sounds[name] for name in wanted if name in sounds}
    return shelf.chained(overlaid(sounds[stem.name], passage), key, stem.chain, sidechains)


class ChainShelf:
    """Chains that are at work, so that a fader that moves does not start the effects of every stem anew.

    What is played keeps one as long as it plays. For one thread.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Source] = OrderedDict()

    def chained(
        self, source: Source, key: Hashable, chain: Chain, sidechains: Mapping[str, Source] | None = None
    ) -> Source:
        """`source` through `chain`; the same object as before where `key`, which names the sound, and chain are."""
        if all(slot.bypass for slot in chain):
            return source
        found = self._kept.pop((key, chain), None)
        self._kept[key, chain] = made = found or _chained(source, chain, sidechains or {})
        while len(self._kept) > _SHELF_SIZE:
            self._kept.popitem(last=False)
        return made


def _chained(source: Source, chain: Chain, sidechains: Mapping[str, Source]) -> Source:
    if any(slot.effect.startswith(PREFIX) for slot in chain):
        return _Hosted(source, chain, sidechains)
    return _at_work(source, chain, sidechains)


def _at_work(source: Source, chain: Chain, sidechains: Mapping[str, Source]) -> ChainSource:
    from stemstudio.effects.chain_source import ChainSource

    lost = [slot for slot, _ in lost_effects(chain)]
    here = tuple(replace(slot, bypass=True) if slot in lost else slot for slot in chain)
    return ChainSource(source, here, sidechains)


class _Hosted:
    """A chain with plug-ins, which the first reader opens: that takes seconds, for which no window should wait."""

    def __init__(self, source: Source, chain: Chain, sidechains: Mapping[str, Source]) -> None:
        self._source, self._chain, self._sidechains = source, chain, sidechains
        self.sample_rate, self.channels = source.sample_rate, source.channels
        self._opened: ChainSource | None = None
        self._lock = threading.Lock()

    @property
    def frames(self) -> int:
        """Length; it grows while the source does."""
        return self._source.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        with self._lock:
            opened = self._opened = self._opened or _at_work(self._source, self._chain, self._sidechains)
        return opened.read(start, frames)

    def reductions_db(self, frame: int) -> tuple[float, ...]:
        """See `ChainSource.reductions_db`."""
        opened = self._opened
        return opened.reductions_db(frame) if opened is not None else (0.0,) * len(self._chain)


def lost_effects(chain: Chain) -> list[tuple[ChainSlot, BadInput]]:
    """Effects of `chain` that are wanted and not on this machine, and why: the sound goes on without them."""
    lost = []
    for slot in chain:
        if slot.bypass:
            continue
        try:
            slot.resolved()
        except BadInput as error:
            lost.append((slot, error))
    return lost


def overlaid(source: Source, passage: tuple[int, Source] | None) -> Source:
    """`source` with `passage`, its first frame and its sound, in place of what is there."""
    return source if passage is None else _Overlaid(source, *passage)


class _Overlaid:
    """A source with another in its place from one frame on."""

    def __init__(self, base: Source, start: int, passage: Source) -> None:
        self._base, self._start, self._passage = base, start, passage
        self.sample_rate, self.channels, self.frames = base.sample_rate, base.channels, base.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        out = self._base.read(start, frames)
        first, last = max(start, self._start), min(start + frames, self._start + self._passage.frames)
        if first < last:
            out[:, first - start : last - start] = self._passage.read(first - self._start, last - first)
        return out


def mix_input(source: Source, strip: Strip) -> MixInput:
    """`source` placed in the mix by `strip`."""
    return MixInput(
        source,
        gain_db=strip.gain_db,
        pan=strip.pan,
        mute=strip.mute,
        solo=strip.solo,
        width=strip.width,
        invert=strip.invert,
        pan_law=strip.pan_law,
        automation=() if strip.automation_off else strip.automation,
    )


def live_mix(sources: Mapping[str, Source], strips: Mapping[str, Strip]) -> Mixer:
    """Mix of stems that are still being made, by name."""
    return Mixer(tuple(mix_input(source, strips.get(name, Strip())) for name, source in sources.items()))


def null_db(mixture: Source, stems: list[Source], block_frames: int = 1 << 18) -> float:
    """Level of mixture minus the sum of `stems`, in dB relative to the mixture; -inf where they are equal."""
    error = energy = 0.0
    for start in range(0, mixture.frames, block_frames):
        frames = min(block_frames, mixture.frames - start)
        mix = mixture.read(start, frames).astype(np.float64)
        rest = mix - sum(stem.read(start, frames).astype(np.float64) for stem in stems)
        error += float(np.sum(rest * rest))
        energy += float(np.sum(mix * mix))
    return 10.0 * float(np.log10(error / energy)) if error and energy else float("-inf")
