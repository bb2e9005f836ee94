"""What a person chose to export, and what its files will be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stemstudio.audio.formats import FORMATS
from stemstudio.audio.tags import Tags
from stemstudio.core.stems import stem_kind
from stemstudio.exporting.containers import CONTAINERS
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, file_stem
from stemstudio.operations.exporting_items import Group
from stemstudio.operations.exporting_level import AS_IT_IS, LevelChoice
from stemstudio.project.document import Track


@dataclass(frozen=True)
class ExportChoice:
    """What to export and how.

    Parameters
    ----------
    stems : tuple of str
        Names of stems, a file each.
    mix, instrumental, acapella : bool
        The mix as it is heard; the same without the voice; the same with nothing but the voice.
    format, bits, kbps : str, int, int or None
        Container, width (32 is float; lossy formats have none), bit rate of a lossy one for two channels.
    template : str
        Names of the files, see `naming.file_stem`.
    as_mixed : bool
        Stems and groups with their effects, gain and pan, otherwise untouched so that the files add up to the song.
    groups : tuple of Group
        Files of several stems.
    container : {'', 'ni-stem', 'mka'}
        One file with mix and stems in place of all that.
    sample_rate : int, optional
        That of the song if there is none; the format may know only others.
    start_s, end_s : float
        The range to write, in seconds; to the end if `end_s` is None.
    level : LevelChoice
        Loudness and ceiling.
    tags : bool
        Whether the song's own tags and cover go along.
    """

    stems: tuple[str, ...] = ()
    mix: bool = False
    format: str = "wav"
    bits: int = 24
    template: str = DEFAULT_TEMPLATE
    as_mixed: bool = False
    instrumental: bool = False
    acapella: bool = False
    groups: tuple[Group, ...] = ()
    kbps: int | None = None
    container: Literal["", "ni-stem", "mka"] = ""
    sample_rate: int | None = None
    start_s: float = 0.0
    end_s: float | None = None
    level: LevelChoice = AS_IT_IS
    tags: bool = True

    @property
    def ending(self) -> str:
        """What file names end in, without the dot."""
        return CONTAINERS[self.container].ending if self.container else FORMATS[self.format].suffix[1:]


def titles_of(track: Track, choice: ExportChoice) -> list[str]:
    """Return the titles of the files that `choice` makes of `track`, in their order."""
    if choice.container:
        return ["Stems"]
    titles = [stem_kind(stem.name).title for stem in track.stems if stem.name in choice.stems]
    titles += [group.title for group in choice.groups]
    titles += ["Instrumental"] * choice.instrumental + ["A cappella"] * choice.acapella
    return [*titles, "Mix"] if choice.mix or not track.stems else titles


def names_of(track: Track, titles: Sequence[str], choice: ExportChoice, tags: Tags) -> list[str]:
    """Return the names of files with these `titles`, without ending; `BadInput` if the template cannot be filled."""
    if choice.container:
        # The ending says already that these are stems.
        template = "{track}" if choice.template == DEFAULT_TEMPLATE else choice.template
        return [file_stem(template, name_fields(track, "Stems", 1, tags))]
    return [file_stem(choice.template, name_fields(track, title, index, tags)) for index, title in enumerate(titles, 1)]


def name_fields(track: Track, title: str, index: int, tags: Tags) -> Mapping[str, object]:
    """Return what stands for each field of a name template."""
    return {
        "track": track.title,
        "stem": title,
        "backend": track.receipt.backend if track.receipt else "",
        "index": index,
        "artist": tags.artist or tags.album_artist or "Unknown artist",
        "album": tags.album or "Unknown album",
        "year": tags.date[:4],
    }
