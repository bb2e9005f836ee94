"""The steady beats of a song."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tempo:
    """Steady beats: `bpm` of them in a minute, the first beat of the first bar at `first_beat_s`."""

    bpm: float
    first_beat_s: float = 0.0
    beats_per_bar: int = 4

    def beats_at(self, frame: float, sample_rate: int) -> float:
        """Beats from the first one to a sample frame."""
        return (frame / sample_rate - self.first_beat_s) * self.bpm / 60
