"""What the program remembers of a person's choices: one field, one setting.

Kept as JSON in the configuration folder, written by temporary file and rename. An unreadable file or a field that no
longer fits gives the defaults; a start never fails for its settings.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from stemstudio.core.errors import BadInput
from stemstudio.core.params import ParamSpec, ParamValue
from stemstudio.project.folders import config_folder

RECENT_LIMIT = 12


@dataclass(frozen=True)
class Settings:
    """All settings and their defaults."""

    theme: str = "dark"
    colour_map: str = "magma"
    frequency_scale: str = "log"
    range_db: float = 80.0
    high_db: float = -14.0
    gamma: float = 1.8
    transform: str = "stft"
    frame: str = "auto"
    ruler: str = "seconds"
    comparison: str = ""
    stacked: bool = False
    unstacked: tuple[str, ...] = ("mixture",)
    follow_playhead: bool = True
    audio_device: str = ""
    backend: str = ""
    repair_method: str = ""
    export_folder: str = ""
    export_format: str = "wav"
    export_bits: int = 24
    export_kbps: int = 0
    export_rate: int = 0
    export_loudness_lufs: float = -14.0
    export_ceiling_dbtp: float = -1.0
    export_template: str = "{track} ({stem})"
    recent: tuple[str, ...] = ()
    window_geometry: str = ""


PREFERENCES = (
    ParamSpec("theme", "choice", "dark", "Theme", choices=(("dark", "Dark"), ("light", "Light")), group="Appearance"),
    ParamSpec(
        "colour_map",
        "choice",
        "magma",
        "Spectrogram colours",
        "Perceptually even maps: equal steps in level look equal.",
        choices=tuple(
            (name, name.capitalize()) for name in ("magma", "inferno", "viridis", "plasma", "cividis", "gray")
        ),
        group="Appearance",
    ),
    ParamSpec(
        "frequency_scale",
        "choice",
        "log",
        "Frequency scale",
        "Logarithmic shows octaves at equal height; linear shows the top end.",
        choices=(("log", "Logarithmic"), ("mel", "Mel"), ("linear", "Linear")),
        group="Appearance",
    ),
    ParamSpec(
        "range_db",
        "float",
        80.0,
        "Spectrogram range",
        "Quieter sound becomes visible as it grows.",
        low=20.0,
        high=120.0,
        step=5.0,
        unit="dB",
        group="Appearance",
    ),
    ParamSpec(
        "high_db",
        "float",
        -14.0,
        "Brightest level",
        "Louder sound is not told apart; 0 dB is a full-scale sine.",
        low=-100.0,
        high=0.0,
        step=1.0,
        unit="dB",
        group="Appearance",
    ),
    ParamSpec(
        "gamma",
        "float",
        1.8,
        "Spectrogram gamma",
        "Faint sound grows darker as it grows.",
        low=0.3,
        high=4.0,
        step=0.1,
        group="Appearance",
    ),
    ParamSpec("follow_playhead", "bool", True, "Scroll with the playhead", group="Playback"),
)
"""The settings that the preferences dialog shows, as the form draws them."""

_MENU_CHOICES = (
    ("transform", ("stft", "multi", "reassigned", "cqt")),
    ("frame", ("auto", "256", "512", "1024", "2048", "4096", "8192", "16384")),
    ("ruler", ("seconds", "samples", "bars")),
    ("comparison", ("", "mix", "base", "step")),
)
"""Settings that menus set, and what they may be."""


def load_settings() -> Settings:
    """Read the settings; the defaults where there are none."""
    try:
        stored = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(stored, dict):
        return Settings()
    values: dict[str, Any] = asdict(Settings())
    for name, default in values.items():
        value = stored.get(name)
        if isinstance(value, list) and isinstance(default, tuple):
            value = tuple(str(item) for item in value)
        if type(value) is type(default):
            values[name] = value
    for spec in PREFERENCES:
        try:
            spec.check(values[spec.name])
        except BadInput:
            values[spec.name] = spec.default
    for name, choices in _MENU_CHOICES:
        if values[name] not in choices:
            values[name] = getattr(Settings, name)
    return Settings(**values)


def save_settings(settings: Settings) -> None:
    """Write the settings; a disk that cannot take them is not worth an interruption."""
    path = _path()
    temporary = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(settings), ensure_ascii=False, indent=1), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


def with_recent(settings: Settings, path: Path) -> Settings:
    """`settings` with `path` first among the recent ones."""
    text = str(path)
    return replace(settings, recent=(text, *(each for each in settings.recent if each != text))[:RECENT_LIMIT])


def device_spec(settings: Settings, devices: tuple[tuple[str, str], ...]) -> ParamSpec:
    """The choice among the sound `devices` (id and name) of this machine; one that is not plugged in stays chosen."""
    choices = (("", "The system's choice"), *devices)
    if settings.audio_device not in dict(choices):
        choices = (*choices, (settings.audio_device, "The one chosen before (not plugged in)"))
    return ParamSpec("audio_device", "choice", "", "Sound device", choices=choices, group="Playback")


def values_of(settings: Settings, specs: tuple[ParamSpec, ...]) -> dict[str, ParamValue]:
    """Value of the settings that `specs` describe."""
    return {spec.name: getattr(settings, spec.name) for spec in specs}


def _path() -> Path:
    return config_folder() / "settings.json"
