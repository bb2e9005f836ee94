"""Every repair method by its id; a method is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from stemstudio.core.errors import BadInput
from stemstudio.repair.method import MethodInfo, RepairMethod

_METHODS = {
    "attenuate": "stemstudio.repair.methods.attenuate:Attenuate",
    "borrow": "stemstudio.repair.methods.borrow:Borrow",
    "declick": "stemstudio.repair.methods.declick:Declick",
    "declip": "stemstudio.repair.methods.declip:Declip",
    "dehum": "stemstudio.repair.methods.dehum:Dehum",
    "erase": "stemstudio.repair.methods.erase:Erase",
    "gain": "stemstudio.repair.methods.gain:Gain",
    "heal": "stemstudio.repair.methods.heal:Heal",
    "inpaint": "stemstudio.repair.methods.inpaint:Inpaint",
    "interpolate": "stemstudio.repair.methods.interpolate:Interpolate",
    "partials": "stemstudio.repair.methods.partials:Partials",
    "pattern": "stemstudio.repair.methods.pattern:Pattern",
}


def method_ids() -> tuple[str, ...]:
    """Ids of all methods, sorted."""
    return tuple(_METHODS)


def method(method_id: str) -> RepairMethod:
    """Return the method called `method_id`; `BadInput` that names the known ones if there is none."""
    if method_id not in _METHODS:
        known = ", ".join(_METHODS)
        raise BadInput(f"There is no repair method {method_id!r}.", f"The methods are: {known}.")
    module, name = _METHODS[method_id].split(":")
    return cast("RepairMethod", getattr(import_module(module), name)())


def infos() -> tuple[MethodInfo, ...]:
    """What a person is told of each method, in the order of `method_ids`."""
    return tuple(method(method_id).info for method_id in _METHODS)
