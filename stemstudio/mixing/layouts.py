"""Where the loudspeakers of a room stand, and in which order a file holds them.

Positions are those of Recommendation ITU-R BS.2051-3 (systems B, I and J): azimuth in degrees from the front, positive
to the left; elevation in degrees above the ears. The order is that of the bits of a WAVE file's channel mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from stemstudio.core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Loudspeaker:
    """One loudspeaker: short name, direction, bit in a channel mask; `low_frequency` for the subwoofer's channel."""

    name: str
    azimuth_deg: float
    elevation_deg: float
    mask_bit: int
    low_frequency: bool = False

    @property
    def is_front(self) -> bool:
        """Whether it is one of the pair that plays stereo, or the centre."""
        return self.name in ("FL", "FR", "FC")

    @property
    def is_surround(self) -> bool:
        """Whether it stands beside, behind or above, where only the sound of the room is expected."""
        return not (self.is_front or self.low_frequency)


@dataclass(frozen=True)
class Layout:
    """Loudspeakers in the order of a WAVE file."""

    id: str
    title: str
    loudspeakers: tuple[Loudspeaker, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Short names, in order."""
        return tuple(each.name for each in self.loudspeakers)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return len(self.loudspeakers)

    @property
    def mask(self) -> int:
        """Channel mask of a WAVE file."""
        return sum(1 << each.mask_bit for each in self.loudspeakers)

    @property
    def has_height(self) -> bool:
        """Whether any loudspeaker hangs above the ears."""
        return any(each.elevation_deg > 0 for each in self.loudspeakers)

    def index(self, name: str) -> int:
        """Return the channel of the loudspeaker called `name`."""
        return self.names.index(name)

    def layer(self, *, upper: bool) -> tuple[int, ...]:
        """Return the channels at the height of the ears, or those above; never the low-frequency one."""
        return tuple(
            channel
            for channel, each in enumerate(self.loudspeakers)
            if not each.low_frequency and (each.elevation_deg > 0) == upper
        )

    @cached_property
    def surrounds(self) -> tuple[int, ...]:
        """Channels that carry the sound of the room."""
        return tuple(channel for channel, each in enumerate(self.loudspeakers) if each.is_surround)


_FRONT = (
    Loudspeaker("FL", 30, 0, 0),
    Loudspeaker("FR", -30, 0, 1),
    Loudspeaker("FC", 0, 0, 2),
    Loudspeaker("LFE", 0, 0, 3, low_frequency=True),
)
_BED_7 = (
    *_FRONT,
    Loudspeaker("BL", 135, 0, 4),
    Loudspeaker("BR", -135, 0, 5),
    Loudspeaker("SL", 90, 0, 9),
    Loudspeaker("SR", -90, 0, 10),
)
_ABOVE = (
    Loudspeaker("TFL", 45, 45, 12),
    Loudspeaker("TFR", -45, 45, 14),
    Loudspeaker("TBL", 135, 45, 15),
    Loudspeaker("TBR", -135, 45, 17),
)

LAYOUTS: dict[str, Layout] = {
    each.id: each
    for each in (
        Layout("5.1", "5.1", (*_FRONT, Loudspeaker("BL", 110, 0, 4), Loudspeaker("BR", -110, 0, 5))),
        Layout("7.1", "7.1", _BED_7),
        Layout("7.1.4", "7.1.4", (*_BED_7, *_ABOVE)),
    )
}
BINAURAL = "binaural"
"""Name of the layout of two ears: 7.1.4 heard by a model of a head (`binaural.BinauralSource`)."""

LAYOUT_TITLES: dict[str, str] = {**{each.id: each.title for each in LAYOUTS.values()}, BINAURAL: "Binaural"}
"""Every layout that can be chosen, by its id."""


def layout(name: str) -> Layout:
    """Return the loudspeakers of the layout `name`; those of 7.1.4 for binaural. `BadInput` names the known ones."""
    if name == BINAURAL:
        return LAYOUTS["7.1.4"]
    if name not in LAYOUTS:
        raise BadInput(f"There is no layout {name!r}.", f"Choose one of: {', '.join(LAYOUT_TITLES)}.")
    return LAYOUTS[name]
