"""What of a song can be exported, and the sound of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.core.buffer import Samples
from stemstudio.core.source import Source
from stemstudio.core.stems import stem_kind
from stemstudio.exporting.containers import EMPTY, NI_STEMS
from stemstudio.mixing.mixer import Mixer, MixInput
from stemstudio.operations.graph import Silence, stem_source, track_mix
from stemstudio.project.document import Track

_NI_ORDER = ("drums", "bass", "other", "vocals")
_MIX_COLOUR = "#FFFFFF"


@dataclass(frozen=True)
class Item:
    """One sound to write: what it is called, its colour, and whether it is a version of the mix or a part of it."""

    title: str
    source: Source
    colour: str = _MIX_COLOUR
    is_mix: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Several stems in one file."""

    title: str
    stems: tuple[str, ...]


def is_voice(name: str) -> bool:
    """Whether the stem called `name` is sung."""
    return "vocal" in name or name == "voice"


def has_voice_and_more(track: Track) -> bool:
    """Whether an instrumental and an a cappella can be made of `track`."""
    voices = [is_voice(stem.name) for stem in track.stems]
    return any(voices) and not all(voices)


def mix_item(track: Track, clips: ClipStore) -> Item:
    """Return the mix as it is heard."""
    return Item("Mix", track_mix(track, clips), is_mix=True)


def version_items(track: Track, clips: ClipStore, *, instrumental: bool, acapella: bool) -> list[Item]:
    """Versions of the mix as it is heard, solo aside: without the voice, and with nothing but it."""
    items = []
    if instrumental:
        rest = [stem.name for stem in track.stems if not is_voice(stem.name) and not stem.strip.mute]
        items.append(Item("Instrumental", track_mix(_only(track, rest), clips), is_mix=True))
    if acapella:
        voices = [stem.name for stem in track.stems if is_voice(stem.name) and not stem.strip.mute]
        items.append(Item("A cappella", track_mix(_only(track, voices), clips), is_mix=True))
    return items


def group_item(track: Track, clips: ClipStore, group: Group, as_mixed: bool) -> Item:
    """Sum of the stems of `group`: as they are in the mix, before what the mix goes through, or untouched."""
    colour = stem_kind(group.stems[0]).colour if group.stems else _MIX_COLOUR
    if as_mixed:
        return Item(group.title, track_mix(replace(_only(track, group.stems), chain=()), clips), colour)
    sources = [stem_source(stem, clips) for stem in track.stems if stem.name in group.stems]
    return Item(group.title, sources[0] if len(sources) == 1 else _Sum(tuple(sources)), colour)


def stem_items(track: Track, clips: ClipStore, names: Iterable[str], as_mixed: bool) -> list[Item]:
    """Return the stems called `names`, in the order of the track."""
    wanted = set(names)
    return [
        group_item(track, clips, Group(stem_kind(stem.name).title, (stem.name,)), as_mixed)
        for stem in track.stems
        if stem.name in wanted
    ]


def in_stereo(item: Item) -> Item:
    """Return `item` with two channels, as mixes have them."""
    return item if item.source.channels == 2 else replace(item, source=Mixer((MixInput(item.source),)))


def untouched_sum(track: Track, clips: ClipStore) -> Source:
    """Sum of all stems before their place in the mix: the song, with what was mended."""
    sources = tuple(stem_source(stem, clips) for stem in track.stems)
    return _Sum(sources) if sources else track_mix(track, clips)


def ni_items(track: Track, clips: ClipStore) -> list[Item]:
    """Return the mix and four stems of it: drums, bass, the rest and the voice where there are such.

    Only stems that are heard, so that they add up to the mix. Of more than four those of the usual names stay alone and
    the others are one; fewer are filled with silence.
    """
    soloed = any(stem.strip.solo for stem in track.stems)
    names = [stem.name for stem in track.stems if not stem.strip.mute and (stem.strip.solo or not soloed)]
    if len(names) > NI_STEMS:
        usual = [name for name in _NI_ORDER if name in names and name != "other"]
        alone = (usual or names)[: NI_STEMS - 1]
        rest = tuple(name for name in names if name not in alone)
        groups = [Group(stem_kind(name).title, (name,)) for name in alone]
        groups.insert(2, Group("Other", rest))
    else:
        groups = [Group(stem_kind(name).title, (name,)) for name in sorted(names, key=_ni_place)]
    plain = replace(track, chain=())
    items = [mix_item(track, clips), *(group_item(plain, clips, group, as_mixed=True) for group in groups)]
    mix = items[0].source
    while len(items) < 1 + NI_STEMS:
        items.append(Item(EMPTY.title, Silence(mix.sample_rate, mix.channels, mix.frames), EMPTY.colour))
    return items


def _ni_place(name: str) -> int:
    return _NI_ORDER.index(name) if name in _NI_ORDER else len(_NI_ORDER)


def _only(track: Track, names: Iterable[str]) -> Track:
    """`track` with all its stems, for they may control each other's effects, but no more than `names` heard."""
    heard = set(names)
    stems = tuple(
        replace(stem, strip=replace(stem.strip, mute=stem.name not in heard, solo=False)) for stem in track.stems
    )
    return replace(track, stems=stems)


class _Sum:
    """Sources of one shape added up, in float64 so that the order does not matter."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._sources = sources
        first = sources[0]
        self.sample_rate, self.channels, self.frames = first.sample_rate, first.channels, first.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        total = sum(source.read(start, frames).astype(np.float64) for source in self._sources)
        return np.asarray(total, np.float32)
