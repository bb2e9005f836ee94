"""Where a stem stands in a room of loudspeakers, and where it starts: by its kind and by its own panning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemstudio.core.source import Source
from stemstudio.mixing.pan import SILENT_DB

STAGE_DEG = 60.0
"""Angle between the two loudspeakers of stereo: a stem as wide as this, in front, stands as it does in stereo."""

_EXCERPTS, _EXCERPT_FRAMES = 24, 8192
_CENTRED = 0.1


@dataclass(frozen=True, slots=True)
class Placement:
    """A stem's place in the room.

    Parameters
    ----------
    azimuth_deg : float
        Direction of its middle, -180 to 180, positive to the left, 0 in front.
    width_deg : float
        Angle between its left and its right channel, 0 to 360.
    elevation_deg : float
        0 at the height of the ears, 45 at the upper loudspeakers, 90 overhead.
    ambience : float
        Amplitude of its decorrelated copy in the loudspeakers around the listener, 0 to 1.
    lfe_db : float
        Level sent to the low-frequency channel; nothing at `SILENT_DB`.
    divergence : float
        Share of what the centre loudspeaker would carry that its two neighbours take over, 0 to 1.
    """

    azimuth_deg: float = 0.0
    width_deg: float = STAGE_DEG
    elevation_deg: float = 0.0
    ambience: float = 0.0
    lfe_db: float = SILENT_DB
    divergence: float = 0.0


LIMITS: dict[str, tuple[float, float]] = {
    "azimuth_deg": (-180.0, 180.0),
    "width_deg": (0.0, 360.0),
    "elevation_deg": (0.0, 90.0),
    "ambience": (0.0, 1.0),
    "lfe_db": (SILENT_DB, 12.0),
    "divergence": (0.0, 1.0),
}
"""Inclusive range of each field of a `Placement`."""


@dataclass(frozen=True, slots=True)
class Panning:
    """How a stereo stem stands in its mix: `side` from -1 (right) to 1 (left), `width` from 0 (mono) to 1 (unlike)."""

    side: float = 0.0
    width: float = 0.5


def measured_panning(source: Source) -> Panning:
    """Measure a stem at moments spread over all of it.

    `side` is the difference of the channels' RMS by its sum, which the law of tangents turns into a direction; `width`
    is one minus their correlation. A mono or silent stem is in the middle; mono is not wide.
    """
    left = right = both = 0.0
    step = max(source.frames // _EXCERPTS, _EXCERPT_FRAMES)
    for start in range(0, source.frames, step):
        block = source.read(start, min(_EXCERPT_FRAMES, source.frames - start)).astype(np.float64)
        if block.shape[0] != 2:
            return Panning(width=0.0 if block.shape[0] == 1 else 1.0)
        left, right = left + float(block[0] @ block[0]), right + float(block[1] @ block[1])
        both += float(block[0] @ block[1])
    if left + right <= 0.0:
        return Panning()
    amplitudes = left**0.5, right**0.5
    side = (amplitudes[0] - amplitudes[1]) / (amplitudes[0] + amplitudes[1])
    correlation = both / (amplitudes[0] * amplitudes[1]) if left and right else 1.0
    return Panning(side, min(max(1.0 - correlation, 0.0), 1.0))


@dataclass(frozen=True, slots=True)
class _Custom:
    """What is customary for a kind of stem: widths when it is mono and when it is as wide as can be, and the rest."""

    narrow_deg: float
    wide_deg: float
    ambience: float
    lfe_db: float = SILENT_DB
    divergence: float = 0.0


_ANY = _Custom(60, 80, 0.4)
_CUSTOMS = {
    "vocals": _Custom(20, 60, 0.3, divergence=0.3),
    "center": _Custom(10, 40, 0.2, lfe_db=-6.0, divergence=0.3),
    "bass": _Custom(20, 60, 0.0, lfe_db=-6.0, divergence=0.5),
    "drums": _Custom(60, 60, 0.25, lfe_db=-9.0),
    "percussive": _Custom(60, 60, 0.25, lfe_db=-9.0),
    "residual": _Custom(60, 60, 0.1),
    "sides": _Custom(60, 80, 0.4, lfe_db=-12.0),
    "ambience": _Custom(60, 100, 0.9),
}


def default_placement(kind: str, panning: Panning | None = None) -> Placement:
    """Place a stem of the kind `kind` (its name) that has this `panning` in the mix.

    A stem that stands aside in stereo stays between the loudspeakers it was heard from: its middle moves aside and its
    width shrinks, so that neither channel leaves the stereo stage on account of it.
    """
    panning = panning or Panning()
    custom = _CUSTOMS.get(kind, _ANY)
    side = panning.side if abs(panning.side) > _CENTRED else 0.0
    width = custom.narrow_deg + (custom.wide_deg - custom.narrow_deg) * panning.width
    return Placement(
        azimuth_deg=round(side * STAGE_DEG / 2, 1),
        width_deg=round(width * (1.0 - abs(side)), 1),
        ambience=custom.ambience,
        lfe_db=custom.lfe_db,
        divergence=custom.divergence,
    )
