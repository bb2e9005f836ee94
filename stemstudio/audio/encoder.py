"""What every encoder is given and what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stemstudio.audio.tags import NO_TAGS, Tags

Interleaved = NDArray[np.float32] | NDArray[np.int32]
"""Samples of shape (frames, channels): float32, or int32 with full scale at 2**31."""

LAYOUTS = {
    1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1", 10: "5.1.4", 12: "7.1.4",
}  # fmt: skip
"""Names of the loudspeaker layouts of so many channels, in WAV order."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """The sound that an encoder will be given.

    Parameters
    ----------
    sample_rate, channels : int
        Channels in WAV order.
    bits : {16, 24, 32}
        Width of integers, which is also that of what is written; 32 is floating point.
    kbps : int
        Bit rate of a lossy stream, for all channels.
    frames : int, optional
        Length, where it is known beforehand.
    tags : Tags
        For containers that take them with the sound.
    """

    sample_rate: int
    channels: int
    bits: int = 32
    kbps: int = 0
    frames: int | None = None
    tags: Tags = NO_TAGS


class Encoder(Protocol):
    """Turns samples into a file."""

    def write(self, interleaved: Interleaved) -> None:
        """Append samples; `OSError` if the disk cannot take them."""
        ...

    def close(self, frames: int) -> None:
        """Complete the file, which has so many frames."""
        ...

    def discard(self) -> None:
        """Let go of the file, unfinished."""
        ...
