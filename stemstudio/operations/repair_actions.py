"""What can be done to a selection: mend a stem, or move sound between stems, so that the stems still are the mix.

An action reads stems and gives the passages that take their place; it knows neither document nor clips, so the window,
the command line and a replay do the very same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Excerpt, Source
from stemstudio.core.stems import RESIDUAL, stem_kind
from stemstudio.operations.graph import Silence, overlaid
from stemstudio.operations.separated_passage import separated_passage
from stemstudio.project.document import Repair
from stemstudio.repair.engine import Repaired, repair, selected_frames
from stemstudio.repair.method import MIXTURE, Context
from stemstudio.repair.registry import method
from stemstudio.repair.selection import Selection
from stemstudio.separation.registry import backend

Stems = Mapping[str, Source]
Passages = dict[str, Repaired]
"""By the name of the stem: where the new samples begin, and the samples."""

REPAIR, SEND, SWAP, SPLIT, RESEPARATE = "repair", "send", "swap", "split", "reseparate"

_CONTEXT_S = 4.0
"""Sound on both sides of a selection that a backend hears when it separates the selection again."""


def carry_out(task: Repair, stems: Stems, mixture: Source, reporter: Reporter) -> Passages:
    """Do `task`; returns the passages of all stems that change, alike in place and length.

    A `SPLIT` names a stem that is not among `stems`; its passage belongs into silence.

    Raises
    ------
    BadInput
        If a stem or method is unknown, a value does not fit, or the method cannot work on the selection.
    """
    for name in (task.stem, *([task.other] if task.other and task.action != SPLIT else [])):
        if name not in stems:
            raise BadInput(f"There is no stem “{stem_kind(name).title}”.", f"The stems are: {', '.join(stems)}.")
    if task.action not in _ACTIONS:
        raise BadInput(f"There is no action {task.action!r}.", f"The actions are: {', '.join(_ACTIONS)}.")
    if task.other == task.stem:
        raise BadInput("A stem cannot give sound to itself.", "Choose another stem.")
    if task.action in (SEND, SWAP, SPLIT) and not task.other:
        raise BadInput("The other stem has no name.", "Choose a stem, or type a name for a new one.")
    selection = Selection.from_text(task.selection)
    return _ACTIONS[task.action](task, selection, stems, mixture, reporter)


def title(task: Repair) -> str:
    """Name of the step in the history: what was done, to what, where."""
    selection = Selection.from_text(task.selection)
    place = clock(selection.extent.first / selection.sample_rate)
    stem, other = stem_kind(task.stem).title, stem_kind(task.other).title if task.other else ""
    match task.action:
        case "send":
            return f"Send to {other.lower()} · {stem} {place}"
        case "swap":
            return f"Swap with {other.lower()} · {stem} {place}"
        case "split":
            return f"New stem {other.lower()} · {stem} {place}"
        case "reseparate":
            return f"Separate again, {backend(task.method).info.title} · {place}"
    return f"{method(task.method).info.title} · {stem} {place}"


def clock(seconds: float) -> str:
    """`seconds` as a person reads a place in a song: ``1:02.5``."""
    minutes, rest = divmod(round(max(seconds, 0.0), 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def _repair(task: Repair, selection: Selection, stems: Stems, mixture: Source, reporter: Reporter) -> Passages:
    others = {name: source for name, source in stems.items() if name != task.stem}
    context = Context(stems[task.stem], mixture, others)
    new = repair(stems[task.stem], selection, task.method, dict(task.values), context, reporter)
    return {task.stem: new} | (_receive(task.other, stems, {task.stem: new}) if task.other else {})


def _send(task: Repair, selection: Selection, stems: Stems, _mixture: Source, reporter: Reporter) -> Passages:
    old = stems[task.stem]
    new = _replaced(old, _silence(old), selection, reporter)
    return {task.stem: new} | _receive(task.other, stems, {task.stem: new})


def _split(task: Repair, selection: Selection, stems: Stems, mixture: Source, reporter: Reporter) -> Passages:
    if task.other == MIXTURE:
        raise BadInput("“Mixture” is the name of the song itself.", "Choose another name.")
    if task.other in stems:
        raise BadInput(f"There is a stem “{stem_kind(task.other).title}” already.", "Choose another name.")
    return _send(task, selection, {**stems, task.other: _silence(stems[task.stem])}, mixture, reporter)


def _swap(task: Repair, selection: Selection, stems: Stems, _mixture: Source, reporter: Reporter) -> Passages:
    new = _replaced(stems[task.stem], stems[task.other], selection, reporter)
    return {task.stem: new} | _receive(task.other, stems, {task.stem: new})


def _reseparate(task: Repair, selection: Selection, stems: Stems, mixture: Source, reporter: Reporter) -> Passages:
    first, last = selected_frames(mixture, selection)
    common = [name for name in backend(task.method).info.stems if name in stems and name != RESIDUAL]
    if not common or RESIDUAL not in stems:
        made = ", ".join(stem_kind(name).title.lower() for name in backend(task.method).info.stems)
        raise BadInput(f"This method makes {made}, and the song has other stems.", "Choose another method.")
    margin = round(_CONTEXT_S * mixture.sample_rate)
    first, last = max(0, first - margin), min(mixture.frames, last + margin)
    part = reporter.part(0, 0.95)
    made_again = separated_passage(Excerpt(mixture, first, last), task.method, dict(task.values), part)
    new = {
        name: _replaced(
            stems[name], overlaid(_silence(stems[name]), (first, made_again[name])), selection, reporter.part(0.95, 1)
        )
        for name in common
    }
    return new | _receive(RESIDUAL, stems, new)


def _replaced(old: Source, new: Source, selection: Selection, reporter: Reporter) -> Repaired:
    """`old` with what `new` has in the selection."""
    return repair(old, selection, "borrow", {"source": "new"}, Context(old, None, {"new": new}), reporter)


def _receive(name: str, stems: Stems, new: Passages) -> Passages:
    """Give the stem `name` what the stems in `new` lost, so that the sum stays what it was."""
    passages = iter(new.items())
    first, passage = next(passages)
    start, frames = passage.start, passage.samples.shape[1]
    gained = stems[first].read(start, frames) - passage.samples
    for other, each in passages:
        gained += stems[other].read(start, frames) - each.samples
    # What did not change must not change: x + 0 is x, but -0.0 + 0.0 is not -0.0.
    old = stems[name].read(start, frames)
    return {name: Repaired(start, np.where(gained == 0, old, old + gained))}


def _silence(like: Source) -> Silence:
    return Silence(like.sample_rate, like.channels, like.frames)


_Action = Callable[[Repair, Selection, Stems, Source, Reporter], Passages]
_ACTIONS: dict[str, _Action] = {
    REPAIR: _repair,
    SEND: _send,
    SWAP: _swap,
    SPLIT: _split,
    RESEPARATE: _reseparate,
}
