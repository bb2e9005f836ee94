"""Chains that a person keeps: one TOML file each, in the folder of what must be kept."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

from stemstudio.audio.durable import Replacement
from stemstudio.core.errors import UserError, from_os_error
from stemstudio.effects.chain import Chain, to_toml
from stemstudio.effects.presets import Preset, read_preset
from stemstudio.project.folders import data_folder


def own_presets() -> tuple[Preset, ...]:
    """Every one that can be read, by title."""
    found = []
    for path in _folder().glob("*.toml"):
        try:
            found.append(read_preset(path))
        except UserError:  # of another version, or not ours: it stays where it is
            continue
    return tuple(sorted(found, key=lambda preset: preset.title.lower()))


def keep_preset(title: str, chain: Chain) -> Preset:
    """Keep `chain` under `title`, in place of an own preset of that title; `UserError` if the disk cannot take it."""
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise from_os_error(error, folder) from error
    old = next((preset.id for preset in own_presets() if preset.title == title), "")
    word = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "preset"
    path = folder / f"{old or f'{word}-{uuid.uuid4().hex[:6]}'}.toml"
    new = Replacement(path)
    try:
        new.file.write(f"title = {json.dumps(title, ensure_ascii=False)}\n\n{to_toml(chain)}".encode())
    except OSError as error:
        new.discard()
        raise from_os_error(error, path) from error
    new.commit()
    return read_preset(path)


def forget_preset(preset: Preset) -> None:
    """Delete an own preset."""
    try:
        (_folder() / f"{preset.id}.toml").unlink(missing_ok=True)
    except OSError as error:
        raise from_os_error(error, _folder()) from error


def _folder() -> Path:
    return data_folder() / "presets"
