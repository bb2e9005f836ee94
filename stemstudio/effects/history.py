"""The end of what has passed by, kept for the block that follows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class History:
    """The last `frames` columns of a stream, silence at first.

    Filters of finite length, look-ahead and plain delays are functions of the block with its history in front, so they
    hold no other state and come out the same however the stream is cut into blocks.
    """

    def __init__(self, frames: int, rows: int | None = None, dtype: DTypeLike = np.float32) -> None:
        self.frames = frames
        self._shape = (frames,) if rows is None else (rows, frames)
        self._kept: NDArray[Any] = np.zeros(self._shape, dtype)

    def joined(self, block: NDArray[Any]) -> NDArray[Any]:
        """Return the history followed by `block` (.., n), length `frames` + n, and remember the end of it."""
        both = np.concatenate([self._kept, block.astype(self._kept.dtype, copy=False)], axis=-1)
        self._kept = both[..., both.shape[-1] - self.frames :].copy()
        return both

    def delayed(self, block: NDArray[Any]) -> NDArray[Any]:
        """Return `block` late by `frames`."""
        return np.ascontiguousarray(self.joined(block)[..., : block.shape[-1]])

    def reset(self) -> None:
        """Forget all."""
        self._kept = np.zeros_like(self._kept)
