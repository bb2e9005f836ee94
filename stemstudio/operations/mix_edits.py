"""Edits of a whole mix, as functions from track to track: chains, snapshots, one stem taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from stemstudio.effects.chain import Chain
from stemstudio.project.document import Snapshot, SnapshotStem, Stem, Strip, Track

MIX = ""
"""Names the mix where a stem could be named."""


def chain_of(track: Track, stem: str) -> Chain:
    """Effects of a stem, or of the mix."""
    return track.chain if stem == MIX else next((each.chain for each in track.stems if each.name == stem), ())


def with_chain(track: Track, stem: str, chain: Chain) -> Track:
    """`track` with other effects on a stem, or on the mix."""
    if stem == MIX:
        return replace(track, chain=chain)
    return _with_stems(track, lambda each: replace(each, chain=chain) if each.name == stem else each)


def minus_one(track: Track, stems: Iterable[str]) -> Track:
    """`track` with those stems muted and all others heard: what one plays or sings along to."""
    out = set(stems)
    return _with_stems(track, lambda each: replace(each, strip=replace(each.strip, mute=each.name in out, solo=False)))


def only(track: Track, stems: Iterable[str]) -> Track:
    """`track` with those stems heard and all others muted."""
    heard = set(stems)
    return minus_one(track, (stem.name for stem in track.stems if stem.name not in heard))


def untouched(track: Track) -> Track:
    """`track` with every fader at its zero, nothing muted, no effects: the song again."""
    return replace(_with_stems(track, lambda each: replace(each, strip=Strip(), chain=())), chain=())


def with_snapshot(track: Track, name: str) -> Track:
    """`track` with its present mix kept under `name`, in place of an older one of that name."""
    kept = tuple(SnapshotStem(stem.name, stem.strip, stem.chain) for stem in track.stems)
    rest = tuple(each for each in track.snapshots if each.name != name)
    return replace(track, snapshots=(*rest, Snapshot(name, kept, track.chain)))


def without_snapshot(track: Track, name: str) -> Track:
    """`track` without that snapshot."""
    return replace(track, snapshots=tuple(each for each in track.snapshots if each.name != name))


def recalled(track: Track, snapshot: Snapshot) -> Track:
    """`track` mixed as `snapshot` has it; stems that came since stay as they are."""
    kept = {each.name: each for each in snapshot.stems}

    def as_it_was(stem: Stem) -> Stem:
        then = kept.get(stem.name)
        return stem if then is None else replace(stem, strip=then.strip, chain=then.chain)

    return replace(_with_stems(track, as_it_was), chain=snapshot.chain)


def _with_stems(track: Track, change: Callable[[Stem], Stem]) -> Track:
    stems = tuple(change(stem) for stem in track.stems)
    return track if stems == track.stems else replace(track, stems=stems)
