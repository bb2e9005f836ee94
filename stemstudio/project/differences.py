"""In which frames two states of a stem differ: what has to be drawn or computed anew after an edit."""

from __future__ import annotations

from stemstudio.project.document import Patch, Stem


def changed_frames(before: Stem, after: Stem) -> tuple[tuple[int, int], ...] | None:
    """Ranges in which `after` may sound other than `before`; None if they are not made of the same base clip.

    Patches that both have, one after the other from the first on, change nothing. Ranges ascend and do not touch.
    """
    if before.clip != after.clip:
        return None
    shared = 0
    for mine, theirs in zip(before.patches, after.patches, strict=False):
        if mine is not theirs and mine != theirs:
            break
        shared += 1
    return _merged([_range(patch) for patch in (*before.patches[shared:], *after.patches[shared:])])


def _range(patch: Patch) -> tuple[int, int]:
    return patch.start, patch.start + patch.clip.frames


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
