"""A folder of stems, as other programs and `separate` write it."""

from __future__ import annotations

import re
from pathlib import Path

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.resample import resample
from stemstudio.cli.voice import nth_part
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source
from stemstudio.operations.importing import decode_song

_MIXTURES = ("mix", "mixture")
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")


def stem_files(folder: Path) -> dict[str, Path]:
    """Files of a folder by stem name: what the last brackets hold, or all of the name."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise from_os_error(error, folder) from error
    found: dict[str, Path] = {}
    for path in paths:
        match = _IN_BRACKETS.search(path.stem)
        name = (match[1] if match else path.stem).strip().casefold()
        if name in _MIXTURES or path.suffix.lower() in (".txt", ".json", ".csv", ".md", ".png"):
            continue
        if name in found:
            raise BadInput(f"{found[name].name} and {path.name} are both the stem {name}.", "Keep one in each folder.")
        found[name] = path
    return found


def mixture_file(folder: Path) -> Path | None:
    """Return the file of `folder` that holds the whole song, if there is one."""
    named = (path for path in sorted(folder.iterdir()) if path.is_file() and path.stem.casefold() in _MIXTURES)
    return next(named, None)


def stem_sounds(folder: Path, clips: ClipStore, reporter: Reporter) -> dict[str, Source]:
    """Return the sounds of the stems in `folder` by name, decoded into `clips`, all at the highest of their rates.

    Raises
    ------
    BadInput
        If there are none, or one of them cannot be read.
    """
    files = stem_files(folder)
    if not files:
        raise BadInput(f"There are no stems in {folder}.", "Give a folder with files like vocals.wav.")
    sounds = {
        name: clips.open(decode_song(path, clips, nth_part(reporter, index, len(files))).clip.id)
        for index, (name, path) in enumerate(files.items())
    }
    rate = max(each.sample_rate for each in sounds.values())
    return {name: resample(each, rate) for name, each in sounds.items()}
