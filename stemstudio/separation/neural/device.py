"""Where a network runs and in which precision."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, cast

from stemstudio.core.errors import NotReady
from stemstudio.core.params import ParamSpec

if TYPE_CHECKING:
    import torch

DEVICE = ParamSpec(
    "device",
    "choice",
    "auto",
    "Device",
    "A graphics card is many times quicker than the processor, if its memory suffices.",
    choices=(("auto", "Best"), ("cpu", "Processor"), ("cuda", "NVIDIA or AMD card"), ("mps", "Apple card")),
    group="Advanced",
)
PRECISION = ParamSpec(
    "precision",
    "choice",
    "auto",
    "Precision",
    "Half takes less time where the processor knows it, and is off by less than a hundredth.",
    choices=(("auto", "What is quicker"), ("full", "Full (32 bits)"), ("half", "Half (16 bits)")),
    group="Advanced",
)


def pick_device(wanted: str) -> torch.device:
    """The device called `wanted`, or the best there is for ``auto``.

    Raises
    ------
    NotReady
        If this machine has none of that kind.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, is_there in there.items() if is_there))
    if not there[wanted]:
        raise NotReady(f"This machine has no device {wanted} that PyTorch can use.", "Choose the processor (cpu).")
    return torch.device(wanted)


def in_precision(wanted: str, device: torch.device) -> AbstractContextManager[None]:
    """A block in which products of matrices and convolutions run in the precision `wanted`."""
    import torch

    if wanted == "full" or (wanted == "auto" and not (device.type == "cpu" and bf16_pays())):
        return nullcontext()
    kind = torch.float16 if device.type == "cuda" else torch.bfloat16
    return cast("AbstractContextManager[None]", torch.autocast(device.type, kind))


@cache
def bf16_pays() -> bool:
    """Whether this processor multiplies 16-bit numbers much quicker than 32-bit ones: measured once, in 50 ms or so."""
    import torch

    seconds = {}
    for kind in (torch.float32, torch.bfloat16):
        matrix = torch.ones(512, 512, dtype=kind)
        matrix @ matrix
        runs = []
        for _ in range(5):
            started = time.perf_counter()
            matrix @ matrix
            runs.append(time.perf_counter() - started)
        seconds[kind] = min(runs)
    return seconds[torch.bfloat16] < 0.7 * seconds[torch.float32]
