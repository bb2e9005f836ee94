"""``stemstudio effects FILE -o OUT --preset NAME``: a file through a chain of effects."""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stemstudio.audio.clips import ClipStore
from stemstudio.audio.encode import AudioWriter, writable
from stemstudio.audio.loudness import LoudnessMeter, TruePeakMeter
from stemstudio.cli.options import new_command, setting
from stemstudio.cli.plan import BITS
from stemstudio.cli.voice import Voice, duration
from stemstudio.core.buffer import Samples
from stemstudio.core.errors import BadInput, from_os_error
from stemstudio.core.progress import Reporter
from stemstudio.core.source import Source, blocks
from stemstudio.effects.chain import Chain
from stemstudio.effects.chain_source import ChainSource
from stemstudio.effects.presets import Preset, preset, read_preset
from stemstudio.exporting.naming import legal_name
from stemstudio.operations.importing import decode_song

_BLOCK_FRAMES = 1 << 15
_DECODING, _FITTING = 0.15, 0.25  # where those parts of the progress end


@dataclass(frozen=True, slots=True)
class _Levels:
    """Integrated loudness and true peak; None for silence."""

    lufs: float | None
    true_peak_dbtp: float | None


class _Watched:
    """A source that hears of a stop whenever it is read."""

    def __init__(self, source: Source, reporter: Reporter) -> None:
        self._source, self._reporter = source, reporter
        self.sample_rate, self.channels, self.frames = source.sample_rate, source.channels, source.frames

    def read(self, start: int, frames: int) -> Samples:
        """See `Source.read`."""
        self._reporter.update(_DECODING, "Measuring")
        return self._source.read(start, frames)


def add_to(commands: Any) -> None:
    """Add the command."""
    parser = new_command(commands, "effects", run, "Send a file through a chain of effects.")
    add = parser.add_argument
    add("file", metavar="FILE", type=Path)
    add(
        "-o",
        "--output",
        metavar="OUT",
        type=Path,
        required=True,
        help="file to write, WAV or FLAC by its ending, or a folder",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--preset", metavar="NAME", help="such as vocal-stem or master; an unknown name lists them all")
    which.add_argument("--chain", metavar="FILE.toml", type=Path, help="a chain of your own")
    add(
        "--sidechain",
        metavar="STEM=FILE",
        type=setting,
        action="append",
        default=[],
        dest="sidechains",
        help="sound of a stem that the chain names as a side-chain",
    )
    add("--bits", choices=BITS, default="24", help="32f is floating point; 16 is dithered")


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Decode, fit the chain to the sound, render, measure."""
    chosen = preset(options.preset) if options.preset else read_preset(options.chain)
    target = _target(options.output, options.file, chosen)
    bits = BITS[options.bits]
    file_format = target.suffix.lstrip(".").lower() or "wav"
    writable(file_format, bits)
    started = time.perf_counter()
    with _room_beside(target) as room:
        clips = ClipStore(Path(room))
        song = decode_song(options.file, clips, voice.progress.part(0.0, _DECODING))
        source = clips.open(song.clip.id)
        sidechains = {name: _sidechain(Path(path), clips, source, voice.progress) for name, path in options.sidechains}
        chain = chosen.chain_for(_Watched(source, voice.progress))
        _check_sidechains(chain, sidechains)
        heard = ChainSource(source, chain, sidechains)
        with AudioWriter(
            target, source.sample_rate, source.channels, format=file_format, bits=bits, frames=source.frames
        ) as writer:
            before, after = _render(source, heard, writer, voice.progress.part(_FITTING, 1.0))
    _tell(options.file, chosen, chain, source, writer, before, after, time.perf_counter() - started, voice)
    return 0


def _lost_plugins(chain: Chain) -> tuple[str, ...]:
    """What went wrong with plug-ins: the sound went on without them, which has to be said."""
    if not any(slot.effect.startswith("plugin:") for slot in chain):
        return ()
    from stemstudio.effects.hosted.host import close_hosts, faults

    notices = tuple(f"{fault} The sound went on without it." for fault in faults().values())
    close_hosts()
    return notices


def _target(output: Path, file: Path, chosen: Preset) -> Path:
    target = output / f"{legal_name(f'{file.stem} ({chosen.title})')}.wav" if output.is_dir() else output
    if target.exists() and file.exists() and target.samefile(file):
        raise BadInput(f"{target} is the file that is read.", "Choose another name for the result.")
    return target


def _room_beside(target: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=".stemstudio-", dir=target.parent)
    except OSError as error:
        raise from_os_error(error, target.parent) from error


def _sidechain(path: Path, clips: ClipStore, source: Source, reporter: Reporter) -> Source:
    other = clips.open(decode_song(path, clips, reporter.part(_DECODING, _DECODING)).clip.id)
    if other.sample_rate != source.sample_rate:
        raise BadInput(
            f"{path.name} has {other.sample_rate} Hz and the sound that it should control {source.sample_rate} Hz.",
            "Give stems of one sample rate.",
        )
    return other


def _check_sidechains(chain: Chain, given: dict[str, Source]) -> None:
    named = {slot.sidechain for slot in chain if slot.sidechain}
    for name in given:
        if name not in named:
            known = ", ".join(sorted(named)) or "none"
            raise BadInput(f"The chain has no side-chain {name!r}.", f"Its side-chains are: {known}.")


def _render(source: Source, heard: Source, writer: AudioWriter, reporter: Reporter) -> tuple[_Levels, _Levels]:
    meters = [(LoudnessMeter(source.sample_rate, source.channels), TruePeakMeter(source.channels)) for _ in range(2)]
    for start, block in blocks(heard, _BLOCK_FRAMES):
        for (loudness, peak), samples in zip(meters, (source.read(start, block.shape[1]), block), strict=True):
            loudness.add(samples)
            peak.add(samples)
        writer.write(block)
        reporter.update((start + block.shape[1]) / source.frames, "Rendering")
    before, after = (
        _Levels(_measured(loudness.integrated_lufs()), _measured(peak.dbtp())) for loudness, peak in meters
    )
    return before, after


def _tell(
    file: Path, chosen: Preset, chain: Chain, source: Source, writer: AudioWriter, before: _Levels, after: _Levels,
    seconds: float, voice: Voice,
) -> None:  # fmt: skip
    notices = _lost_plugins(chain)
    voice.done(
        {
            "input": str(file),
            "output": str(writer.path),
            "seconds": round(seconds, 3),
            "preset": chosen.id,
            "chain": [{**asdict(slot), "values": dict(slot.values)} for slot in chain],
            "sample_rate": source.sample_rate,
            "channels": source.channels,
            "frames": source.frames,
            "lufs_before": before.lufs,
            "lufs_after": after.lufs,
            "true_peak_dbtp_before": before.true_peak_dbtp,
            "true_peak_dbtp_after": after.true_peak_dbtp,
            "clipped": writer.clipped,
            "notices": notices,
        }
    )
    length_s = source.frames / source.sample_rate
    voice.say(f"{os.fspath(file.name)}: {duration(length_s)} of sound through {chosen.title} in {seconds:.1f} s.")
    voice.say(f"  {writer.path}")
    voice.say(f"  loudness {_said(before.lufs, 'LUFS')} before, {_said(after.lufs, 'LUFS')} after")
    voice.say(f"  true peak {_said(before.true_peak_dbtp, 'dBTP')} before, {_said(after.true_peak_dbtp, 'dBTP')} after")
    for notice in notices:
        voice.say(f"  {notice}")
    if writer.clipped:
        voice.say(f"  Louder than full scale and clipped: {writer.clipped} samples; a limiter at the end prevents it.")


def _measured(value: float) -> float | None:
    """Silence has no level, and JSON no infinity."""
    return round(value, 2) if math.isfinite(value) else None


def _said(value: float | None, unit: str) -> str:
    return "silent" if value is None else f"{value:.1f} {unit}"
