"""Chains that people expect, as TOML files that travel with the program."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.resources import resource
from stemstudio.core.source import Source
from stemstudio.effects.chain import Chain, ChainSlot, read_slot, slot_tables
from stemstudio.effects.registry import effect


@dataclass(frozen=True, slots=True)
class Preset:
    """A chain with a name.

    Parameters
    ----------
    id : str
        The file's name without its ending: ``vocal-stem``.
    title : str
        For people: ``Vocal stem``.
    summary : str
        One sentence: what it is for.
    chain : Chain
    fitted_slots : tuple of int
        Places in the chain whose thresholds are set by a measurement of the material (`chain_for`).
    """

    id: str
    title: str
    summary: str
    chain: Chain
    fitted_slots: tuple[int, ...] = ()

    def chain_for(self, source: Source) -> Chain:
        """Return the chain with its thresholds set for `source`; each measurement reads the sound once."""
        return tuple(
            fitted_slot(slot, source) if index in self.fitted_slots else slot for index, slot in enumerate(self.chain)
        )


def fitted_slot(slot: ChainSlot, source: Source) -> ChainSlot:
    """Return `slot` with what depends on the material (a gate's threshold) measured from `source`."""
    values = effect(slot.effect).fitted(slot.resolved(), source)
    return replace(slot, values=ChainSlot.of(slot.effect, values).values)


def presets() -> tuple[Preset, ...]:
    """Every preset that travels with the program, by title."""
    return _shipped(resource("presets"))


def preset(name: str) -> Preset:
    """Return the preset called `name`, its id or its title in any case; `BadInput` that names the known ones."""
    wanted = _simple(name)
    for each in presets():
        if wanted in {each.id, _simple(each.title)}:
            return each
    known = ", ".join(each.id for each in presets())
    raise BadInput(f"There is no preset {name!r}.", f"The presets are: {known}.")


def read_preset(path: Path) -> Preset:
    """Read a preset, or a chain without title, from a TOML file.

    Raises
    ------
    BadInput
        If there is no such file or it holds no chain.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise from_os_error(error, path) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not text.", "Choose a chain in TOML.") from error
    tables = slot_tables(text)
    about = tomllib.loads(text)
    fitted = tuple(index for index, table in enumerate(tables) if table.get("fit") is True)
    title, summary = str(about.get("title", path.stem)), str(about.get("summary", ""))
    return Preset(path.stem, title, summary, tuple(map(read_slot, tables)), fitted)


@cache
def _shipped(folder: Path) -> tuple[Preset, ...]:
    return tuple(sorted((read_preset(path) for path in folder.glob("*.toml")), key=lambda each: each.title))


def _simple(name: str) -> str:
    return re.sub(r"[\s_-]+", "-", name.strip().lower())
