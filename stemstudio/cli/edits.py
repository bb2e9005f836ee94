"""``stemstudio edits PROJECT``: list what was done to the stems, and do it again to other stems."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import AudioWriter
from stemstudio.cli.options import new_command
from stemstudio.cli.stem_files import mixture_file, stem_files
from stemstudio.cli.voice import Voice, nth_part
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.core.stems import RESIDUAL
from stemstudio.exporting.naming import claim_paths, legal_name
from stemstudio.operations.importing import decode_song
from stemstudio.operations.repair_actions import title
from stemstudio.operations.replaying import replay
from stemstudio.project.document import ClipRef, Project, Repair, Track
from stemstudio.project.session import Session
from stemstudio.repair.selection import Selection

_BLOCK_FRAMES = 1 << 16


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(commands, "edits", run, "List the repairs of a project, or do them again to other stems.")
    add = parser.add_argument
    add("project", metavar="PROJECT", type=Path, help="a folder that ends in .stemstudio")
    add("--track", metavar="TITLE", help="one song of the project; by default the only one that was edited")
    add("--replay", metavar="DIR", type=Path, help="do the edits to the stems in this folder")
    add("-o", "--output", metavar="DIR", type=Path, help="where the edited stems go, as 32-bit float WAV")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """List, or list and replay."""
    if (options.replay is None) != (options.output is None):
        raise BadInput("A replay needs two folders.", "Give the stems with --replay and the target with -o.")
    session = Session.open(options.project)
    try:
        track = _track(session.project, options.track)
    finally:
        session.close()
    outputs = _replay(track, options.replay, options.output, voice.progress) if options.replay else {}
    edits = [_described(edit) for edit in track.repairs]
    voice.done(
        {
            "project": str(options.project),
            "track": track.title,
            "edits": edits,
            "outputs": {name: str(path) for name, path in outputs.items()},
        }
    )
    for number, edit in enumerate(edits, 1):
        voice.say(f"{number:4d}  {edit['title']}")
    if not track.repairs:
        voice.say(f"Nothing was edited in {track.title}.")
    for path in outputs.values():
        voice.say(f"  {path}")
    return 0


def _described(edit: Repair) -> dict[str, Any]:
    """Everything about an edit; without its place if that cannot be read, so that the others are listed still."""
    known = {
        "action": edit.action,
        "stem": edit.stem,
        "other": edit.other,
        "method": edit.method,
        "values": dict(edit.values),
        "selection": edit.selection,
    }
    try:
        extent, named = Selection.from_text(edit.selection).extent, title(edit)
    except BadInput as error:
        return {"title": f"{edit.action} of {edit.stem}, damaged: {error.what}", **known}
    place = {"start": extent.first, "end": extent.last, "low_hz": extent.low_hz, "high_hz": extent.high_hz}
    return {"title": named, **known, **place}


def _track(project: Project, name: str | None) -> Track:
    tracks = [each for each in project.tracks if (each.title == name if name else each.repairs)]
    if len(tracks) == 1:
        return tracks[0]
    if not project.tracks:
        raise BadInput("The project is empty.", "Open a song in it first.")
    if not tracks and name is None:
        return project.tracks[0]
    titles = ", ".join(each.title for each in project.tracks)
    raise BadInput("The project has no song of that name." if name else "The project has several songs.",
                   f"Choose with --track one of: {titles}.")  # fmt: skip


def _replay(track: Track, folder: Path, target: Path, reporter: Reporter) -> dict[str, Path]:
    _check_empty(target)
    files = stem_files(folder)
    if not files:
        raise BadInput(f"There are no stems in {folder}.", "Give a folder with files like vocals.wav.")
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as room:
        clips = ClipStore(Path(room))
        stems: dict[str, ClipRef] = {}
        for index, (name, path) in enumerate(files.items()):
            stems[name] = decode_song(path, clips, nth_part(reporter.part(0, 0.4), index, len(files))).clip
        first = next(iter(stems.values()))
        shape = (first.channels, first.frames, first.sample_rate)
        for name, clip in stems.items():
            if (clip.channels, clip.frames, clip.sample_rate) != shape:
                raise BadInput(f"{files[name].name} has another length, rate or channel count.", "Give one song.")
        stems.setdefault(RESIDUAL, ClipRef("", *shape))
        whole = mixture_file(folder)
        mixture = decode_song(whole, clips, reporter.part(0.4, 0.45)).clip if whole else _sum(stems, clips)
        edited = replay(track.repairs, stems, mixture, clips, reporter.part(0.45, 0.8))
        return _write(edited, target, reporter.part(0.8, 1.0))


def _sum(stems: dict[str, ClipRef], clips: ClipStore) -> ClipRef:
    sources = [clips.open(clip.id) for clip in stems.values() if clip.id]
    first = sources[0]
    with clips.create(first.channels, first.frames, first.sample_rate) as writer:
        for start, total in blocks(first, _BLOCK_FRAMES):
            for source in sources[1:]:
                np.add(total, source.read(start, total.shape[1]), out=total)
            writer.write(start, total)
        return ClipRef(writer.finish(), first.channels, first.frames, first.sample_rate)


def _check_empty(folder: Path) -> None:
    """Refuse a target with anything in it before the work, not after."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise BadInput(f"{folder} has files in it already.", "Choose an empty folder.")
    except OSError as error:
        raise from_os_error(error, folder) from error


def _write(stems: dict[str, Source], folder: Path, reporter: Reporter) -> dict[str, Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = dict(zip(stems, claim_paths(folder, map(legal_name, stems), "wav"), strict=True))
    except OSError as error:
        raise from_os_error(error, folder) from error
    for index, (name, source) in enumerate(stems.items()):
        part = nth_part(reporter, index, len(stems))
        with AudioWriter(paths[name], source.sample_rate, source.channels, bits=32, frames=source.frames) as writer:
            for start, block in blocks(source, _BLOCK_FRAMES):
                writer.write(block)
                part.update((start + block.shape[1]) / max(source.frames, 1), f"Writing {name}")
    return paths
