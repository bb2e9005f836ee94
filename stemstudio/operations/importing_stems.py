"""The stems that come in one file with their mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.decode import Decoder
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.core.stems import RESIDUAL
from stemstudio.exporting.container_titles import stem_titles
from stemstudio.exporting.containers import EMPTY
from stemstudio.project.document import ClipRef

_BLOCK_FRAMES = 1 << 16


def decode_stems(path: Path, mixture: ClipRef, clips: ClipStore, reporter: Reporter) -> tuple[tuple[str, ClipRef], ...]:
    """Decode the stems that the file at `path` holds beside its mix, which is `mixture`, into new clips.

    The last one is the residual: what the other stems lack to add up to the mix, be it that the file is lossy.

    Returns
    -------
    tuple of (name, ClipRef)
        Of the shape of `mixture`; none if the file has no stems.

    Raises
    ------
    UserError
        If a stem cannot be decoded or is of another rate or channel count than the mix.
    """
    streams = [(index, title) for index, title in enumerate(stem_titles(path), 1) if title != EMPTY.title]
    streams = [(index, title) for index, title in streams if title.casefold() != RESIDUAL]
    if not streams:
        return ()
    stems: dict[str, ClipRef] = {}
    for count, (index, title) in enumerate(streams):
        part = reporter.part(count / len(streams), (count + 1) / len(streams))
        stems[_name(title, stems)] = _decode(path, index, mixture, clips, part)
    rest = _Rest(clips.open(mixture.id), [clips.open(clip.id) for clip in stems.values()])
    with clips.create(mixture.channels, mixture.frames, mixture.sample_rate) as writer:
        for start, block in blocks(rest, _BLOCK_FRAMES):
            writer.write(start, block)
        return (*stems.items(), (RESIDUAL, _like(mixture, writer.finish())))


def _decode(path: Path, stream: int, mixture: ClipRef, clips: ClipStore, reporter: Reporter) -> ClipRef:
    reporter.update(0.0, "Reading stems")
    with Decoder(path, stream) as decoder:
        if (decoder.channels, decoder.sample_rate) != (mixture.channels, mixture.sample_rate):
            raise BadInput(f"The stems in {path.name} are of another kind than its mix.", "Get the file again.")
        start = 0
        with clips.create(mixture.channels, mixture.frames, mixture.sample_rate) as writer:
            for block in decoder:
                writer.write(start, block[:, : max(mixture.frames - start, 0)])
                start += block.shape[1]
                reporter.update(start / max(mixture.frames, start))
            if start < mixture.frames:
                writer.write(start, np.zeros((mixture.channels, mixture.frames - start), np.float32))
            return _like(mixture, writer.finish())


def _like(mixture: ClipRef, clip_id: str) -> ClipRef:
    return ClipRef(clip_id, mixture.channels, mixture.frames, mixture.sample_rate)


def _name(title: str, taken: dict[str, ClipRef]) -> str:
    name = plain = title.strip().casefold() or "stem"
    number = 2
    while name in taken:
        name, number = f"{plain} {number}", number + 1
    return name


class _Rest:
    """What is left of a source without others of its shape."""

    def __init__(self, whole: Source, parts: list[Source]) -> None:
        self._whole, self._parts = whole, parts
        self.sample_rate, self.channels, self.frames = whole.sample_rate, whole.channels, whole.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        rest = self._whole.read(start, frames).astype(np.float64)
        for part in self._parts:
            rest -= part.read(start, frames)
        return np.asarray(rest, np.float32)
