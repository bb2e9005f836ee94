"""A chain of effects as data: what the document holds, and its form as TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stemstudio.core.errors import BadInput, UserError
from stemstudio.core.params import ParamValue, resolve
from stemstudio.effects.registry import effect


@dataclass(frozen=True, slots=True)
class ChainSlot:
    """One effect of a chain.

    Parameters
    ----------
    effect : str
        Its id.
    values : tuple of (str, ParamValue)
        What differs from the defaults, by name, in the order of the names.
    bypass : bool
        Passed by, as if it were not there.
    sidechain : str
        Name of the stem that controls it; empty for none.
    """

    effect: str
    values: tuple[tuple[str, ParamValue], ...] = ()
    bypass: bool = False
    sidechain: str = ""

    @classmethod
    def of(
        cls,
        effect_id: str,
        values: Mapping[str, ParamValue] | None = None,
        *,
        bypass: bool = False,
        sidechain: str = "",
    ) -> ChainSlot:
        """Make a checked slot: values are brought to their types, those that equal the default are left out.

        Raises
        ------
        BadInput
            If there is no such effect or parameter, or a value does not fit.
        """
        specs = effect(effect_id).info.params
        defaults = {spec.name: spec.default for spec in specs}
        checked = resolve(specs, values or {})
        kept = sorted((name, value) for name, value in checked.items() if value != defaults[name])
        return cls(effect_id, tuple(kept), bypass, sidechain)

    def resolved(self) -> dict[str, ParamValue]:
        """Return a value for every parameter; `BadInput` as in `of`."""
        return resolve(effect(self.effect).info.params, dict(self.values))


Chain = tuple[ChainSlot, ...]


def to_toml(chain: Chain) -> str:
    """Write `chain` as TOML: a table ``[[slot]]`` for each effect, its values in ``[slot.values]``."""
    lines: list[str] = []
    for slot in chain:
        lines += ["[[slot]]", f"effect = {_word(slot.effect)}"]
        if slot.bypass:
            lines.append("bypass = true")
        if slot.sidechain:
            lines.append(f"sidechain = {_word(slot.sidechain)}")
        if slot.values:
            lines += ["[slot.values]", *(f"{name} = {_word(value)}" for name, value in slot.values)]
        lines.append("")
    return "\n".join(lines)


def from_toml(text: str) -> Chain:
    """Read what `to_toml` writes; `BadInput` where it is no chain, names no effect of ours, or a value does not fit."""
    return tuple(read_slot(table) for table in slot_tables(text))


def slot_tables(text: str) -> list[dict[str, Any]]:
    """Return the ``[[slot]]`` tables of a chain's or a preset's `text`."""
    try:
        slots = tomllib.loads(text).get("slot", [])
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The chain is not TOML: {error}.", "Mend it, or make it anew.") from error
    if not isinstance(slots, list) or not all(isinstance(slot, dict) for slot in slots):
        raise BadInput("The chain's slots are no list of tables.", "Begin each effect with [[slot]].")
    return slots


def read_slot(table: Mapping[str, Any]) -> ChainSlot:
    """Make a slot of its table."""
    unknown = set(table) - {"effect", "values", "bypass", "sidechain", "fit"}
    if unknown or not isinstance(table.get("effect"), str):
        what = f"the key {min(unknown)!r}" if unknown else "no effect"
        raise BadInput(f"A slot of the chain has {what}.", "A slot has effect, values, bypass and sidechain.")
    values = table.get("values", {})
    simple = isinstance(values, dict) and all(isinstance(value, float | int | bool | str) for value in values.values())
    if not simple or not isinstance(table.get("sidechain", ""), str):
        raise BadInput(f"The values of {table['effect']!r} are no table.", "Write name = value, one a line.")
    try:
        return ChainSlot.of(
            table["effect"], values, bypass=bool(table.get("bypass", False)), sidechain=table.get("sidechain", "")
        )
    except UserError as error:
        raise BadInput(f"{table['effect']}: {error.what}", error.todo) from error


def _word(value: ParamValue) -> str:
    # Strings, numbers and booleans are written alike in JSON and TOML.
    return json.dumps(value, ensure_ascii=False)
