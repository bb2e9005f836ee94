"""Doing the repairs of a project again, on the stems of another separation or another take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemstudio.audio.clips import ClipStore
from stemstudio.core.errors import BadInput, UserError
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.operations.graph import stem_source
from stemstudio.operations.repairing import repair_track
from stemstudio.project.document import ClipRef, Project, Repair, Stem, Track

_TRACK = "replay"


def replay(
    repairs: Sequence[Repair],
    stems: Mapping[str, ClipRef],
    mixture: ClipRef,
    clips: ClipStore,
    reporter: Reporter,
) -> dict[str, Source]:
    """Do `repairs`, in order, to `stems`; returns the stems that there are afterwards, by name.

    Parameters
    ----------
    repairs : sequence of Repair
    stems, mixture : ClipRef
        Clips of `clips`, alike in rate, channels and length.

    Raises
    ------
    BadInput
        If a repair does not fit the stems; the message says which.
    """
    track = Track(_TRACK, "", "", mixture, tuple(Stem(name, name, clip) for name, clip in stems.items()))
    project = Project((track,))
    for number, task in enumerate(repairs, 1):
        try:
            operation = repair_track(project.track(_TRACK), clips, task)
            part = reporter.part((number - 1) / len(repairs), number / len(repairs))
            project = operation.apply(project, operation.job.work(part))
        except UserError as error:
            raise BadInput(f"Edit {number} cannot be done here: {error.what}", error.todo) from error
    return {stem.name: stem_source(stem, clips) for stem in project.track(_TRACK).stems}
