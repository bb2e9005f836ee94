"""Which analysis shows a sound best at a zoom."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stemstudio.spectral.transforms import FRAME_SIZES, Analysis
from stemstudio.ui.spectrogram.viewport import Viewport

STANDARD = 4096
_FRAME_PIXELS = 40
_LONGEST_S = 120.0
_FRAMED = frozenset({"stft", "reassigned"})


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person chose: one of `transforms.KINDS`, and a frame in samples at 44.1 kHz or 0 for what suits the zoom.

    `multi` and `cqt` choose their frames themselves.
    """

    kind: str = "stft"
    n_fft: int = 0

    @property
    def whole(self) -> Analysis:
        """The analysis that is kept for the whole sound."""
        return Analysis(self.kind, (self.n_fft or STANDARD) if self.kind in _FRAMED else STANDARD)

    def detail(self, viewport: Viewport, width: float) -> Analysis | None:
        """The analysis that suits what `viewport` shows on `width` pixels; None where the one of the whole does.

        A frame should cover some pixels, not half the screen, as one zooms into time; as one zooms into frequency it
        may be longer.
        """
        if self.n_fft or self.kind not in _FRAMED:
            return None
        seconds = viewport.span / viewport.sample_rate
        if seconds > _LONGEST_S:
            return None
        longest = STANDARD * min(max(0.5 / (viewport.top - viewport.bottom), 1.0), 4.0)
        wanted = min(_FRAME_PIXELS * seconds / max(width, 1.0) * 44100, longest)
        size = min(FRAME_SIZES, key=lambda size: abs(math.log2(size / wanted)))
        return None if size == STANDARD else Analysis(self.kind, size)
