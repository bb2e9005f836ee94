"""``stemstudio export PROJECT -o DIR --as ...``: what a project holds as files to use elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from stemstudio.audio.formats import FORMATS
from stemstudio.cli.options import new_command, seconds, words
from stemstudio.cli.plan import BITS
from stemstudio.cli.voice import Voice, level, nth_part
from stemstudio.core.errors import BadInput, NotReady
from stemstudio.exporting.containers import CONTAINERS
from stemstudio.exporting.naming import DEFAULT_TEMPLATE, FIELDS
from stemstudio.operations.exporting import Exported, export_track
from stemstudio.operations.exporting_choice import ExportChoice
from stemstudio.operations.exporting_items import Group, has_voice_and_more
from stemstudio.operations.exporting_level import LevelChoice
from stemstudio.project.document import Project, Track
from stemstudio.project.session import Session

_FILES = ("stems", "groups", "mix", "instrumental", "acapella")
_LATER = {"adm": "ADM broadcast wave", "dawproject": "DAWproject"}
_KINDS = (*_FILES, *CONTAINERS, *_LATER)


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands, "export", run, "Write stems and mix of a project; existing files are never replaced."
    )
    add = parser.add_argument
    add("project", metavar="PROJECT", type=Path, help="a folder that ends in .stemstudio")
    add("-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the files")
    add(
        "--as",
        metavar="KIND,...",
        type=_kinds,
        default=("stems",),
        dest="kinds",
        help="stems, groups (see --group), mix, instrumental, acapella; or one file with all: ni-stem, mka",
    )
    add("--track", metavar="TITLE", help="one song of the project; all by default")
    add("--stems", metavar="A,B", type=words, default=(), help="only these stems")
    add(
        "--group",
        metavar="NAME=A,B",
        type=_group,
        action="append",
        default=[],
        dest="groups",
        help="one file of several",
    )
    add(
        "--as-mixed",
        action="store_true",
        help="stems with their effects, gain and pan; without, they add up to the song",
    )
    add("--format", choices=tuple(FORMATS), help="wav by default; ni-stem: m4a (AAC) or alac; mka: flac")
    add("--bits", choices=BITS, default="24", help="32f is floating point; 16 is dithered; lossy formats have none")
    add("--kbps", type=int, metavar="N", help="bit rate of a lossy format, for two channels")
    add("--rate", type=int, metavar="HZ", help="sample rate; that of the song by default")
    add("--loudness", type=float, metavar="LUFS", help="integrated loudness of the mix; one gain for all files")
    add("--ceiling", type=float, metavar="DBTP", help="true peak that nothing rises above")
    add("--limit", action="store_true", help="limit mix, instrumental and a cappella to the ceiling")
    add(
        "--name",
        metavar="TEMPLATE",
        default=DEFAULT_TEMPLATE,
        help="from " + " ".join(f"{{{each}}}" for each in FIELDS),
    )
    add("--start", metavar="S", type=seconds, default=0.0, help="begin here: seconds or minutes:seconds")
    add("--end", metavar="S", type=seconds, help="end here")
    add("--no-tags", action="store_false", dest="tags", help="leave out the song's tags and cover")


def _kinds(text: str) -> tuple[str, ...]:
    kinds = words(text)
    for kind in kinds:
        if kind not in _KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(_KINDS)}")
    whole = [kind for kind in kinds if kind not in _FILES]
    if not kinds or (whole and len(kinds) > 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not one kind, or several of {', '.join(_FILES)}")
    return kinds


def _group(text: str) -> Group:
    title, separator, names = text.partition("=")
    if not separator or not title.strip() or not words(names):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=stem,stem")
    return Group(title.strip(), words(names))


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Export each song that was chosen."""
    for kind in options.kinds:
        if kind in _LATER:
            raise NotReady(f"{_LATER[kind]} cannot be written yet.", "Choose stems, mix, ni-stem or mka.")
    session = Session.open(options.project)
    try:
        tracks = _tracks(session.project, options.track)
        jobs = [export_track(track, session.clips, options.output, _choice(options, track)) for track in tracks]
        for index, (track, job) in enumerate(zip(tracks, jobs, strict=True)):
            exported = job.work(nth_part(voice.progress, index, len(jobs)))
            _tell(options, track, exported, voice)
    finally:
        session.close()
    return 0


def _choice(options: argparse.Namespace, track: Track) -> ExportChoice:
    kinds = options.kinds
    names = tuple(stem.name for stem in track.stems)
    unknown = [name for name in (*options.stems, *(each for group in options.groups for each in group.stems))
               if name not in names]  # fmt: skip
    if unknown:
        raise BadInput(f"{track.title} has no stem {unknown[0]!r}.", f"It has: {', '.join(names) or 'none yet'}.")
    if not names and kinds != ("mix",):
        raise BadInput(f"{track.title} has no stems yet.", "Separate it first, or export with --as mix.")
    if {"instrumental", "acapella"} & set(kinds) and not has_voice_and_more(track):
        raise BadInput(f"{track.title} has no stem of the voice beside others.", "Separate it by another method.")
    container = kinds[0] if kinds[0] in CONTAINERS else ""
    usual = next(iter(CONTAINERS[container].codecs)) if container else "wav"
    return ExportChoice(
        stems=(options.stems or names) if "stems" in kinds else (),
        mix="mix" in kinds,
        format=options.format or usual,
        bits=BITS[options.bits],
        template=options.name,
        as_mixed=options.as_mixed,
        instrumental="instrumental" in kinds,
        acapella="acapella" in kinds,
        groups=tuple(options.groups) if {"stems", "groups"} & set(kinds) else (),
        kbps=options.kbps,
        container=container,  # type: ignore[arg-type]
        sample_rate=options.rate,
        start_s=options.start,
        end_s=options.end,
        level=LevelChoice(options.loudness, options.ceiling, options.limit),
        tags=options.tags,
    )


def _tracks(project: Project, title: str | None) -> tuple[Track, ...]:
    if not project.tracks:
        raise BadInput("The project is empty.", "Open a song in it first.")
    tracks = tuple(track for track in project.tracks if title in (None, track.title))
    if not tracks:
        titles = ", ".join(track.title for track in project.tracks)
        raise BadInput("The project has no song of that name.", f"Choose with --track one of: {titles}.")
    return tracks


def _tell(options: argparse.Namespace, track: Track, exported: Exported, voice: Voice) -> None:
    voice.done(
        {
            "project": str(options.project),
            "track": track.title,
            "outputs": [str(path) for path in exported.paths],
            "gain_db": round(exported.level.gain_db, 3),
            "lufs": None if exported.level.lufs is None else level(exported.level.lufs),
            "clipped": exported.clipped,
            "notices": exported.notices,
        }
    )
    for path in exported.paths:
        voice.say(f"  {path}")
    if exported.level.lufs is not None:
        voice.say(f"  {exported.level.gain_db:+.1f} dB, so that the whole is at {exported.level.lufs:.1f} LUFS.")
    if exported.clipped:
        voice.say(f"  {exported.clipped} samples are louder than full scale and clip; --ceiling -1 prevents it.")
    for notice in exported.notices:
        voice.say(f"  {notice}")
