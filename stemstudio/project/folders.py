"""Where the program keeps its own things on this machine.

The environment variable ``STEMSTUDIO_HOME`` puts all of them under one folder: for a portable program on a stick, and
for tests. Nothing is created here.
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "StemStudio"
HOME_VARIABLE = "STEMSTUDIO_HOME"


def data_folder() -> Path:
    """What must be kept: unsaved projects, imported models."""
    return _folder("data")


def config_folder() -> Path:
    """Settings."""
    return _folder("config")


def cache_folder() -> Path:
    """What can be computed again."""
    return _folder("cache")


def unsaved_folder() -> Path:
    """Projects that have no place of their own yet, one folder each."""
    return data_folder() / "unsaved"


def report_folder() -> Path:
    """Reports of defects, for the program's makers."""
    return data_folder() / "reports"


def _folder(kind: str) -> Path:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home).expanduser().absolute() / kind
    import platformdirs

    directories = platformdirs.PlatformDirs(NAME, appauthor=False)
    return {
        "data": directories.user_data_path,
        "config": directories.user_config_path,
        "cache": directories.user_cache_path,
    }[kind]
