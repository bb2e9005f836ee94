"""Which part of a song and of its spectrum is on the screen, as a value. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

LEAST_SECONDS = 0.05
LEAST_BAND = 0.02


@dataclass(frozen=True, slots=True)
class Viewport:
    """A range of sample frames and a band of places on a frequency axis.

    Parameters
    ----------
    sample_rate, frames : int
        Of the sound.
    start, span : float
        First frame shown and number of frames shown; always inside the sound.
    bottom, top : float
        Places on the frequency axis, 0 to 1.
    """

    sample_rate: int
    frames: int
    start: float = 0.0
    span: float = 1.0
    bottom: float = 0.0
    top: float = 1.0

    @classmethod
    def whole(cls, sample_rate: int, frames: int) -> Viewport:
        """All of a sound."""
        return cls(sample_rate, frames, 0.0, float(max(frames, 1)))

    @property
    def end(self) -> float:
        """The frame after the last one shown."""
        return self.start + self.span

    @property
    def shows_whole_song(self) -> bool:
        """Whether no part of the sound lies outside."""
        return self.start <= 0 and self.end >= self.frames

    def frame(self, x: float) -> float:
        """Sample frame at `x`, 0 (left edge) to 1 (right edge)."""
        return self.start + x * self.span

    def x(self, frame: float) -> float:
        """Inverse of `frame`."""
        return (frame - self.start) / self.span

    def place(self, y: float) -> float:
        """Place on the frequency axis at `y`, 0 (top edge) to 1 (bottom edge)."""
        return self.top - y * (self.top - self.bottom)

    def y(self, place: float) -> float:
        """Inverse of `place`."""
        return (self.top - place) / (self.top - self.bottom)

    def over(self, start: float, span: float) -> Viewport:
        """Show other frames, kept inside the sound."""
        longest = float(max(self.frames, 1))
        span = min(max(span, LEAST_SECONDS * self.sample_rate), longest)
        return replace(self, start=min(max(start, 0.0), longest - span), span=span)

    def zoomed(self, factor: float, x: float) -> Viewport:
        """Show `factor` times fewer frames; what is at `x` stays there as far as the ends of the sound allow."""
        least, most = LEAST_SECONDS * self.sample_rate, float(max(self.frames, 1))
        span = min(max(self.span / factor, least), most) if least < most else most
        return self.over(self.frame(x) - x * span, span)

    def panned(self, share: float) -> Viewport:
        """Move on by `share` of the width."""
        return self.over(self.start + share * self.span, self.span)

    def in_band(self, bottom: float, top: float) -> Viewport:
        """Show the places `bottom` to `top`, kept on the axis."""
        band = min(max(top - bottom, LEAST_BAND), 1.0)
        bottom = min(max(bottom, 0.0), 1.0 - band)
        return replace(self, bottom=bottom, top=bottom + band)

    def zoomed_band(self, factor: float, y: float) -> Viewport:
        """Show a `factor` times narrower band; what is at `y` stays there as far as the axis allows."""
        band = min(max((self.top - self.bottom) / factor, LEAST_BAND), 1.0)
        top = self.place(y) + y * band
        return self.in_band(top - band, top)

    def panned_band(self, share: float) -> Viewport:
        """Move up by `share` of the height."""
        step = share * (self.top - self.bottom)
        return self.in_band(self.bottom + step, self.top + step)

    def of_length(self, frames: int) -> Viewport:
        """Fit a sound that has grown or shrunk; a view of the whole stays one of the whole."""
        resized = replace(self, frames=frames)
        if self.shows_whole_song:
            return replace(resized, start=0.0, span=float(max(frames, 1)))
        return resized.over(self.start, self.span)
