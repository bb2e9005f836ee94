"""Every separation method by its id; a method is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from stemstudio.core.errors import BadInput
from stemstudio.separation.backend import Backend, BackendInfo, Ready

_BACKENDS = {
    "center": "stemstudio.separation.classic.center:Center",
    "classic-4": "stemstudio.separation.classic.recipe:ClassicFour",
    "hdemucs": "stemstudio.separation.neural.demucs:HDemucs",
    "hpss": "stemstudio.separation.classic.hpss:Hpss",
    "htdemucs": "stemstudio.separation.neural.demucs:HTDemucs",
    "htdemucs-6s": "stemstudio.separation.neural.demucs:HTDemucsSix",
    "openunmix": "stemstudio.separation.neural.unmix:OpenUnmixSeparator",
    "repet-sim": "stemstudio.separation.classic.repet_sim:RepetSim",
    "roformer": "stemstudio.separation.neural.vocal_roformer:VocalRoFormer",
    "stemstudio-small": "stemstudio.separation.neural.small:SmallSeparator",
}
_BEST_FIRST = ("htdemucs", "hdemucs", "openunmix", "stemstudio-small", "classic-4")
"""Defaults in order of quality; the first that is ready is taken. The last one needs no model."""


def backend_ids() -> tuple[str, ...]:
    """Ids of all methods, sorted."""
    return tuple(_BACKENDS)


def backend(backend_id: str) -> Backend:
    """Return the method called `backend_id`; `BadInput` that names the known ones if there is none."""
    if backend_id not in _BACKENDS:
        known = ", ".join(_BACKENDS)
        raise BadInput(f"There is no separation method {backend_id!r}.", f"The methods are: {known}.")
    module, name = _BACKENDS[backend_id].split(":")
    return cast("Backend", getattr(import_module(module), name)())


def infos() -> tuple[BackendInfo, ...]:
    """What a person is told of each method, in the order of `backend_ids`."""
    return tuple(backend(backend_id).info for backend_id in _BACKENDS)


def default_backend() -> str:
    """Id of the best method that is ready on this machine."""
    ready = (best for best in _BEST_FIRST if isinstance(backend(best).availability(), Ready))
    return next(ready)
