"""Named moments and regions of the selected song."""

from __future__ import annotations

from dataclasses import replace

from stemstudio.project.document import Marker, Project
from stemstudio.ui.studio import Studio


def markers(studio: Studio) -> tuple[Marker, ...]:
    """Markers and regions of the selected song in the order of time."""
    if studio.session is None or studio.track is None:
        return ()
    here = (marker for marker in studio.session.project.markers if marker.track_id == studio.track.id)
    return tuple(sorted(here, key=lambda marker: (marker.frame, marker.frames, marker.name)))


def add_marker(studio: Studio, frame: int, frames: int = 0, name: str = "") -> None:
    """Mark a moment, or a region if `frames` is not 0; without a name it gets the next number."""
    track = studio.track
    if track is None:
        return
    kind = "Region" if frames else "Marker"
    number = sum(bool(marker.frames) == bool(frames) for marker in markers(studio)) + 1
    marker = Marker(track.id, frame, name.strip() or f"{kind} {number}", frames)
    studio.edit(f"{kind} “{marker.name}”", lambda project: _with(project, (*project.markers, marker)))


def rename_marker(studio: Studio, marker: Marker, name: str) -> None:
    """Give a marker another name; an empty one changes nothing."""
    if name.strip():
        _replace(studio, f"Rename “{marker.name}”", marker, replace(marker, name=name.strip()))


def move_marker(studio: Studio, marker: Marker, frame: int, frames: int | None = None) -> None:
    """Move a marker, or the start and length of a region."""
    moved = replace(marker, frame=max(frame, 0), frames=marker.frames if frames is None else frames)
    _replace(studio, f"Move “{marker.name}”", marker, moved)


def remove_marker(studio: Studio, marker: Marker) -> None:
    """Take a marker away."""

    def without(project: Project) -> Project:
        return _with(project, tuple(each for each in project.markers if each != marker))

    studio.edit(f"Remove “{marker.name}”", without)


def _replace(studio: Studio, label: str, old: Marker, new: Marker) -> None:
    studio.edit(label, lambda project: _with(project, tuple(new if each == old else each for each in project.markers)))


def _with(project: Project, changed: tuple[Marker, ...]) -> Project:
    return replace(project, markers=changed)
