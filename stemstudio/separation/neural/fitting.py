"""Tensors of a file into a network, after everything about them has been compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from stemstudio.core.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor, nn

    Network = TypeVar("Network", bound=nn.Module)

_COUNTER = "num_batches_tracked"  # of batch normalisation; means nothing once trained


def fitted(make: Callable[[], Network], tensors: Mapping[str, Tensor], name: str) -> Network:
    """Return the network that `make` makes, with `tensors` in it in 32 bits, ready for use.

    It is made without memory first, so that a file cannot ask for a network that is larger than itself.

    Raises
    ------
    BadInput
        If a tensor is missing, unknown, of another shape or kind, or holds what is no number.
    """
    import torch

    tensors = {key: value for key, value in tensors.items() if not key.endswith(_COUNTER)}
    try:
        with torch.device("meta"):
            network = make()
    except (RuntimeError, ValueError, TypeError, ZeroDivisionError) as error:
        raise BadInput(f"{name} describes a network that cannot be.", "Take another model.") from error
    wanted = {key: value for key, value in network.state_dict().items() if not key.endswith(_COUNTER)}
    if wanted.keys() != tensors.keys():
        odd = sorted(wanted.keys() ^ tensors.keys())
        raise BadInput(
            f"{name} does not fit its network ({odd[0]} and {len(odd) - 1} more are missing or unknown).",
            "Take another model.",
        )
    for key, value in tensors.items():
        if value.shape != wanted[key].shape or not value.dtype.is_floating_point:
            raise BadInput(f"{name} does not fit its network (the shape of {key}).", "Take another model.")
        if not torch.isfinite(value).all():
            raise BadInput(f"{name} holds values that are not numbers.", "Get the file again.")
    state = {key: value.to(torch.float32, copy=True).contiguous() for key, value in tensors.items()}
    network.load_state_dict(state, strict=False, assign=True)
    for module in network.modules():
        for key, buffer in module.named_buffers(recurse=False):
            if buffer.is_meta:  # only the counters are left
                module.register_buffer(key, torch.zeros((), dtype=buffer.dtype))
    return network.eval().requires_grad_(False)
