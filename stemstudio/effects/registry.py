"""Every effect by its id, in the order in which a person is shown them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import cast

from stemstudio.core.errors import BadInput
from stemstudio.effects.effect import Effect, EffectInfo

_EFFECTS = {
    "eq": "stemstudio.effects.eq:Equalizer",
    "deesser": "stemstudio.effects.deesser:DeEsser",
    "gate": "stemstudio.effects.gate:Gate",
    "expander": "stemstudio.effects.expander:Expander",
    "compressor": "stemstudio.effects.compressor:Compressor",
    "fet": "stemstudio.effects.fet:FetCompressor",
    "limiter": "stemstudio.effects.limiter:Limiter",
    "saturation": "stemstudio.effects.saturation:Saturation",
    "plate": "stemstudio.effects.plate:Plate",
    "delay": "stemstudio.effects.delay:Delay",
    "chorus": "stemstudio.effects.chorus:Chorus",
    "phaser": "stemstudio.effects.phaser:Phaser",
    "widener": "stemstudio.effects.widener:Widener",
    "trim": "stemstudio.effects.trim:Trim",
}


def effect_ids() -> tuple[str, ...]:
    """Ids of all effects; plug-ins come on top (`hosted.plugin.installed_plugins`)."""
    return tuple(_EFFECTS)


@cache
def effect(effect_id: str) -> Effect:
    """Return the effect called `effect_id`, or the plug-in at the path behind ``plugin:``.

    Raises
    ------
    BadInput
        Naming the known ones if there is none of that name; if the plug-in cannot be opened.
    """
    if effect_id.startswith("plugin:"):
        from stemstudio.effects.hosted.plugin import HostedEffect

        return HostedEffect(effect_id)
    if effect_id not in _EFFECTS:
        known = ", ".join(_EFFECTS)
        raise BadInput(f"There is no effect {effect_id!r}.", f"The effects are: {known}.")
    module, name = _EFFECTS[effect_id].split(":")
    return cast("Effect", getattr(import_module(module), name)())


def infos() -> tuple[EffectInfo, ...]:
    """What a person is told of each effect, in the order of `effect_ids`."""
    return tuple(effect(effect_id).info for effect_id in _EFFECTS)


def info_of(effect_id: str) -> EffectInfo:
    """What a person is told of the effect of a slot; why it is not heard if it is not on this machine."""
    try:
        return effect(effect_id).info
    except BadInput as error:
        title = PurePath(effect_id.removeprefix("plugin:")).stem or effect_id
        return EffectInfo(effect_id, f"{title} (missing)", f"{error.what} {error.todo}", (), "")
