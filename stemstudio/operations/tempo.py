"""The tempo of a track: estimated, or set by a person."""

from __future__ import annotations

from dataclasses import replace

from stemstudio.audio.clips import ClipStore
from stemstudio.core.tempo import Tempo
from stemstudio.jobs.job import Job, Lane
from stemstudio.operations.graph import clip_source
from stemstudio.project.document import Project, Track, with_track
from stemstudio.spectral.beats import estimate_tempo


def tempo_job(track: Track, clips: ClipStore, beats_per_bar: int) -> Job[Tempo | None]:
    """Estimate the tempo of the song; None where it has no beat."""
    source = clip_source(track.mixture, clips)
    return Job(
        f"Listening for the beat of “{track.title}”",
        Lane.CPU,
        lambda reporter: estimate_tempo(source, reporter, beats_per_bar),
    )


def with_tempo(project: Project, track_id: str, tempo: Tempo | None) -> Project:
    """`project` with another tempo of a track."""
    return with_track(project, replace(project.track(track_id), tempo=tempo))
