"""The one way that numerical loops are compiled; importing this module imports numba, which takes a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile `function` at its first call, keep the result on disk for the next start, and run it without the lock.

    Nothing is made parallel inside: numba's own threads may not be entered from two of ours at once. Sums are not
    reordered: a sample comes out the same wherever the borders of the blocks are.
    """
    return cast("Callable[P, T]", numba.njit(cache=True, nogil=True)(function))
