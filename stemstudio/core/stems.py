"""What stems are called and how they are told apart, the same everywhere.

A stem's name is a short lower-case word that file names, the command line and models share. Its colour is the
same in lanes, buttons, chips and charts, and chosen to be told apart by colour-blind people
(Okabe & Ito, 2008, for the most).
"""

from __future__ import annotations

from dataclasses import dataclass

RESIDUAL = "residual"
"""What no other stem took: mixture minus the sum of the other stems."""


@dataclass(frozen=True, slots=True)
class StemKind:
    """A kind of stem: its name, its title for people, and its colour as ``#RRGGBB``."""

    name: str
    title: str
    colour: str


_KINDS = {
    kind.name: kind
    for kind in (
        StemKind("vocals", "Vocals", "#E69F00"),
        StemKind("drums", "Drums", "#56B4E9"),
        StemKind("bass", "Bass", "#CC79A7"),
        StemKind("other", "Other", "#2BB673"),
        StemKind("guitar", "Guitar", "#D55E00"),
        StemKind("piano", "Piano", "#F0E442"),
        StemKind("accompaniment", "Accompaniment", "#2BB673"),
        StemKind("harmonic", "Harmonic", "#2BB673"),
        StemKind("percussive", "Percussive", "#56B4E9"),
        StemKind("center", "Centre", "#E69F00"),
        StemKind("sides", "Sides", "#2BB673"),
        StemKind("song", "Mended song", "#98A1B2"),
        StemKind(RESIDUAL, "Residual", "#8A8F99"),
    )
}
_UNKNOWN_COLOURS = ("#0072B2", "#B5A642", "#A06CD5", "#5FA8A3")


def stem_kind(name: str) -> StemKind:
    """Kind of the stem called `name`; an unknown name gets a title and one of four colours of its own."""
    known = _KINDS.get(name)
    if known is not None:
        return known
    colour = _UNKNOWN_COLOURS[sum(name.encode()) % len(_UNKNOWN_COLOURS)]
    return StemKind(name, name.replace("_", " ").replace("-", " ").capitalize(), colour)
