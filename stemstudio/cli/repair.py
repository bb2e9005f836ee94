"""``stemstudio repair FILE -o OUT --method ID --box ...``: mend what a selection holds, and nothing else."""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import FORMATS, AudioWriter
from stemstudio.audio.probe import FileInfo, probe
from stemstudio.cli.options import new_command, seconds, setting
from stemstudio.cli.plan import BITS
from stemstudio.cli.voice import Voice, level, nth_part
from stemstudio.core.buffer import AudioBuffer
from stemstudio.core.errors import BadInput
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.operations.graph import overlaid
from stemstudio.operations.importing import decode_song
from stemstudio.repair.engine import Repaired, repair
from stemstudio.repair.method import MIXTURE, Context
from stemstudio.repair.registry import method
from stemstudio.repair.selection import Selection

_BLOCK_FRAMES = 1 << 16
_MIXTURES = ("mix", MIXTURE)


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(
        commands, "repair", run, "Mend a part of a sound, chosen in time and frequency; nothing else changes."
    )
    add = parser.add_argument
    add("file", metavar="FILE", type=Path)
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="the mended file, .wav or .flac")
    add("--method", metavar="ID", required=True, help="how to mend; an unknown ID lists the known ones")
    add(
        "--box",
        metavar="T0,T1,F0,F1",
        type=box,
        action="append",
        default=[],
        dest="shapes",
        help="seconds (or minutes:seconds) and hertz; without F0,F1 all frequencies. May be given more than once",
    )
    add(
        "--lasso",
        metavar="'T,F T,F T,F ...'",
        type=lasso,
        action="append",
        dest="shapes",
        help="corners of an outline, as seconds,hertz",
    )
    add("--feather", metavar="S", type=float, default=0.0, help="seconds over which the edges of the selection fade")
    add("--set", metavar="NAME=VALUE", type=setting, action="append", default=[], dest="settings", help="a parameter")
    add(
        "--context",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=[],
        help="the other stems, to borrow from; a file called mixture is the whole song",
    )
    add("--bits", choices=BITS, help="by default as many as keep the rest of FILE exactly; 16 is dithered")


def box(text: str) -> tuple[tuple[float, float], ...]:
    """Parse ``T0,T1`` or ``T0,T1,F0,F1`` as two opposite corners (seconds, hertz)."""
    parts = text.split(",")
    if len(parts) not in (2, 4):
        raise argparse.ArgumentTypeError(f"{text!r} is not T0,T1 or T0,T1,F0,F1")
    first, last = seconds(parts[0]), seconds(parts[1])
    low, high = (float(parts[2]), float(parts[3])) if len(parts) == 4 else (0.0, math.inf)
    if not (first < last and 0 <= low < high):
        raise argparse.ArgumentTypeError(f"{text!r} is empty: each range goes from low to high")
    return (first, low), (last, high)


def lasso(text: str) -> tuple[tuple[float, float], ...]:
    """Parse ``T,F T,F T,F ...`` as corners (seconds, hertz)."""
    points = []
    for corner in text.split():
        t, separator, f = corner.partition(",")
        hertz = float(f) if separator else math.nan
        if not (math.isfinite(hertz) and hertz >= 0):
            raise argparse.ArgumentTypeError(f"{corner!r} is not seconds,hertz")
        points.append((seconds(t), hertz))
    if len(points) < 3:
        raise argparse.ArgumentTypeError("an outline has at least three corners")
    return tuple(points)


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Read, mend, write."""
    if not options.shapes:
        raise BadInput("Nothing is selected.", "Say what to mend with --box or --lasso.")
    method(options.method)  # an unknown one is told before anything is read
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="stemstudio-") as room:
        clips = ClipStore(Path(room))
        files = [options.file, *options.context]
        sounds = [
            clips.open(decode_song(path, clips, nth_part(voice.progress.part(0, 0.6), index, len(files))).clip.id)
            for index, path in enumerate(files)
        ]
        source = sounds[0]
        selection = selected(options.shapes, options.feather, source.sample_rate)
        context = _context(source, dict(zip(options.context, sounds[1:], strict=True)))
        part = voice.progress.part(0.6, 0.8)
        mended = repair(source, selection, options.method, dict(options.settings), context, part)
        change_db = _change_db(source, mended)
        bits = BITS[options.bits] if options.bits else _bits_of(probe(options.file), options.output)
        clipped = _write(source, mended, options.output, bits, voice.progress.part(0.8, 1.0))
    frames = mended.samples.shape[1]
    voice.done(
        {
            "output": str(options.output),
            "seconds": round(time.perf_counter() - began, 3),
            "method": options.method,
            "start": mended.start,
            "end": mended.start + frames,
            "change_db": level(change_db),
            "bits": bits,
            "clipped": clipped,
        }
    )
    rate = source.sample_rate
    if change_db == -math.inf:
        voice.say(f"{options.output}: nothing was found to mend there; the sound is as it was.")
    else:
        ends = f"from {mended.start / rate:.3f} s to {(mended.start + frames) / rate:.3f} s"
        voice.say(f"{options.output}: mended {ends}.")
        voice.say(f"  What changed is at {change_db:.1f} dB of what was there; every other sample is as it was.")
    if clipped:
        voice.say(f"  {clipped} samples are louder than full scale and were clipped; --bits 32f keeps them whole.")
    return 0


def selected(shapes: list[tuple[tuple[float, float], ...]], feather_s: float, sample_rate: int) -> Selection:
    """Return the union of boxes (two corners) and outlines (more), in seconds and hertz."""
    selection: Selection | None = None
    for corners in shapes:
        points = [(t * sample_rate, min(f, sample_rate / 2)) for t, f in corners]
        if len(points) == 2:
            (first, low), (last, high) = points
            shape = Selection.box(sample_rate, round(first), round(last), low, high)
        else:
            shape = Selection.polygon(sample_rate, points)
        selection = shape if selection is None else selection.added(shape)
    assert selection is not None
    return selection.feathered(feather_s, 0.0) if feather_s else selection


def _context(source: Source, sounds: dict[Path, Source]) -> Context:
    for path, sound in sounds.items():
        if (sound.sample_rate, sound.channels) != (source.sample_rate, source.channels):
            raise BadInput(f"{path.name} has another sample rate or number of channels.", "Give stems of one song.")
    mixture = next((sound for path, sound in sounds.items() if path.stem.lower() in _MIXTURES), None)
    others = {path.stem.lower(): sound for path, sound in sounds.items() if path.stem.lower() not in _MIXTURES}
    return Context(source, mixture, others)


def _change_db(source: Source, mended: Repaired) -> float:
    before = source.read(mended.start, mended.samples.shape[1]).astype(np.float64)
    change, energy = np.sum((mended.samples - before) ** 2), np.sum(before**2)
    if not change:
        return -math.inf
    return 10 * math.log10(change / energy) if energy else math.inf


def _bits_of(info: FileInfo, output: Path) -> int:
    """Bits that keep what is not mended as it was; 16 would be dithered, so they become 24."""
    whole = info.subtype in ("pcm_s8", "pcm_u8", "pcm_16", "pcm_24") or output.suffix.lower() == ".flac"
    return 24 if whole else 32


def _write(source: Source, mended: Repaired, path: Path, bits: int, reporter: Reporter) -> int:
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise BadInput(f"{path.name} ends in no format that can be written.", f"Choose .{' or .'.join(FORMATS)}.")
    passage = AudioBuffer(mended.samples, source.sample_rate)
    whole = overlaid(source, (mended.start, passage))
    with AudioWriter(path, source.sample_rate, source.channels, format=kind, bits=bits, frames=source.frames) as writer:
        for start, block in blocks(whole, _BLOCK_FRAMES):
            writer.write(block)
            reporter.update((start + block.shape[1]) / max(source.frames, 1), "Writing")
    return writer.clipped
