"""Where the files that travel with the program are: demo song, icons, themes, and the models that ship.

They lie beside the package in a checkout and in a frozen program, and under ``share/stemstudio`` of the prefix
that a wheel was installed into.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from stemstudio.core.errors import NotReady


def resource(*parts: str) -> Path:
    """Path of a file or folder under ``resources``: ``resource("demo", "mixture.flac")``.

    Raises
    ------
    NotReady
        If the installation lacks it.
    """
    path = _shared_folder().joinpath("resources", *parts)
    if not path.exists():
        raise NotReady(f"StemStudio's own file {path} is missing.", "Install StemStudio again.")
    return path


def models_folder() -> Path:
    """Return the folder of the models that ship; it may be read-only and may not exist."""
    return _shared_folder() / "models"


@cache
def _shared_folder() -> Path:
    package = Path(__file__).resolve().parents[1]
    # A wheel's data lies a few folders up, at <prefix>/share; the package, in <prefix>/lib/python3.x/site-packages.
    candidates = [package.parent, *(folder / "share" / "stemstudio" for folder in package.parents)]
    for folder in candidates:
        # `resources` alone could be anybody's.
        if (folder / "resources" / "demo").is_dir():
            return folder
    raise NotReady("StemStudio's own files (demo song, icons) are missing.", "Install StemStudio again.")
